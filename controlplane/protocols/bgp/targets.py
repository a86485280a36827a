"""Which VPN routes who wants (RFC 4684, RFC 4364 4.3.2): filters by route target, both ways.

Outwards: a peer with the family ROUTE_TARGET says which targets it wants, and is told no VPN routes
of others. What counts is all that it says itself, not the best path to each target: several PEs of
an AS want the same one (RFC 4684 3.2). The AS that wants a target does not matter here; it keeps
the membership of several ASes apart on its way.

Inwards: a PE drops what no VRF of its own imports, and gets it anew when one does: by route target
membership, or by asking for a route refresh. Reflectors, and routers that carry VPN routes on to
other ASes, keep all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from controlplane.net.vpn import RouteTarget
from controlplane.protocols.bgp.adj_rib_in import AdjRibIn
from controlplane.protocols.bgp.events import BgpConfig, Originated
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Family, RouteTargetPrefix

VPN_FAMILIES: Final = frozenset(
    (Family.VPNV4, Family.VPNV4_MULTICAST, Family.MCAST_VPN, Family.MDT)
)
"""Those whose routes have route targets."""

_AS_BITS: Final = 32
_TARGET_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Membership:
    """What a peer wants: everything, some targets, and those that start with some bits."""

    everything: bool = False
    targets: frozenset[bytes] = frozenset()
    beginnings: frozenset[tuple[int, int]] = frozenset()

    def wants(self, family: Family, targets: frozenset[bytes]) -> bool:
        """Whether a route with these targets is wanted.

        RFC 6037 4.4.1: MDT routes may have no targets; it is their group that says who wants them.
        """
        if self.everything or not self.targets.isdisjoint(targets):
            return True
        if not targets:
            return family is Family.MDT
        if not self.beginnings:
            return False
        return any(_starts_with(target, one) for one in self.beginnings for target in targets)


def membership(rib: AdjRibIn) -> Membership:
    """What a peer said by its routes of the family ROUTE_TARGET."""
    prefixes = [
        destination.key
        for destination, path in rib.routes().items()
        if isinstance(destination.key, RouteTargetPrefix) and not path.announcement.excluded
    ]
    return Membership(
        everything=any(prefix.length <= _AS_BITS for prefix in prefixes),
        targets=frozenset(
            prefix.octets[4:] for prefix in prefixes if prefix.length == _AS_BITS + _TARGET_BITS
        ),
        beginnings=frozenset(_beginnings(prefixes)),
    )


def _beginnings(prefixes: Iterable[RouteTargetPrefix]) -> Iterator[tuple[int, int]]:
    for prefix in prefixes:
        bits = prefix.length - _AS_BITS
        if 0 < bits < _TARGET_BITS:
            octets = prefix.octets[4:]
            yield bits, int.from_bytes(octets, "big") >> (8 * len(octets) - bits)


def _starts_with(target: bytes, beginning: tuple[int, int]) -> bool:
    bits, value = beginning
    return int.from_bytes(target, "big") >> (_TARGET_BITS - bits) == value


def own_membership(config: BgpConfig, targets: Iterable[RouteTarget]) -> tuple[Originated, ...]:
    """The routes that tell others what this router wants (RFC 4684 4)."""
    asn = config.asn.to_bytes(4, "big")
    return tuple(
        Originated(
            key=RouteTargetPrefix(_AS_BITS + _TARGET_BITS, asn + route_target(target).octets),
            attributes=PathAttributes(),
        )
        for target in sorted(targets)
    )


def keeps_all(config: BgpConfig) -> bool:
    """Whether VPN routes are for others than the VRFs here."""
    return any(
        peer.reflector_client or (peer.remote_as != config.asn and peer.families & VPN_FAMILIES)
        for peer in config.peers
    )


class Interest:
    """Which VPN routes are kept. `wanted` are the targets that some VRF imports."""

    def __init__(self, config: BgpConfig) -> None:
        self._keeps_all = keeps_all(config)
        self.wanted: frozenset[RouteTarget] = frozenset()
        self._octets = Membership()

    def becomes(self, wanted: frozenset[RouteTarget]) -> bool:
        """Take what is wanted now; returns whether routes may be missing that are wanted."""
        grows = not wanted <= self.wanted
        self.wanted = wanted
        self._octets = Membership(targets=frozenset(route_target(one).octets for one in wanted))
        return grows and not self._keeps_all

    def keeps(self, family: Family, targets: frozenset[bytes]) -> bool:
        if self._keeps_all or family not in VPN_FAMILIES:
            return True
        return self._octets.wants(family, targets)
