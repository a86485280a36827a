"""LDP on the wire (RFC 5036 3)."""
