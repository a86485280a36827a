"""BGP-4 messages (RFC 4271), and the address families that VPNs need (RFC 4760)."""
