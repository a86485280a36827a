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
ANY_SOURCE_ROUTE: Final = "any_source_route"
ACCEPTED_INTERFACE: Final = "accepted_interface"
TUNNEL_ROOT: Final = "tunnel_root"
TAIL_ROUTE: Final = "tail_route"
TAIL_ANY_SOURCE_ROUTE: Final = "tail_any_source_route"
TAIL_ACCEPTED_INTERFACE: Final = "tail_accepted_interface"
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
    ANY_SOURCE_ROUTE: ("vrf", "group"),
    ACCEPTED_INTERFACE: ("interfaces", "interface"),
    TUNNEL_ROOT: ("vrf", "pe"),
    TAIL_ROUTE: ("vrf", "source", "group"),
    TAIL_ANY_SOURCE_ROUTE: ("vrf", "group"),
    TAIL_ACCEPTED_INTERFACE: ("interfaces", "interface"),
    REPLICA_REWRITE: ("port", "replica"),
}
"""The match fields of each table; one without has a default action and no entries."""

SET_INTERFACE: Final = "set_interface"
SET_EGRESS_INTERFACE: Final = "set_egress_interface"
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
ANY_SOURCE_FORWARD: Final = "any_source_forward"
ANY_SOURCE_TAIL: Final = "any_source_tail"
ACCEPT_INTERFACE: Final = "accept_interface"
ROOT_IS: Final = "root_is"
TAIL_FORWARD: Final = "tail_forward"
TAIL_ANY_SOURCE_FORWARD: Final = "tail_any_source_forward"
TAIL_ACCEPT_INTERFACE: Final = "tail_accept_interface"
IN_PLACE: Final = "in_place"
ONWARD: Final = "onward"
DECAPSULATE: Final = "decapsulate"
ENCAPSULATE: Final = "encapsulate"
ENCAPSULATE_REGISTER: Final = "encapsulate_register"
ENCAPSULATE_AND_REGISTER: Final = "encapsulate_and_register"

_COPIES: Final = ("interface", "interfaces", "group", "watch")
_TAIL: Final = ("tail_vrf", "tail_interface")
_FRAME: Final = ("source_mac", "vlan")
_TUNNEL: Final = ("group", "ttl", "dont_fragment")
_LABELS: Final = ("labelled", "label", "vpn_labelled", "vpn_label")
_TO_RP: Final = ("next_hop", "source", "rp", *_LABELS)

ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    SET_INTERFACE: ("index", "vrf", "mac", "mpls"),
    SET_EGRESS_INTERFACE: ("index", "mtu"),
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
    SET_NEXT_HOP: ("port", "vlan", "source_mac", "destination_mac", "mtu"),
    MULTICAST_FORWARD: _COPIES,
    MULTICAST_TAIL: (*_COPIES, *_TAIL),
    ANY_SOURCE_FORWARD: _COPIES,
    ANY_SOURCE_TAIL: (*_COPIES, *_TAIL),
    ACCEPT_INTERFACE: (),
    ROOT_IS: ("interface",),
    TAIL_FORWARD: _COPIES,
    TAIL_ANY_SOURCE_FORWARD: _COPIES,
    TAIL_ACCEPT_INTERFACE: (),
    IN_PLACE: _FRAME,
    ONWARD: (*_FRAME, "tunnel"),
    DECAPSULATE: _FRAME,
    ENCAPSULATE: (*_FRAME, "source", *_TUNNEL),
    ENCAPSULATE_REGISTER: (*_FRAME, *_TO_RP),
    ENCAPSULATE_AND_REGISTER: (*_FRAME, *_TO_RP, "tunnel_source", *_TUNNEL),
}
"""The parameters of each action."""

PUNT_POLICER: Final = "punt_policer"

INTERFACE_IN: Final = "interface_in"
INTERFACE_OUT: Final = "interface_out"
PUNTED: Final = "punted"
POLICED: Final = "policed"
INGRESS_DROPS: Final = "ingress_drops"
EGRESS_DROPS: Final = "egress_drops"

PACKET_IN: Final = ("ingress_port", "interface", "reason", "excess")
PACKET_OUT: Final = ("form", "egress_port", "vrf", "interface")
FORM_PORT: Final = 0
FORM_SUBMIT: Final = 1

CPU_PORT: Final = 510
CPU_CLONE_SESSION: Final = 1
"""As in p4src/include/types.p4."""

LAST_GROUP: Final = 0x7FFF
"""BMv2's P4Runtime keeps the group numbers above for its clone sessions."""

LAST_REPLICA: Final = 0xFFFF
LAST_INTERFACE_SET: Final = 0xFFFF
LAST_NEXT_HOP: Final = 0xFFFF
LAST_NEXT_HOP_GROUP: Final = 0xFFFF
LAST_VPN_PATH: Final = 0xFFFF
