"""One BGP engine among peers made by hand, to look at its tables: routes in, routes out.

`Here` is the engine, 10.0.0.5 in AS 65000. `Far` is a peer: what it announces, and the UPDATE
messages that it hears, decoded. Next hops are at distance 1 if a test says nothing else, and what
is sent is read at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from controlplane.engine.stream import SendData, StreamDrained
from controlplane.net.label import Label
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import (
    BestPath,
    BestPathsChanged,
    BgpOutput,
    NextHopsResolved,
    NextHopsTracked,
    Originated,
    PeerConfig,
    RoutesOriginated,
)
from controlplane.protocols.bgp.show_routes import PathView
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity, route_target
from controlplane.wire.bgp.framing import KEEPALIVE
from controlplane.wire.bgp.nlri import Family, NlriKey, RouteTargetPrefix, VpnPrefix
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.refresh import RouteRefreshMessage
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Unreach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.bgp.update_encoding import (
    encode_end_of_rib,
    encode_updates,
    encode_withdrawals,
)
from tests.protocols.bgp.paths import as_path
from tests.protocols.bgp.speaker import AS, ME, TIMERS, Speaker, Wire, capabilities, opening

UNICAST, VPNV4, MEMBERS = Family.IPV4_UNICAST, Family.VPNV4, Family.ROUTE_TARGET
LABELLED = (VPNV4,)
RED, BLUE = RouteTarget(0, AS, 1), RouteTarget(0, AS, 2)


def prefix(number: int) -> IPv4Network:
    return IPv4Network((int(IPv4Address("20.0.0.0")) + (number << 8), 24))


def vpn(number: int, rd: int = 1) -> VpnPrefix:
    return VpnPrefix(RouteDistinguisher(0, AS, rd), prefix(number))


def targets(*wanted: RouteTarget) -> frozenset[ExtendedCommunity]:
    return frozenset(map(route_target, wanted))


def member(target: RouteTarget, asn: int = AS) -> RouteTargetPrefix:
    return RouteTargetPrefix(96, asn.to_bytes(4, "big") + route_target(target).octets)


class Here(Speaker):
    """`best` are the best paths that were told; `metrics` overrides distances of next hops.

    Peers read what is sent at once as long as it `reads` for them.
    """

    def __init__(self, *peers: PeerConfig, **config: Any) -> None:
        self.reads = True
        self.best: dict[NlriKey, BestPath] = {}
        self.tracked: set[IPv4Address] = set()
        self.metrics: dict[IPv4Address, int | None] = {}
        super().__init__(config={"peers": peers} | config)
        self._port = 41000

    def far(self, config: PeerConfig, router_id: IPv4Address | None = None) -> Far:
        """The peer of a configuration, with a session."""
        wire = self.connect(config.address, config.local)
        families = sorted(config.families, key=lambda family: family.value)
        told = capabilities(config.remote_as, *families)
        wire.says(opening(config.remote_as, router_id=router_id or config.address, told=told))
        wire.says(KEEPALIVE)
        internal = config.remote_as == AS
        return Far(self, config, wire, Terms(internal=internal, families=config.families))

    def originate(
        self,
        *keys: NlriKey,
        family: Family = UNICAST,
        label: Label | None = None,
        **attributes: Any,
    ) -> None:
        shared = PathAttributes(**attributes)
        changed = tuple(Originated(key=key, attributes=shared, label=label) for key in keys)
        self.tell(RoutesOriginated(family=family, changed=changed))

    def withdraw(self, *keys: NlriKey, family: Family = UNICAST) -> None:
        self.tell(RoutesOriginated(family=family, withdrawn=keys))

    def resolve(self, **metrics: int | None) -> None:
        """Distances of next hops are others now; names are the last two octets of 10.9.x.y."""
        self.metrics |= {hop(name): metric for name, metric in metrics.items()}
        known = {address: self.metrics.get(address, 1) for address in self.tracked}
        self.tell(NextHopsResolved(metrics=known))

    def paths(self, key: NlriKey, family: Family = UNICAST) -> tuple[PathView, ...]:
        view = self.engine.route(family, key)
        return view.paths if view else ()

    def _keep(self, outputs: list[BgpOutput]) -> list[BgpOutput]:
        super()._keep(outputs)
        for output in outputs:
            match output:
                case BestPathsChanged():
                    self.best |= {path.key: path for path in output.changed}
                    for key in output.withdrawn:
                        del self.best[key]
                case NextHopsTracked():
                    self.tracked = (self.tracked | output.added) - output.removed
                    metrics = {one: self.metrics.get(one, 1) for one in output.added}
                    self.tell(NextHopsResolved(metrics=metrics))
                case SendData() if self.reads:
                    self.tell(StreamDrained(stream=output.stream))
                case _:
                    pass
        return outputs


def hop(name: str) -> IPv4Address:
    """`a` is 10.9.0.1, `b` 10.9.0.2 and so on."""
    return IPv4Address("10.9.0.0") + (ord(name) - ord("a") + 1)


def peer(number: int, asn: int = AS, **settings: Any) -> PeerConfig:
    """The configuration of 10.0.1.NUMBER, which opens the connection."""
    address = IPv4Address(f"10.0.1.{number}")
    usual: dict[str, Any] = {"timers": TIMERS, "passive": True}
    return PeerConfig(address=address, local=ME, remote_as=asn, **(usual | settings))


@dataclass
class Far:
    here: Here
    config: PeerConfig
    wire: Wire
    terms: Terms
    read: int = 0

    def announces(self, *keys: NlriKey, **said: Any) -> None:
        self.wire.says(self.encoded(*keys, **said))

    def withdraws(self, *keys: NlriKey, family: Family = UNICAST) -> None:
        self.wire.says(self.encoded_withdrawal(*keys, family=family))

    def encoded(
        self,
        *keys: NlriKey,
        family: Family = UNICAST,
        via: str = "a",
        label: Label | None = None,
        **attributes: Any,
    ) -> bytes:
        """Routes with the next hop `via`; internal ones with a local preference of 100."""
        if self.terms.internal:
            attributes.setdefault("local_pref", 100)
        else:
            attributes.setdefault("as_path", as_path(self.config.remote_as))
        attributes.setdefault("next_hop", hop(via))
        shared = PathAttributes(**attributes)
        if family in LABELLED:
            label = label or 100
        nlri = tuple((key, label) for key in keys)
        return b"".join(encode_updates(Reach(family, shared, nlri), self.terms))

    def encoded_withdrawal(self, *keys: NlriKey, family: Family = UNICAST) -> bytes:
        return b"".join(encode_withdrawals(Unreach(family, keys)))

    def ends(self, family: Family = UNICAST) -> None:
        """End-of-RIB."""
        self.wire.says(encode_end_of_rib(family))

    def hears(self) -> list[Update]:
        """The UPDATEs that came since the last look."""
        heard, self.read = self.wire.heard[self.read :], len(self.wire.heard)
        bodies = [one.body for one in heard if one.type is MessageType.UPDATE]
        return [decode_update(body, self.terms) for body in bodies]

    def learns(self) -> dict[NlriKey, PathAttributes | None]:
        """What the UPDATEs since the last look come to; None for a route that is no more."""
        known: dict[NlriKey, PathAttributes | None] = {}
        for update in self.hears():
            for unreach in update.unreach:
                known |= dict.fromkeys(unreach.keys)
            for reach in update.reach:
                known |= dict.fromkeys(_keys(reach), reach.attributes)
        return known

    def hears_of_refreshes(self) -> list[tuple[Family | None, int]]:
        """ROUTE-REFRESH messages, all that came."""
        bodies = [one.body for one in self.wire.heard if one.type is MessageType.ROUTE_REFRESH]
        messages = [RouteRefreshMessage.decode(body) for body in bodies]
        return [(message.family, message.subtype) for message in messages]


def _keys(reach: Reach) -> Iterable[NlriKey]:
    return (key for key, _ in reach.nlri)
