"""PIM-SM (RFC 7761), BIDIR-PIM (RFC 5015), the Bootstrap Router (RFC 5059): one engine a VRF."""
