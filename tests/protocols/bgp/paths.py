"""Paths as the decision process sees them, made without a session."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.bgp.events import PathSource
from controlplane.protocols.bgp.path import ImportedPath, NextHop, Path, announcement
from controlplane.wire.bgp.attributes import AsPath, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.nlri import VpnPrefix

PREFIX = IPv4Network("192.0.2.0/24")


def as_path(*ases: int) -> AsPath:
    return AsPath((Segment(SegmentKind.AS_SEQUENCE, ases),)) if ases else AsPath()


def path(
    *,
    source: PathSource = PathSource.IBGP,
    router_id: str = "10.0.0.9",
    address: str = "10.0.0.9",
    metric: int | None = 10,
    excluded: str = "",
    **attributes: Any,
) -> Path:
    """A path of a peer, or of this router itself."""
    attributes.setdefault("next_hop", IPv4Address("10.9.9.9"))
    said = announcement(
        source,
        PathAttributes(**attributes),
        default_local_pref=100,
        router_id=IPv4Address(router_id),
        address=IPv4Address(address),
    )
    said.excluded = excluded
    if source is not PathSource.LOCAL:
        said.hop = NextHop(said.attributes.next_hop or IPv4Address(0), metric)
    return Path(said)


def imported(
    *,
    pe: str = "10.0.0.1",
    rd: int = 1,
    metric: int = 10,
    vrf: str | None = None,
    **attributes: Any,
) -> Path:
    """A VPN route as a path of the VRF that imports it."""
    address = IPv4Address(pe)
    said = announcement(
        PathSource.IMPORTED,
        PathAttributes(**attributes),
        default_local_pref=100,
        router_id=address,
        address=address,
    )
    said.distance, said.vrf = metric, vrf
    return ImportedPath(said, 100, origin=VpnPrefix(RouteDistinguisher(0, 65000, rd), PREFIX))
