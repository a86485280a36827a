"""An S-PMSI engine of PE1 in VRF red, with what it is told and what it says in short forms."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TypeVar

from controlplane.engine.engine import DatagramReceived, SendDatagram
from controlplane.engine.time import Instant
from controlplane.mvpn.s_pmsi.config import FlowFilter, SPmsiConfig, SPmsiTimers, Threshold
from controlplane.mvpn.s_pmsi.engine import SPmsiEngine
from controlplane.mvpn.s_pmsi.events import FlowsCounted, RootsChanged, SPmsiInput, SPmsiOutput
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.wire.reader import Reader
from controlplane.wire.s_pmsi import Join, SPmsiJoin, decode_joins, encode_joins

T = TypeVar("T")

ME, PE2, PE3 = (IPv4Address(f"192.0.2.{n}") for n in (1, 2, 3))
POOL = IPv4Network("232.10.1.0/30")
GROUPS = list(POOL)
PMSI = "mdt-red"
TIMERS = SPmsiTimers(delay=3.0, timeout=180.0, holddown=60.0, interval=60.0, sampling=5.0)
AT_ONCE = SPmsiConfig(pool=POOL)
BY_RATE = SPmsiConfig(pool=POOL, threshold=Threshold(1000, 800))


def flow(number: int) -> SourceGroup:
    return SourceGroup(IPv4Address("10.1.1.10"), IPv4Address(f"232.1.1.{number}"))


FLOW, OTHER = flow(1), flow(2)


def tree(group: IPv4Address, root: IPv4Address = ME) -> SourceGroup:
    return SourceGroup(root, group)


def out(of: SourceGroup = FLOW, incoming: str | None = "ce1") -> TreeUpdate:
    """A C-tree from a CE to other PEs, and to a CE."""
    return TreeUpdate(
        tree=of, incoming=incoming, rpf_neighbor=None, outgoing=frozenset({PMSI, "ce2"})
    )


def only_ces(of: SourceGroup = FLOW) -> TreeUpdate:
    return replace(out(of), outgoing=frozenset({"ce2"}))


def from_pe(
    pe: IPv4Address | None, of: SourceGroup = FLOW, outgoing: frozenset[str] = frozenset({"ce1"})
) -> TreeUpdate:
    """A C-tree from another PE."""
    return TreeUpdate(tree=of, incoming=PMSI, rpf_neighbor=pe, outgoing=outgoing)


def gone(of: SourceGroup = FLOW) -> TreeRemoved:
    return TreeRemoved(tree=of)


def joins(*of: Join, source: IPv4Address = PE2) -> DatagramReceived:
    return datagram(encode_joins(of), source=source)


def datagram(
    payload: bytes,
    *,
    source: IPv4Address = PE2,
    interface: str = PMSI,
    destination: IPv4Address = ALL_PIM_ROUTERS,
) -> DatagramReceived:
    return DatagramReceived(
        interface=interface,
        source=source,
        destination=destination,
        source_port=3232,
        destination_port=3232,
        payload=payload,
        ttl=1,
    )


def rates(kbit: dict[SourceGroup, int], seconds: float = 5.0) -> FlowsCounted:
    """What was counted of flows with these rates."""
    octets = {of: round(rate * 1000 * seconds / 8) for of, rate in kbit.items()}
    return FlowsCounted(seconds=seconds, octets=octets)


def limited(config: SPmsiConfig, *groups: str) -> SPmsiConfig:
    return replace(config, flows=tuple(FlowFilter(IPv4Network(group)) for group in groups))


class Pe:
    """`said` keeps everything that the engine put out, with the times."""

    def __init__(self, config: SPmsiConfig = AT_ONCE, *, mtu: int = 1476) -> None:
        pmsi = Interface(
            name=PMSI,
            index=1024,
            kind=InterfaceKind.PMSI,
            address=IPv4Interface(ME),
            vrf="red",
            mtu=mtu,
        )
        self.engine = SPmsiEngine(pmsi, config)
        self.said: list[tuple[Instant, SPmsiOutput]] = []
        self.now: Instant = 0.0
        self.tell(RootsChanged(roots=frozenset({PE2, PE3})))

    def tell(self, *events: SPmsiInput) -> None:
        for event in events:
            self._say(self.engine.handle(event, self.now))

    def run(self, until: Instant) -> None:
        while (at := self.engine.next_deadline()) is not None and at <= until:
            self.now = max(self.now, at)
            self._say(self.engine.advance(self.now))
        self.now = until

    def all_of(self, kind: type[T]) -> list[tuple[Instant, T]]:
        """What it said of a kind, and when."""
        return [(at, output) for at, output in self.said if isinstance(output, kind)]

    def announced(self) -> list[tuple[Instant, list[tuple[SourceGroup, IPv4Address]]]]:
        """The bindings in each datagram."""
        return [
            (at, [(join.flow, join.group) for join in self._joins(sent)])
            for at, sent in self.all_of(SendDatagram)
        ]

    def _say(self, outputs: list[SPmsiOutput]) -> None:
        self.said += ((self.now, output) for output in outputs)

    @staticmethod
    def _joins(sent: SendDatagram) -> list[SPmsiJoin]:
        found = decode_joins(Reader(sent.payload))
        return [join for join in found if isinstance(join, SPmsiJoin)]
