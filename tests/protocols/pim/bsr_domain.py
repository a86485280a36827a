"""Routers of a PIM domain as far as the Bootstrap Router is concerned, on toy LANs.

Each has what `Bootstraps` works with and nothing else: neighbours are there from the start, routes
are as the test says. What one sends, the others of the LAN, or the addressed router, hear at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random

from controlplane.engine.engine import SendPacket
from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.bootstrap import Bootstraps
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.dr import elect
from controlplane.protocols.pim.events import PimOutput, PimSettings, Rpf
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.neighbor import Neighbor
from controlplane.protocols.pim.rp_set import RpMapping
from controlplane.protocols.pim.rpt_upstream import RptUpstream
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.timers import (
    BootstrapTimer,
    CandidateRpAdvertisementTimer,
    CandidateRpTimer,
    PrimingTimer,
    RpMappingTimer,
    TriggeredHelloTimer,
)
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.bootstrap import (
    Bootstrap,
    BootstrapRange,
    BootstrapRp,
    CandidateRpAdvertisement,
)
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.message import decode_message

ALL = IPv4Network("224.0.0.0/4")
Loses = Callable[[str, SendPacket], bool]


def ip(text: str) -> IPv4Address:
    return IPv4Address(text)


def told(*rps: str, groups: IPv4Network = ALL, holdtime: int = 150) -> BootstrapRange:
    """A range with these RPs, all in one fragment."""
    return BootstrapRange(
        group=EncodedGroup.of(groups),
        rp_count=len(rps),
        rps=tuple(BootstrapRp(address=ip(rp), holdtime=holdtime, priority=192) for rp in rps),
    )


def bsm(
    bsr: str, *ranges: BootstrapRange, priority: int = 64, tag: int = 1, no_forward: bool = False
) -> Bootstrap:
    return Bootstrap(
        fragment_tag=tag,
        hash_mask_length=30,
        bsr_priority=priority,
        bsr_address=ip(bsr),
        ranges=ranges,
        no_forward=no_forward,
    )


class Node:
    """A router; `here` are its own addresses beside those of its interfaces."""

    def __init__(self, name: str, config: PimConfig, here: set[IPv4Address]) -> None:
        self.now: Instant = 0.0
        self.here = here
        self.routes: dict[IPv4Address, Rpf] = {}
        self.instance = PimInstance(self._rpf, Random(name), config)
        sender = Sender(self.instance, RptUpstream(self.instance))
        self.bootstraps = Bootstraps(self.instance, sender)

    def _rpf(self, root: IPv4Address, group: IPv4Address) -> Rpf | None:
        return Rpf("lo", None, is_local=True) if root in self.here else self.routes.get(root)

    def attach(self, lan: str, address: str, *, mtu: int = 1500) -> PimInterface:
        kind = InterfaceKind.PMSI if address.endswith("/32") else InterfaceKind.ETHERNET
        interface = Interface(name=lan, index=1, kind=kind, address=IPv4Interface(address), mtu=mtu)
        running = PimInterface(
            interface=interface,
            settings=PimSettings(),
            generation_id=1,
            dr=elect(interface.address.ip, 1, ()),
        )
        self.instance.interfaces[lan] = running
        self.here.add(running.address)
        return running

    def meet(self, lan: str, neighbor: str) -> None:
        known = Neighbor(ip(neighbor), Hello(holdtime=105, dr_priority=1), 0.0)
        self.instance.interfaces[lan].neighbors[known.address] = known

    def route(self, root: str, lan: str, via: str | None) -> None:
        self.routes[ip(root)] = Rpf(lan, ip(via) if via else None)

    def start(self) -> None:
        self.bootstraps.start(self.now)

    def hears(
        self,
        lan: str,
        source: str,
        message: Bootstrap,
        destination: IPv4Address = ALL_PIM_ROUTERS,
    ) -> list[PimOutput]:
        interface = self.instance.interfaces[lan]
        self.bootstraps.receive(interface, ip(source), destination, message, self.now)
        return self.outputs()

    def hears_advertisement(self, message: CandidateRpAdvertisement) -> list[PimOutput]:
        self.bootstraps.receive_advertisement(message, self.now)
        return self.outputs()

    def advance(self, now: Instant) -> list[PimOutput]:
        self.now = now
        for timer in self.instance.timers.expired(now):
            match timer:
                case (
                    BootstrapTimer()
                    | RpMappingTimer()
                    | CandidateRpTimer()
                    | CandidateRpAdvertisementTimer()
                    | PrimingTimer()
                ):
                    self.bootstraps.expire(timer, now)
                case TriggeredHelloTimer():
                    pass  # the Hello that priming waits for is the engine's
        return self.outputs()

    def run(self, until: Instant) -> list[tuple[Instant, PimOutput]]:
        """Let time pass, deadline by deadline."""
        trace: list[tuple[Instant, PimOutput]] = []
        while (at := self.instance.timers.next_deadline()) is not None and at <= until:
            trace += [(at, output) for output in self.advance(at)]
        self.now = until
        return trace

    def outputs(self) -> list[PimOutput]:
        outputs, self.instance.outputs = self.instance.outputs, []
        return outputs

    @property
    def mappings(self) -> list[tuple[str, str]]:
        """Ranges and RPs that are known."""
        return [_named(mapping) for mapping in self.instance.rp_set.mappings()]

    @property
    def timer(self) -> float | None:
        """What is left of the Bootstrap Timer."""
        return self.instance.timers.remaining(BootstrapTimer(), self.now)


class Domain:
    """Nodes that hear each other; interfaces are named after their LAN."""

    def __init__(self) -> None:
        self.now: Instant = 0.0
        self.nodes: dict[str, Node] = {}
        self.lans: dict[str, dict[str, IPv4Address]] = {}
        self.loses: Loses = lambda receiver, packet: False
        self.lines: list[str] = []

    def router(self, name: str, loopback: str, config: PimConfig, **addresses: str) -> Node:
        node = Node(name, config, {ip(loopback)})
        node.now = self.now
        self.nodes[name] = node
        for lan, address in addresses.items():
            interface = node.attach(lan, address)
            for other, known in self.lans.setdefault(lan, {}).items():
                self.nodes[other].meet(lan, str(interface.address))
                node.meet(lan, str(known))
            self.lans[lan][name] = interface.address
        node.start()
        return node

    def route(self, name: str, lan: str, via: str, *roots: str) -> None:
        for root in roots:
            self.nodes[name].route(root, lan, via)

    def run(self, until: Instant) -> None:
        while (at := self._next_deadline()) is not None and at <= until:
            self.now = at
            for name, node in self.nodes.items():
                self._carry(deque((name, output) for output in node.advance(at)))
        self.now = until
        for node in self.nodes.values():
            node.now = until

    def remove(self, name: str) -> None:
        """A router is gone; its neighbours find that out at once."""
        node = self.nodes.pop(name)
        for lan, interface in node.instance.interfaces.items():
            del self.lans[lan][name]
            for other in self.lans[lan]:
                del self.nodes[other].instance.interfaces[lan].neighbors[interface.address]

    def trace(self) -> str:
        return "\n".join(self.lines) + "\n"

    def _next_deadline(self) -> Instant | None:
        deadlines = (node.instance.timers.next_deadline() for node in self.nodes.values())
        return min((d for d in deadlines if d is not None), default=None)

    def _carry(self, waiting: deque[tuple[str, PimOutput]]) -> None:
        while waiting:
            name, output = waiting.popleft()
            self.lines.append(f"{self.now:9.3f} {name:3} {_described(output)}")
            if isinstance(output, SendPacket):
                for other in tuple(self.nodes):
                    waiting.extend((other, o) for o in self._deliver(name, other, output))

    def _deliver(self, sender: str, receiver: str, packet: SendPacket) -> list[PimOutput]:
        node = self.nodes[receiver]
        if receiver == sender or self.loses(receiver, packet):
            return []
        node.now = self.now
        message = decode_message(packet.payload)
        to_all = packet.destination == ALL_PIM_ROUTERS
        if isinstance(message, Bootstrap) and receiver in self.lans[packet.interface]:
            if to_all or packet.destination in node.here:
                source, to = str(packet.source), packet.destination
                return node.hears(packet.interface, source, message, to)
        if isinstance(message, CandidateRpAdvertisement) and packet.destination in node.here:
            return node.hears_advertisement(message)
        return []


def _named(mapping: RpMapping) -> tuple[str, str]:
    return str(mapping.groups), str(mapping.rp)


def _described(output: PimOutput) -> str:
    match output:
        case SendPacket():
            to = "" if output.destination == ALL_PIM_ROUTERS else f" to {output.destination}"
            return f"> {output.interface}{to}: {_message(output)}"
        case Notice():
            return output.words()
        case _:
            raise AssertionError(output)


def _message(packet: SendPacket) -> str:
    match decode_message(packet.payload):
        case Bootstrap() as message:
            ranges = "; ".join(map(_range, message.ranges)) or "empty"
            forward = ", not to be forwarded" if message.no_forward else ""
            return f"BSM of {message.bsr_address}{forward}: {ranges}"
        case CandidateRpAdvertisement() as message:
            groups = " ".join(str(group.groups) for group in message.groups)
            return f"C-RP {message.rp_address} for {groups}, holdtime {message.holdtime}"
        case other:
            raise AssertionError(other)


def _range(groups: BootstrapRange) -> str:
    rps = " ".join(f"{rp.address}({rp.holdtime} s)" for rp in groups.rps) or "nobody"
    return f"{groups.group.groups} by {rps}"
