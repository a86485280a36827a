"""PIM version 2 messages (RFC 7761 4.9) and the Join Attributes of RFC 5384."""
