"""The engines of a router, and who gets what they put out.

    SendPacket, SendArp   outbound -> PacketOut, Submit, or a question to ARP
    NeighborChanged       FibBuilder, and the packets that were held for the neighbour
    MembershipChanged     from IGMP to PIM of the same VRF
    TreeUpdate, Removed   MRIB and FibBuilder; the first one of a PE's own tunnel, its PMSI
    Notice                out of the router, with its place

Each is carried out at once, which may be input to another engine. That ends, because protocols
depend on one another in one direction: IGMP on nothing, PIM on IGMP, and all on ARP to send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from controlplane.engine.engine import SendPacket
from controlplane.engine.notice import Notice
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import MacAddress
from controlplane.protocols.arp.events import ArpInput, NeighborChanged, Resolve, SendArp
from controlplane.protocols.icmp.events import IcmpInput, ReportUnreachable
from controlplane.protocols.igmp.events import IgmpInput, MembershipChanged
from controlplane.protocols.pim.events import PimInput, TreeRemoved, TreeUpdate
from controlplane.router.events import Noticed, Output
from controlplane.router.inbound import Arrived
from controlplane.router.links import Links
from controlplane.router.outbound import Outbound, Sent
from controlplane.router.vrf import Vrf
from controlplane.wire.icmp import UnreachableCode

EngineOutput: TypeAlias = (
    SendPacket | SendArp | NeighborChanged | MembershipChanged | TreeUpdate | TreeRemoved | Notice
)


class Exchange:
    """`neighbors` is the router's one table of resolved neighbours, written here alone."""

    def __init__(
        self,
        router: str,
        links: Links,
        vrfs: Mapping[str, Vrf],
        outbound: Outbound,
        builder: FibBuilder,
        neighbors: dict[Neighbor, MacAddress],
    ) -> None:
        self._router = router
        self._links = links
        self._vrfs = vrfs
        self._outbound = outbound
        self._builder = builder
        self._neighbors = neighbors
        self._outputs: list[Output] = []
        self._silent = {vrf.mvpn.tunnel.own: vrf.mvpn for vrf in vrfs.values() if vrf.mvpn}

    def take_outputs(self) -> list[Output]:
        """What has come out for the outside since this was last asked."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def pim(self, vrf: str, event: PimInput, now: Instant) -> None:
        self._carry_out(vrf, "pim", self._vrfs[vrf].pim.handle(event, now), now)

    def igmp(self, vrf: str, event: IgmpInput, now: Instant) -> None:
        self._carry_out(vrf, "igmp", self._vrfs[vrf].igmp.handle(event, now), now)

    def icmp(self, vrf: str, event: IcmpInput, now: Instant) -> None:
        self._carry_out(vrf, "icmp", self._vrfs[vrf].icmp.handle(event, now), now)

    def arp(self, vrf: str, event: ArpInput, now: Instant) -> None:
        self._carry_out(vrf, "arp", self._vrfs[vrf].arp.handle(event, now), now)

    def advance(self, now: Instant) -> None:
        for name, vrf in self._vrfs.items():
            for engine, running in vrf.engines():
                deadline = running.next_deadline()
                if deadline is not None and deadline <= now:
                    self._carry_out(name, engine, running.advance(now), now)

    def next_deadline(self) -> Instant | None:
        engines = (running for vrf in self._vrfs.values() for _, running in vrf.engines())
        deadlines = (engine.next_deadline() for engine in engines)
        return min((at for at in deadlines if at is not None), default=None)

    def transmit(self, sent: Sent, now: Instant) -> None:
        for item in sent:
            if isinstance(item, Resolve):
                self.arp(self._links.named(item.interface).vrf, item, now)
            else:
                self._outputs.append(item)

    def unreachable(self, arrived: Arrived, code: UnreachableCode, now: Instant) -> None:
        """Tell the sender, unless it sent to many (RFC 1122 3.2.2)."""
        if not arrived.to_many:
            event = ReportUnreachable(
                interface=arrived.interface.name, datagram=arrived.datagram, code=code
            )
            self.icmp(arrived.interface.vrf, event, now)

    def _carry_out(
        self, vrf: str, engine: str, outputs: Iterable[EngineOutput], now: Instant
    ) -> None:
        for output in outputs:
            match output:
                case SendPacket():
                    self.transmit(self._outbound.send(output), now)
                case SendArp():
                    self.transmit(self._outbound.send_arp(output), now)
                case NeighborChanged():
                    self._neighbor_changed(output, now)
                case MembershipChanged():
                    self.pim(vrf, output, now)
                case TreeUpdate() | TreeRemoved():
                    self._vrfs[vrf].mrib.apply(output)
                    self._builder.tree_changed(vrf, output.sg)
                    self._raise_pmsi(vrf, output, now)
                case Notice():
                    place = Noticed(router=self._router, vrf=vrf, engine=engine, notice=output)
                    self._outputs.append(place)

    def _raise_pmsi(self, vrf: str, tree: TreeUpdate | TreeRemoved, now: Instant) -> None:
        """A PMSI comes up with the first branch of its own tunnel.

        Hellos before that would reach nobody, and the next ones are a Hello_Period away.
        """
        if vrf == DEFAULT_VRF and isinstance(tree, TreeUpdate) and tree.outgoing:
            if (mvpn := self._silent.pop(tree.sg, None)) is not None:
                for event in mvpn.start():
                    self.pim(mvpn.interface.vrf, event, now)

    def _neighbor_changed(self, change: NeighborChanged, now: Instant) -> None:
        neighbor = (change.interface, change.address)
        if change.mac is None:
            self._neighbors.pop(neighbor, None)
        else:
            self._neighbors[neighbor] = change.mac
        self._builder.neighbor_changed(neighbor)
        sent, undelivered = self._outbound.release(change)
        self.transmit(sent, now)
        for arrived in undelivered:
            self.unreachable(arrived, UnreachableCode.HOST, now)
