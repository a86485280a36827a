"""OSPF version 2 (RFC 2328), NSSA (RFC 3101), opaque LSAs (RFC 5250), TE (RFC 3630)."""
