"""PIM-SM as far as source-specific trees need it (RFC 7761), one engine for one VRF."""
