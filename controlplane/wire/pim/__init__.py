"""PIM version 2 messages (RFC 7761 4.9; RFC 5059 4; RFC 5015 3.7), Join Attributes (RFC 5384)."""
