"""PIM-SM (RFC 7761), one engine for one VRF.

With bidirectional trees (RFC 5015), Bootstrap Routers (RFC 5059) and Anycast-RP (RFC 4610). A PMSI
is a LAN to it.
"""
