"""A BGP engine on a wire: what a router would tell it of next hops, it is told at once.

wire = Wire(Speaker(config), ours)
wire.tell(routes(originated("10.1.0.0/24")))
eventually(lambda: wire.engine.best(Family.IPV4_UNICAST), wire)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any, Final

from controlplane.engine.time import Instant
from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import (
    BestPath,
    BestPathsChanged,
    BgpConfig,
    BgpInput,
    BgpOutput,
    NextHopsResolved,
    NextHopsTracked,
    Originated,
    PeerConfig,
    PeerTimers,
    RoutesOriginated,
)
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Family, NlriKey, VpnPrefix

METRIC: Final = 10
"""The distance of every next hop that is tracked."""

QUICK: Final = PeerTimers(connect_retry=1.0, hold=9.0, keepalive=3.0, min_advertisement=0.0)


class Speaker:
    """An Engine[BgpInput, BgpOutput]; `targets_told` are those of no VRF: it imports nothing."""

    def __init__(self, config: BgpConfig) -> None:
        self.config = config
        self._engine = BgpEngine(config, rng=Random(f"{config.router_id}"))
        self._best: defaultdict[Family, dict[NlriKey, BestPath]] = defaultdict(dict)

    def handle(self, event: BgpInput, now: Instant) -> list[BgpOutput]:
        return self._follow(self._engine.handle(event, now), now)

    def advance(self, now: Instant) -> list[BgpOutput]:
        return self._follow(self._engine.advance(now), now)

    def next_deadline(self) -> Instant | None:
        return self._engine.next_deadline()

    def best(self, family: Family = Family.IPV4_UNICAST) -> Mapping[NlriKey, BestPath]:
        """The best paths, as the engine has told them."""
        return self._best[family]

    def attributes(self, key: NlriKey, family: Family = Family.IPV4_UNICAST) -> PathAttributes:
        """Those of the best path; the key has to be there."""
        return self._best[family][key].attributes

    def peer(self, address: IPv4Address, now: Instant) -> PeerView:
        """What the engine has to show of a peer."""
        (view,) = (one for one in self._engine.peers(now) if one.address == address)
        return view

    def is_up(self, address: IPv4Address, now: Instant) -> bool:
        return self.peer(address, now).state == "Established"

    def _follow(self, outputs: Iterable[BgpOutput], now: Instant) -> list[BgpOutput]:
        """Learn of outputs, and give the answers that they ask for."""
        followed = []
        for output in outputs:
            followed.append(output)
            match output:
                case BestPathsChanged():
                    self._learn(output)
                case NextHopsTracked(added=added) if added:
                    resolved = NextHopsResolved(metrics=dict.fromkeys(added, METRIC))
                    followed += self.handle(resolved, now)
        return followed

    def _learn(self, changes: BestPathsChanged) -> None:
        table = self._best[changes.family]
        table |= {path.key: path for path in changes.changed}
        for key in changes.withdrawn:
            del table[key]


def speaker_config(asn: int, address: IPv4Address, *peers: PeerConfig, **more: Any) -> BgpConfig:
    """With the address of its sessions as router id, and next hops that are believed at once."""
    return BgpConfig(asn=asn, router_id=address, peers=peers, next_hop_delay=0.0, **more)


def routes(*originated: Originated, family: Family = Family.IPV4_UNICAST) -> RoutesOriginated:
    return RoutesOriginated(family=family, changed=originated)


def withdrawn(*keys: NlriKey, family: Family = Family.IPV4_UNICAST) -> RoutesOriginated:
    return RoutesOriginated(family=family, withdrawn=keys)


def own(prefix: str, **attributes: Any) -> Originated:
    """A route of IPv4 unicast."""
    return Originated(key=IPv4Network(prefix), attributes=PathAttributes(**attributes))


def vpn_prefix(rd: str, prefix: str) -> VpnPrefix:
    return VpnPrefix(RouteDistinguisher.parse(rd), IPv4Network(prefix))


def own_vpn(rd: str, prefix: str, label: Label, *targets: str, **attributes: Any) -> Originated:
    """A route of VPNv4 with route targets."""
    communities = frozenset(route_target(RouteTarget.parse(target)) for target in targets)
    attributes.setdefault("extended_communities", frozenset())
    attributes["extended_communities"] |= communities
    return Originated(
        key=vpn_prefix(rd, prefix), attributes=PathAttributes(**attributes), label=label
    )
