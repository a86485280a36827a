"""One PIM engine under test: it hears messages of neighbours that the test plays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Interface
from random import Random

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived, SendPacket
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.engine import DEFAULTS, PimEngine
from controlplane.protocols.pim.events import (
    PimEnabled,
    PimInput,
    PimOutput,
    PimSettings,
    RoutesChanged,
    Rpf,
    RpfLookup,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.protocols.pim.show import OutgoingView, TreeView
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.hello import Hello, LanPruneDelay
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import SpokenMessage, decode_message, encode_message

S, G = IPv4Address("192.0.2.1"), IPv4Address("232.1.1.1")
SG = SourceGroup(S, G)
DELAYS = LanPruneDelay(propagation_delay=500, override_interval=2500)

Trace = list[tuple[Instant, PimOutput]]


def ip(text: str) -> IPv4Address:
    return IPv4Address(text)


class Proportion(Random):
    """Randomness that an exact test can use: always the same part of the range."""

    def __init__(self, part: float) -> None:
        super().__init__(1)
        self.part = part

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self.part


def hello(
    *,
    holdtime: int | None = 105,
    priority: int | None = 1,
    genid: int | None = 1,
    delays: LanPruneDelay | None = DELAYS,
    secondary: Sequence[str] = (),
) -> Hello:
    return Hello(
        holdtime=holdtime,
        lan_prune_delay=delays,
        dr_priority=priority,
        generation_id=genid,
        secondary_addresses=tuple(map(ip, secondary)),
    )


def join_prune(
    upstream: str,
    *,
    join: Iterable[SourceGroup] = (),
    prune: Iterable[SourceGroup] = (),
    holdtime: int = 210,
) -> JoinPrune:
    """One group set for each (S,G): what another implementation may well send."""
    joins = [_set(sg, joined=(EncodedSource(address=sg.source),)) for sg in join]
    prunes = [_set(sg, pruned=(EncodedSource(address=sg.source),)) for sg in prune]
    return JoinPrune(upstream_neighbor=ip(upstream), holdtime=holdtime, groups=(*joins, *prunes))


def _set(
    sg: SourceGroup,
    joined: tuple[EncodedSource, ...] = (),
    pruned: tuple[EncodedSource, ...] = (),
) -> GroupSet:
    return GroupSet(group=EncodedGroup(address=sg.group), joined=joined, pruned=pruned)


class Router:
    """Interfaces `up` with address 10.0.N.1/24 where N is the interface's index."""

    def __init__(
        self,
        rpf: dict[IPv4Address, Rpf] | None = None,
        *,
        part: float = 0.5,
        config: PimConfig = DEFAULTS,
    ) -> None:
        self.now: Instant = 0.0
        self.rpf: dict[IPv4Address, Rpf] = rpf or {}
        self.rpf_of: RpfLookup = lambda root, _: self.rpf.get(root)
        self.engine = PimEngine(
            rpf=lambda *tree: self.rpf_of(*tree), rng=Proportion(part), config=config
        )

    def handle(self, event: PimInput) -> list[PimOutput]:
        return self.engine.handle(event, self.now)

    def up(
        self,
        name: str,
        index: int,
        *,
        address: str | None = None,
        kind: InterfaceKind = InterfaceKind.ETHERNET,
        mtu: int = 1500,
    ) -> list[PimOutput]:
        interface = Interface(
            name=name,
            index=index,
            kind=kind,
            address=IPv4Interface(address or f"10.0.{index}.1/24"),
            mtu=mtu,
        )
        return self.handle(InterfaceUp(interface=interface))

    def enable(self, name: str, settings: PimSettings | None = None) -> list[PimOutput]:
        return self.handle(PimEnabled(interface=name, settings=settings or PimSettings()))

    def down(self, name: str) -> list[PimOutput]:
        return self.handle(InterfaceDown(name=name))

    def hears(
        self,
        interface: str,
        source: str,
        message: SpokenMessage,
        *,
        destination: IPv4Address = ALL_PIM_ROUTERS,
        ttl: int = 1,
    ) -> list[PimOutput]:
        payload = encode_message(message)
        return self.hears_bytes(interface, source, payload, destination=destination, ttl=ttl)

    def hears_bytes(
        self,
        interface: str,
        source: str,
        payload: bytes,
        *,
        destination: IPv4Address = ALL_PIM_ROUTERS,
        ttl: int = 1,
    ) -> list[PimOutput]:
        return self.handle(
            PacketReceived(
                interface=interface,
                source=ip(source),
                destination=destination,
                payload=payload,
                ttl=ttl,
            )
        )

    def member(self, interface: str, sg: SourceGroup = SG, *, joined: bool) -> list[PimOutput]:
        return self.handle(
            MembershipChanged(interface=interface, group=sg.group, source=sg.source, joined=joined)
        )

    def routes_change(self, source: IPv4Address, rpf: Rpf | None) -> list[PimOutput]:
        if rpf is None:
            self.rpf.pop(source, None)
        else:
            self.rpf[source] = rpf
        return self.handle(RoutesChanged())

    def run(self, until: Instant) -> Trace:
        """Let time pass, deadline by deadline."""
        trace: Trace = []
        while (deadline := self.engine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            trace += [(self.now, output) for output in self.engine.advance(self.now)]
        self.now = until
        return trace

    @property
    def tree(self) -> TreeView:
        """The only tree."""
        (tree,) = self.engine.trees(self.now)
        return tree

    @property
    def outgoing(self) -> OutgoingView:
        """The only outgoing interface of the only tree."""
        (outgoing,) = self.tree.outgoing
        return outgoing


def sent(outputs: Iterable[PimOutput]) -> list[tuple[str, object]]:
    """The messages among outputs, each with its interface."""
    return [(o.interface, decode_message(o.payload)) for o in outputs if isinstance(o, SendPacket)]


def trees(outputs: Iterable[PimOutput]) -> list[TreeUpdate | TreeRemoved]:
    return [o for o in outputs if isinstance(o, TreeUpdate | TreeRemoved)]


def join_prunes(outputs: Iterable[PimOutput]) -> list[tuple[str, JoinPrune]]:
    return [(name, m) for name, m in sent(outputs) if isinstance(m, JoinPrune)]


def join_prune_times(trace: Trace) -> list[tuple[Instant, str, JoinPrune]]:
    """When which Join/Prune left where."""
    return [(at, *message) for at, output in trace for message in join_prunes([output])]


def hello_times(trace: Trace) -> list[Instant]:
    """When Hellos left."""
    return [at for at, output in trace for _, m in sent([output]) if isinstance(m, Hello)]
