"""A network with one IGMP router, and what it does, in the notation of RFC 3376 4.2.15 and 6.4.2.

Times are seconds from the start. The router's outputs are lines: `Q()` is a General Query, `Q(G)` a
Group-Specific Query and `Q(G,{s1,s2})` one for sources, with ` S` behind it when its S flag is set
and `v2 ` before it when it has eight octets; `+(s1,G)`, `-(*,G)` and `+(!s2,G)`, a
source that is refused, are edges for PIM; a notice is
its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from controlplane.engine.engine import (
    InterfaceDown,
    InterfaceUp,
    PacketReceived,
    SendPacket,
)
from controlplane.engine.notice import Notice
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.protocols.igmp.engine import IgmpEngine
from controlplane.protocols.igmp.events import (
    IgmpEnabled,
    IgmpInput,
    IgmpOutput,
    IgmpSettings,
    MembershipChanged,
)
from controlplane.wire.igmp import (
    ANY_GROUP,
    GroupRecord,
    IgmpType,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
    decode,
)
from controlplane.wire.reader import Reader

IS_IN: Final = RecordType.MODE_IS_INCLUDE
IS_EX: Final = RecordType.MODE_IS_EXCLUDE
TO_IN: Final = RecordType.CHANGE_TO_INCLUDE_MODE
TO_EX: Final = RecordType.CHANGE_TO_EXCLUDE_MODE
ALLOW: Final = RecordType.ALLOW_NEW_SOURCES
BLOCK: Final = RecordType.BLOCK_OLD_SOURCES

G: Final = IPv4Address("239.1.1.1")
SSM: Final = IPv4Address("232.1.1.1")
S1, S2, S3 = (IPv4Address(f"10.9.9.{number}") for number in (1, 2, 3))
HOST: Final = IPv4Address("10.1.1.10")
LOWER_ROUTER: Final = IPv4Address("10.1.1.1")
HIGHER_ROUTER: Final = IPv4Address("10.1.1.3")

_NAMES: Final = {G: "G", SSM: "SSM", S1: "s1", S2: "s2", S3: "s3"}

ETH0: Final = Interface(
    name="eth0",
    index=1,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.1.1.2/24"),
    port=1,
    mac=MacAddress.parse("02:00:00:00:00:01"),
)

GMI: Final = 260.0
"""Group Membership Interval of the default settings."""


class Lan:
    """Its router is 10.1.1.2 on eth0, and has IGMP enabled."""

    def __init__(self, settings: IgmpSettings | None = None, interface: Interface = ETH0) -> None:
        self.engine = IgmpEngine()
        self.now = 0.0
        self.interface = interface
        self.handle(InterfaceUp(interface=interface))
        self.started = self.handle(
            IgmpEnabled(interface=interface.name, settings=settings or IgmpSettings())
        )

    def handle(self, event: IgmpInput) -> list[str]:
        return [line(output) for output in self.engine.handle(event, self.now)]

    def run(self, until: float) -> list[str]:
        """Let time pass; the lines of what happened, with its times."""
        lines: list[str] = []
        while (deadline := self.engine.next_deadline()) is not None and deadline <= until:
            self.now = deadline
            lines += [f"{self.now:g} {line(output)}" for output in self.engine.advance(self.now)]
        self.now = until
        return lines

    def edges(self, until: float) -> list[str]:
        """Let time pass; what of it concerns PIM."""
        return [text for text in self.run(until) if "+(" in text or "-(" in text]

    def queries(self, until: float) -> list[str]:
        """Let time pass; the queries."""
        return [text for text in self.run(until) if "Q" in text]

    def packet(self, payload: bytes, source: IPv4Address = HOST, ttl: int = 1) -> list[str]:
        return self.handle(
            PacketReceived(
                interface="eth0",
                source=source,
                destination=IPv4Address("224.0.0.22"),
                payload=payload,
                ttl=ttl,
            )
        )

    def report(self, kind: RecordType, *sources: IPv4Address, group: IPv4Address = G) -> list[str]:
        """A version 3 report of one record."""
        record = GroupRecord(kind=kind, group=group, sources=sources)
        return self.packet(ReportV3(records=(record,)).encode())

    def short(self, kind: IgmpType, group: IPv4Address = G) -> list[str]:
        """A message of version 1 or 2."""
        return self.packet(ShortMessage(kind=kind, group=group).encode())

    def query(
        self,
        source: IPv4Address,
        group: IPv4Address = ANY_GROUP,
        sources: tuple[IPv4Address, ...] = (),
        *,
        suppress: bool = False,
        robustness: int = 2,
        interval: int = 125,
    ) -> list[str]:
        """A version 3 query of another router."""
        message = QueryV3(
            max_response_code=100,
            robustness=robustness,
            interval_code=interval,
            group=group,
            suppress=suppress,
            sources=sources,
        )
        return self.packet(message.encode(), source)

    def short_query(self, source: IPv4Address, response: int) -> list[str]:
        """A General Query of version 1 (response 0) or 2."""
        message = ShortMessage(kind=IgmpType.QUERY, group=ANY_GROUP, max_response_code=response)
        return self.packet(message.encode(), source)

    def down(self) -> list[str]:
        return self.handle(InterfaceDown(name=self.interface.name))

    def renumber(self, address: str) -> list[str]:
        self.interface = replace(self.interface, address=IPv4Interface(address))
        return self.handle(InterfaceUp(interface=self.interface))

    def state(self, group: IPv4Address = G) -> str:
        """The group's record as the RFC writes it: `INCLUDE {s1}`, `EXCLUDE {s1},{s2}`."""
        for shown in self.engine.groups(self.now):
            if shown.group == group:
                wanted = _set(s.address for s in shown.sources if s.expires is not None)
                refused = _set(s.address for s in shown.sources if s.expires is None)
                if shown.mode.value == "include":
                    return f"INCLUDE {wanted}"
                return f"EXCLUDE {wanted},{refused}"
        return "-"

    def timers(self, group: IPv4Address = G) -> dict[str, float]:
        """What remains of the group timer (`G`) and of source timers."""
        for shown in self.engine.groups(self.now):
            if shown.group == group:
                remaining = {_name(s.address): s.expires for s in shown.sources}
                remaining["G"] = shown.expires
                return {name: left for name, left in remaining.items() if left is not None}
        return {}


def line(output: IgmpOutput) -> str:
    match output:
        case SendPacket():
            return _query_line(output)
        case MembershipChanged(group=group, source=source, joined=joined, refused=refused):
            sign = "+" if joined else "-"
            name = _name(source) if source else "*"
            return f"{sign}({'!' if refused else ''}{name},{_name(group)})"
        case Notice():
            return output.words()


def _query_line(packet: SendPacket) -> str:
    message = decode(Reader(packet.payload))
    if isinstance(message, ShortMessage):
        version = 2 if message.max_response_code else 1
        return f"v{version} Q({'' if message.group == ANY_GROUP else _name(message.group)})"
    assert isinstance(message, QueryV3)
    if message.group == ANY_GROUP:
        return "Q()"
    sources = f",{_set(message.sources)}" if message.sources else ""
    return f"Q({_name(message.group)}{sources})" + (" S" if message.suppress else "")


def _set(addresses: Iterable[IPv4Address]) -> str:
    return "{" + ",".join(_name(address) for address in addresses) + "}"


def _name(address: IPv4Address) -> str:
    return _NAMES.get(address, str(address))
