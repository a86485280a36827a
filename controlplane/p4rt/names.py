"""The names of the P4 program that the control plane uses, and the order of their parts.

An entity holds plain numbers in this order. A test compares all of it with the P4Info.
"""

from __future__ import annotations

from typing import Final

INTERFACE: Final = "interface"
EGRESS_INTERFACE: Final = "egress_interface"
UNICAST_ROUTE: Final = "unicast_route"
LABEL_ROUTE: Final = "label_route"
VPN_PATH: Final = "vpn_path"
NEXT_HOP_GROUP: Final = "next_hop_group"
NEXT_HOP: Final = "next_hop"
TTL_MODE: Final = "ttl_mode"
MULTICAST_ROUTE: Final = "multicast_route"
TAIL_ROUTE: Final = "tail_route"
REPLICA_REWRITE: Final = "replica_rewrite"

KEYS: Final[dict[str, tuple[str, ...]]] = {
    INTERFACE: ("port", "vlan"),
    EGRESS_INTERFACE: ("port", "vlan"),
    UNICAST_ROUTE: ("vrf", "destination"),
    LABEL_ROUTE: ("label",),
    VPN_PATH: ("path",),
    NEXT_HOP_GROUP: ("group",),
    NEXT_HOP: ("next_hop",),
    TTL_MODE: (),
    MULTICAST_ROUTE: ("vrf", "source", "group"),
    TAIL_ROUTE: ("vrf", "source", "group"),
    REPLICA_REWRITE: ("port", "replica"),
}
"""The match fields of each table; one without has a default action and no entries."""

SET_INTERFACE: Final = "set_interface"
COUNT_INTERFACE_OUT: Final = "count_interface_out"
FORWARD: Final = "forward"
FORWARD_VPN: Final = "forward_vpn"
RECEIVE: Final = "receive"
GLEAN: Final = "glean"
DISCARD: Final = "discard"
LABEL_FORWARD: Final = "label_forward"
POP_AND_LOOK_UP: Final = "pop_and_look_up"
VIA_TUNNEL: Final = "via_tunnel"
OUT_OF_REACH: Final = "out_of_reach"
VIA: Final = "via"
VIA_POP: Final = "via_pop"
VIA_LABEL: Final = "via_label"
UNRESOLVED: Final = "unresolved"
SET_NEXT_HOP: Final = "set_next_hop"
UNIFORM: Final = "uniform"
PIPE: Final = "pipe"
MULTICAST_FORWARD: Final = "multicast_forward"
MULTICAST_TAIL: Final = "multicast_tail"
TAIL_FORWARD: Final = "tail_forward"
IN_PLACE: Final = "in_place"
DECAPSULATE: Final = "decapsulate"
ENCAPSULATE: Final = "encapsulate"

ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    SET_INTERFACE: ("index", "vrf", "mac", "mpls"),
    COUNT_INTERFACE_OUT: ("index",),
    FORWARD: ("group",),
    FORWARD_VPN: ("vpn_path",),
    RECEIVE: (),
    GLEAN: (),
    DISCARD: (),
    LABEL_FORWARD: ("group",),
    POP_AND_LOOK_UP: ("vrf",),
    VIA_TUNNEL: ("label", "group"),
    OUT_OF_REACH: (),
    VIA: ("next_hop",),
    VIA_POP: ("next_hop",),
    VIA_LABEL: ("next_hop", "label"),
    UNRESOLVED: (),
    UNIFORM: (),
    PIPE: (),
    SET_NEXT_HOP: ("port", "vlan", "source_mac", "destination_mac"),
    MULTICAST_FORWARD: ("interface", "group"),
    MULTICAST_TAIL: ("interface", "group", "tail_vrf", "tail_interface"),
    TAIL_FORWARD: ("interface", "group"),
    IN_PLACE: ("source_mac", "vlan"),
    DECAPSULATE: ("source_mac", "vlan"),
    ENCAPSULATE: ("source_mac", "vlan", "source", "group", "ttl", "dont_fragment"),
}
"""The parameters of each action."""

PUNT_POLICER: Final = "punt_policer"

INTERFACE_IN: Final = "interface_in"
INTERFACE_OUT: Final = "interface_out"
PUNTED: Final = "punted"
POLICED: Final = "policed"
INGRESS_DROPS: Final = "ingress_drops"
EGRESS_DROPS: Final = "egress_drops"

PACKET_IN: Final = ("ingress_port", "interface", "reason")
PACKET_OUT: Final = ("form", "egress_port", "vrf", "interface")
FORM_PORT: Final = 0
FORM_SUBMIT: Final = 1

CPU_PORT: Final = 510
CPU_CLONE_SESSION: Final = 1
"""As in p4src/include/types.p4."""

LAST_GROUP: Final = 0x7FFF
"""BMv2's P4Runtime keeps the group numbers above for its clone sessions."""

LAST_REPLICA: Final = 0xFFFF
LAST_NEXT_HOP: Final = 0xFFFF
LAST_NEXT_HOP_GROUP: Final = 0xFFFF
LAST_VPN_PATH: Final = 0xFFFF
