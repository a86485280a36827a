"""Bidirectional forwarding detection (RFC 5880), single hop (RFC 5881)."""
