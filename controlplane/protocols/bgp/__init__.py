"""BGP-4 (RFC 4271) with the families of BGP/MPLS IP VPNs and their multicast: one engine a VRF."""
