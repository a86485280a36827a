"""BGP's messages: what writing and reading a VPN route costs, in CPU time.

100,000 routes in 100 VPNs: once as a PE sends them first, all of a VPN with the same attributes and
packed into full messages; and once with a message for each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from bench.figure import Figure
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.wire.bgp.attributes import AsPath, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.framing import MessageBuffer
from controlplane.wire.bgp.nlri import Family, VpnPrefix
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.bgp.update_encoding import encode_updates

_VPNS, _IN_EACH = 100, 1_000
_ROUTES = _VPNS * _IN_EACH
_FIRST = int(IPv4Address("20.0.0.0"))
_STEP = 1 << 16
_TERMS = Terms(internal=True, families=frozenset({Family.VPNV4}))


def bgp_codec_figures() -> Iterator[Figure]:
    packed = [_vpn(number) for number in range(_VPNS)]
    yield from _figures(f"{_ROUTES:,} VPNv4 routes in full messages", packed)
    single = [replace(vpn, nlri=(route,)) for vpn in packed for route in vpn.nlri]
    yield from _figures("  in a message each", single)


def _figures(what: str, reaches: list[Reach]) -> Iterator[Figure]:
    begun = time.process_time()
    octets = b"".join(message for reach in reaches for message in encode_updates(reach, _TERMS))
    written = time.process_time()
    routes = _read(octets)
    read = time.process_time()
    assert routes == _ROUTES, f"{routes} routes were read"
    yield Figure(f"{what}: written", 1e6 * (written - begun) / _ROUTES, "us")
    yield Figure(f"{what}: read", 1e6 * (read - written) / _ROUTES, "us")


def _read(octets: bytes) -> int:
    """How many routes there are in them."""
    buffer = MessageBuffer()
    pieces = (octets[at : at + _STEP] for at in range(0, len(octets), _STEP))
    updates = (
        decode_update(message.body, _TERMS) for piece in pieces for message in buffer.feed(piece)
    )
    return sum(len(reach.nlri) for update in updates for reach in update.reach)


def _vpn(number: int) -> Reach:
    attributes = PathAttributes(
        as_path=AsPath((Segment(SegmentKind.AS_SEQUENCE, (64512 + number,)),)),
        next_hop=IPv4Address("10.9.0.1"),
        local_pref=100,
        extended_communities=frozenset({route_target(RouteTarget(0, 65000, number))}),
    )
    rd, first = RouteDistinguisher(0, 65000, number), _FIRST + (number * _IN_EACH << 8)
    prefixes = (IPv4Network((first + (at << 8), 24)) for at in range(_IN_EACH))
    nlri = tuple((VpnPrefix(rd, prefix), 16 + number) for prefix in prefixes)
    return Reach(Family.VPNV4, attributes, nlri)
