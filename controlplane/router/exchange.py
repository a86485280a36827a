"""What the engines of a router put out, and who gets it.

    SendPacket, SendDatagram, SendArp    outbound -> PacketOut, Submit, or a question to ARP
    SendLabelled                         outbound -> Submit
    NeighborChanged                      FibBuilder, and the packets held for the neighbour
    MembershipChanged                    from IGMP to PIM of the same VRF
    TreeUpdate, Removed                  MRIB and FibBuilder; of a PE's own tunnel, its PMSI; of a
                                         VRF, its S-PMSI engine
    FlowMoved, LeafChanged               from the S-PMSI engine to `mvpns`
    RoutesUpdated                        from OSPF to the RIB (`routing`)
    BestPathsChanged                     from BGP to the RIB, other VRFs (`vpns`) and `mvpns`
    NextHopsTracked                      from BGP to `routing`, which answers
    BindingsChanged                      from LDP to the label table and FibBuilder
    SynchronisationChanged               from LDP to OSPF
    WatchNeighbor, ForgetNeighbor        to BFD, and its ClientNotified back
    Listen, OpenStream, ...              out of the router, to the host stack
    NeighborUp, NeighborDown             of PIM, to the log and to `mvpns`
    Notice                               the log; out of the router, with its place

Outputs are carried out in the order in which they came, each of which may be input to another
engine. That ends, because engines speak of what has changed, and say nothing when nothing has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controlplane.engine.engine import SendDatagram, SendPacket
from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.engine.notice import Notice
from controlplane.engine.stream import CloseStream, Listen, OpenStream, SendData
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.fib.unicast import Neighbor
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.s_pmsi.events import FlowMoved, LeafChanged
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import TreeName
from controlplane.protocols.arp.events import NeighborChanged, Resolve, SendArp
from controlplane.protocols.bfd.events import ClientNotified, Watch
from controlplane.protocols.bgp.events import BestPathsChanged, NextHopsTracked
from controlplane.protocols.icmp.events import ReportUnreachable, SendLabelled
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.ldp.events import BindingsChanged, SynchronisationChanged
from controlplane.protocols.ospf.events import LdpSynchronised, RoutesUpdated
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.protocols.pim.notices import NeighborDown, NeighborUp
from controlplane.rib.labels import LabelTable
from controlplane.router.deliveries import Arrived
from controlplane.router.engines import Engines, Said
from controlplane.router.events import Noticed, Output, StreamCommand
from controlplane.router.links import Links
from controlplane.router.log import Log
from controlplane.router.mvpns import Mvpns
from controlplane.router.outbound import Outbound, Sent
from controlplane.router.routing import Routing
from controlplane.router.vpns import Vpns
from controlplane.router.vrf import Vrf
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.icmp import UnreachableCode


class Exchange:
    """`neighbors` is the router's one table of resolved neighbours, written here alone."""

    def __init__(
        self,
        router: str,
        links: Links,
        vrfs: Mapping[str, Vrf],
        engines: Engines,
        routing: Routing,
        outbound: Outbound,
        builder: FibBuilder,
        labels: LabelTable,
        vpns: Vpns,
        mvpns: Mvpns,
        neighbors: dict[Neighbor, MacAddress],
    ) -> None:
        self.log = Log()
        self._router = router
        self._links = links
        self._vrfs = vrfs
        self._engines = engines
        self._routing = routing
        self._outbound = outbound
        self._builder = builder
        self._labels = labels
        self._vpns = vpns
        self._mvpns = mvpns
        self._neighbors = neighbors
        self._asked: set[Neighbor] = set()
        self._outputs: list[Output] = []
        silent = (vrf.mvpn for vrf in vrfs.values() if vrf.mvpn)
        self._silent: dict[TreeName, Mvpn] = {mvpn.tunnel.own_tree: mvpn for mvpn in silent}

    def settle(self, now: Instant) -> list[Output]:
        """Carry out all that engines have said; returns what is for the outside."""
        while (said := self._engines.next_output()) is not None:
            self._carry_out(said, now)
        outputs, self._outputs = self._outputs, []
        return outputs

    def resolve_next_hops(self, now: Instant) -> None:
        """Ask for the MAC addresses that forwarding lacks, each once until it is lost again."""
        unresolved = {hop for hop in self._builder.unresolved() if self._links.is_up(hop[0])}
        for interface, address in sorted(unresolved - self._asked):
            vrf = self._links.named(interface).vrf
            self._engines.arp(vrf, Resolve(interface=interface, address=address), now)
        self._asked = unresolved

    def transmit(self, sent: Sent, now: Instant) -> None:
        for item in sent:
            if isinstance(item, Resolve):
                self._engines.arp(self._links.named(item.interface).vrf, item, now)
            else:
                self._outputs.append(item)

    def put_out(self, output: Output) -> None:
        """For the outside, behind what is already on its way there."""
        self._outputs.append(output)

    def unreachable(
        self, arrived: Arrived, code: UnreachableCode, now: Instant, *, next_hop_mtu: int = 0
    ) -> None:
        """Tell the sender, unless it sent to many (RFC 1122 3.2.2)."""
        if not arrived.to_many:
            event = ReportUnreachable(
                interface=arrived.interface.name,
                datagram=arrived.datagram,
                code=code,
                next_hop_mtu=next_hop_mtu,
                labels=arrived.labels,
                at_end=arrived.at_end,
            )
            self._engines.icmp(arrived.interface.vrf, event, now)

    def _carry_out(self, said: Said, now: Instant) -> None:
        vrf, output = said.vrf, said.output
        match output:
            case SendPacket():
                self.transmit(self._outbound.send(output), now)
            case SendDatagram():
                self.transmit(self._outbound.send_datagram(output), now)
            case SendLabelled():
                self._outputs.append(self._outbound.submit_labelled(output))
            case SendArp():
                self.transmit(self._outbound.send_arp(output), now)
            case NeighborChanged():
                self._neighbor_changed(output, now)
            case MembershipChanged():
                self._engines.pim(vrf, output, now)
            case TreeUpdate() | TreeRemoved():
                self._tree_changed(vrf, output, now)
            case FlowMoved():
                self._mvpns.flow_moved(vrf, output)
            case LeafChanged():
                if (notice := self._mvpns.leaf_changed(vrf, output, now)) is not None:
                    self._notice(vrf, "s-pmsi", notice, now)
            case RoutesUpdated():
                self._routing.ospf_updated(vrf, output, now)
            case BestPathsChanged():
                self._best_paths_changed(vrf, output, now)
            case NextHopsTracked():
                self._routing.track(vrf, output, now)
            case BindingsChanged(bindings=bindings):
                self._labels.apply(bindings)
                self._builder.bindings_changed(binding.prefix for binding in bindings)
            case SynchronisationChanged(interface=interface, synchronised=synchronised):
                event = LdpSynchronised(interface=interface, synchronised=synchronised)
                self._engines.ospf(vrf, event, now)
            case WatchNeighbor() | ForgetNeighbor():
                self._engines.bfd(vrf, Watch(client=said.engine, request=output), now)
            case ClientNotified(client=client, failure=failure):
                self._engines.neighbor_failed(vrf, client, failure, now)
            case Listen() | OpenStream() | SendData() | CloseStream():
                self._engines.command(said, output)
                self._outputs.append(StreamCommand(vrf=vrf, command=output))
            case NeighborUp() | NeighborDown():
                self._notice(vrf, said.engine, output, now)
                self._tell(self._mvpns.neighbor_changed(vrf, output, now), now)
            case Notice():
                self._notice(vrf, said.engine, output, now)

    def _notice(self, vrf: str, engine: str, notice: Notice, now: Instant) -> None:
        place = Noticed(router=self._router, vrf=vrf, engine=engine, notice=notice)
        self.log.add(place, now)
        self._outputs.append(place)

    def _best_paths_changed(self, vrf: str, change: BestPathsChanged, now: Instant) -> None:
        if change.family is Family.IPV4_UNICAST:
            self._routing.bgp_updated(vrf, change, now)
            if vrf != DEFAULT_VRF:
                for notice in self._vpns.export(vrf, change, now):
                    self._notice(vrf, "bgp", notice, now)
        elif change.family is Family.VPNV4:
            self._vpns.imported(change, now)
        else:
            self._tell(self._mvpns.learn(change, now), now)

    def _tell(self, notices: Iterable[tuple[str, Notice]], now: Instant) -> None:
        """What MVPNs say, with their VRFs."""
        for vrf, notice in notices:
            self._notice(vrf, "mvpn", notice, now)

    def _tree_changed(self, vrf: str, tree: TreeUpdate | TreeRemoved, now: Instant) -> None:
        self._vrfs[vrf].mrib.apply(tree)
        self._builder.tree_changed(vrf, tree.tree)
        self._engines.s_pmsi(vrf, tree, now)
        self._raise_pmsi(vrf, tree, now)

    def _raise_pmsi(self, vrf: str, tree: TreeUpdate | TreeRemoved, now: Instant) -> None:
        """A PMSI comes up with the first branch of its own tunnel.

        Hellos before that would reach nobody, and the next ones are a Hello_Period away.
        """
        mvpn = self._silent.get(tree.tree) if vrf == DEFAULT_VRF else None
        if mvpn is None or isinstance(tree, TreeRemoved):
            return
        if tree.registering or tree.outgoing - {mvpn.interface.name}:
            del self._silent[tree.tree]
            for event in mvpn.start():
                self._engines.pim(mvpn.interface.vrf, event, now)

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
