"""OSPFv2 on the wire: RFC 2328 appendices A and D, RFC 3101, RFC 5250, RFC 3630."""
