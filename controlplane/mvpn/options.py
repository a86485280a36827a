"""The options of each layer, which a profile picks one of (draft-rosen-l3vpn-mvpn-profiles-00 1).

Values complete the sentence "profile X needs ...". An option that can run has a class in the module
of its layer.
"""

from __future__ import annotations

from enum import Enum


class DiscoveryOption(Enum):
    STATIC_LIST = "static lists of PEs"
    NONE = "nothing: the trees need no list of PEs"
    MDT_SAFI = "MDT-SAFI routes"
    INTRA_AS = "Intra-AS I-PMSI A-D routes"


class TunnelOption(Enum):
    PIM_SSM = "PIM-SSM P-tunnels"
    PIM_SM = "PIM-SM P-tunnels"
    BIDIR_PIM = "BIDIR-PIM P-tunnels"
    MLDP_P2MP = "mLDP P2MP P-tunnels"
    MLDP_MP2MP = "mLDP MP2MP P-tunnels"
    RSVP_TE_P2MP = "RSVP-TE P2MP P-tunnels"
    INGRESS_REPLICATION = "ingress replication tunnels"


class PmsiOption(Enum):
    MULTIDIRECTIONAL_INCLUSIVE = "MI-PMSIs"
    PARTITIONED = "MS-PMSIs"
    SELECTIVE = "S-PMSIs alone"


class SignallingOption(Enum):
    PIM_OVER_PMSI = "PIM instances over the PMSI"
    UNICAST_PIM = "unicast PIM messages"
    BGP = "BGP C-multicast routes"


class UpstreamOption(Enum):
    INSTALLED_ROUTE = "upstream PEs by the installed route"
    HIGHEST_ADDRESS = "upstream PEs by highest address"
    HASH = "upstream PEs by hash"
