"""ARP: the MAC addresses of neighbours on an Ethernet."""
