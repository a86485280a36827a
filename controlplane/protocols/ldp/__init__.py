"""The label distribution protocol (RFC 5036)."""
