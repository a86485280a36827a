"""S-PMSIs: trees for single flows of a customer, which the inclusive tree is spared."""
