"""VPN routes of a PE: the paths that they share, the labels that it gave, sites of other VPNs.

Core links c1 and c2; VRF red on e1, VRF blue on e2. PE2 and PE3 are two hops away.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.labels import LabelSpace
from controlplane.fib.build import FibBuilder, Mpls, VrfTables
from controlplane.fib.model import (
    Discard,
    Fib,
    Forward,
    ForwardVpn,
    Glean,
    LabelRoute,
    Nhlfe,
    PopAndLookUp,
    UnicastAction,
    VpnPath,
)
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.ldp.events import FecBinding, FecNextHop
from controlplane.rib.labels import LabelTable
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import (
    Attached,
    Blackhole,
    Gateway,
    Local,
    NextHop,
    Route,
    RouteProtocol,
    VpnNextHop,
)
from controlplane.rib.vpn_labels import QUARANTINE, Labelled, VpnLabelTable
from tests.fib.test_multicast import ethernet

RED, BLUE = 1, 2
INTERFACES = [
    ethernet("c1", 1),
    ethernet("c2", 2),
    ethernet("e1", 3, "red"),
    ethernet("e2", 4, "blue"),
]
P1, P2 = Gateway("c1", IPv4Address("10.0.1.2")), Gateway("c2", IPv4Address("10.0.2.2"))
CE = Gateway("e1", IPv4Address("10.0.3.2"))
RED_LAN = IPv4Network("10.0.3.0/24")
RD = RouteDistinguisher.parse("65000:1")
PE2, PE3 = IPv4Address("192.0.2.2"), IPv4Address("192.0.2.3")
FEC2, FEC3 = IPv4Network(PE2), IPv4Network(PE3)
SITE = IPv4Network("10.2.0.0/16")


def via(pe: IPv4Address, label: Label | None = 24) -> VpnNextHop:
    return VpnNextHop(pe, RD, label)


class Pe:
    """All neighbours are resolved."""

    def __init__(self) -> None:
        self.ribs = {name: Rib(lambda _: True) for name in (DEFAULT_VRF, "red", "blue")}
        self.labels, self.vpn_labels = LabelTable(), VpnLabelTable(LabelSpace())
        self.neighbors: dict[Neighbor, MacAddress] = {
            (hop.interface, hop.address): MacAddress(int(hop.address)) for hop in (P1, P2, CE)
        }
        tables = {
            name: VrfTables(id=number, rib=rib, mrib=Mrib())
            for number, (name, rib) in enumerate(self.ribs.items())
        }
        mpls = Mpls(labels=self.labels, vpn_labels=self.vpn_labels)
        self.builder = FibBuilder(INTERFACES, tables, self.neighbors, mpls)

    def route(
        self,
        vrf: str,
        prefix: IPv4Network,
        *next_hops: NextHop,
        backups: tuple[VpnNextHop, ...] = (),
    ) -> None:
        """The prefix has this route alone, or none without next hops."""
        protocol = RouteProtocol.STATIC
        route = Route(prefix=prefix, protocol=protocol, next_hops=next_hops, backups=backups)
        changed, gone = ([route], []) if next_hops else ([], [prefix])
        self.builder.routes_changed(vrf, self.ribs[vrf].update(protocol, changed, gone))

    def bind(self, prefix: IPv4Network, hop: Gateway, label: Label) -> None:
        outgoing = {FecNextHop(hop.interface, hop.address): label}
        self.labels.apply([FecBinding(prefix=prefix, local=None, outgoing=outgoing)])
        self.builder.bindings_changed([prefix])

    def unbind(self, prefix: IPv4Network) -> None:
        self.labels.apply([FecBinding(prefix=prefix, local=None, outgoing={})])
        self.builder.bindings_changed([prefix])

    def label(self, vrf: str, prefix: IPv4Network | None = None) -> Label:
        label = self.vpn_labels.label_of(Labelled(vrf, prefix), 0.0)
        self.builder.vpn_labels_changed([label])
        return label

    def build(self) -> Fib:
        return self.builder.build()

    def actions(self, vrf: int) -> dict[str, UnicastAction]:
        return {str(r.prefix): r.action for r in self.build().unicast if r.vrf == vrf}

    def members(self, way: str) -> set[tuple[int, Label | None]]:
        """Ports and labels of a group."""
        (group,) = (group for group in self.build().groups if group.way == way)
        return set(map(_port_and_label, group.members))


def _port_and_label(member: Nhlfe) -> tuple[int, Label | None]:
    return member.adjacency.at.port, member.label


@pytest.fixture
def pe() -> Pe:
    """Its core knows two PEs and has labels for them."""
    pe = Pe()
    pe.route(DEFAULT_VRF, FEC2, P1)
    pe.route(DEFAULT_VRF, FEC3, P2)
    pe.bind(FEC2, P1, 17)
    pe.bind(FEC3, P2, IMPLICIT_NULL)
    return pe


class TestPaths:
    NAME = "192.0.2.2 label 24"
    BOTH = "192.0.2.2 label 24, or 192.0.2.3 label 31"

    def test_a_vpn_route_pushes_its_label_and_goes_the_way_of_its_pe(self, pe: Pe) -> None:
        pe.route("red", SITE, via(PE2))
        assert pe.actions(RED) == {str(SITE): ForwardVpn(self.NAME)}
        assert pe.build().vpn_paths == {VpnPath(self.NAME, 24, str(FEC2))}
        assert pe.members(str(FEC2)) == {(1, 17)}

    def test_routes_with_the_same_pes_and_labels_share_a_path(self, pe: Pe) -> None:
        for vrf, prefix in (("red", SITE), ("red", RED_LAN), ("blue", SITE)):
            pe.route(vrf, prefix, via(PE2), backups=(via(PE3, 31),))
        pe.route("blue", RED_LAN, via(PE2, 25))
        assert {path.name for path in pe.build().vpn_paths} == {self.BOTH, "192.0.2.2 label 25"}

    def test_while_the_pe_is_out_of_reach_the_path_leads_nowhere(self, pe: Pe) -> None:
        pe.route("red", SITE, via(PE2))
        pe.route(DEFAULT_VRF, FEC2)
        assert pe.build().vpn_paths == {VpnPath(self.NAME, 24, None)}
        assert str(FEC2) not in {group.way for group in pe.build().groups}

    @pytest.mark.parametrize("next_hop", [Blackhole(), Local("c1"), Attached("c1")])
    def test_a_pe_is_in_reach_through_neighbours_alone(self, pe: Pe, next_hop: NextHop) -> None:
        pe.route("red", SITE, via(PE2), backups=(via(PE3, 31),))
        pe.route(DEFAULT_VRF, FEC2, next_hop)
        assert pe.build().vpn_paths == {VpnPath(self.BOTH, 31, str(FEC3))}

    def test_a_pe_without_an_lsp_comes_behind_those_that_have_one(self, pe: Pe) -> None:
        """LDP lost its session, or has not told its labels yet."""
        pe.route("red", SITE, via(PE2), backups=(via(PE3, 31),))
        pe.unbind(FEC2)
        assert pe.build().vpn_paths == {VpnPath(self.BOTH, 31, str(FEC3))}
        pe.unbind(FEC3)
        assert pe.build().vpn_paths == {VpnPath(self.BOTH, 24, "10.0.1.2 on c1")}
        pe.bind(FEC2, P1, 17)
        assert pe.build().vpn_paths == {VpnPath(self.BOTH, 24, str(FEC2))}

    def test_the_death_of_a_pe_changes_the_path_and_no_route(self, pe: Pe) -> None:
        """Prefix-independent convergence, and back."""
        prefixes = [IPv4Network((0x0A800000 + (n << 8), 24)) for n in range(50)]
        for prefix in prefixes:
            pe.route("red", prefix, via(PE2), backups=(via(PE3, 31),))
        before = pe.build()
        pe.route(DEFAULT_VRF, FEC2)
        dead = pe.build()
        assert {r for r in dead.unicast if r.vrf == RED} == {
            r for r in before.unicast if r.vrf == RED
        }
        assert dead.vpn_paths == {VpnPath(self.BOTH, 31, str(FEC3))}
        pe.route(DEFAULT_VRF, FEC2, P1)
        assert pe.build().vpn_paths == before.vpn_paths == {VpnPath(self.BOTH, 24, str(FEC2))}

    def test_the_longest_prefix_to_the_pe_leads_there(self, pe: Pe) -> None:
        pe.route("red", SITE, via(PE2))
        wide = IPv4Network("192.0.2.0/24")
        pe.route(DEFAULT_VRF, wide, P2)
        assert pe.build().vpn_paths == {VpnPath(self.NAME, 24, str(FEC2))}
        pe.route(DEFAULT_VRF, FEC2)
        assert pe.build().vpn_paths == {VpnPath(self.NAME, 24, "10.0.2.2 on c2")}
        pe.bind(wide, P2, 18)
        assert pe.build().vpn_paths == {VpnPath(self.NAME, 24, str(wide))}
        pe.route(DEFAULT_VRF, wide)
        assert pe.build().vpn_paths == {VpnPath(self.NAME, 24, None)}

    def test_a_new_label_of_the_core_changes_neither_path_nor_route(self, pe: Pe) -> None:
        pe.route("red", SITE, via(PE2))
        before = pe.build()
        pe.bind(FEC2, P1, 18)
        after = pe.build()
        assert after.vpn_paths is before.vpn_paths
        assert after.unicast is before.unicast
        assert pe.members(str(FEC2)) == {(1, 18)}

    def test_a_path_goes_with_its_last_route(self, pe: Pe) -> None:
        for vrf in ("red", "blue"):
            pe.route(vrf, SITE, via(PE2))
        pe.route("red", SITE, via(PE3))
        assert {path.name for path in pe.build().vpn_paths} == {self.NAME, "192.0.2.3 label 24"}
        pe.route("blue", SITE)
        pe.route("red", SITE)
        assert pe.build().vpn_paths == frozenset()

    def test_a_way_stays_while_a_path_alone_goes_it(self, pe: Pe) -> None:
        pe.route(DEFAULT_VRF, IPv4Network("192.0.2.0/24"), P2)
        pe.route(DEFAULT_VRF, FEC2)
        pe.route("red", SITE, via(PE2))
        way = "10.0.2.2 on c2"
        assert pe.members(way) == {(2, None)}
        pe.route(DEFAULT_VRF, IPv4Network("192.0.2.0/24"))
        assert way not in {group.way for group in pe.build().groups}

    def test_a_pe_that_gave_no_label_is_no_path(self, pe: Pe) -> None:
        """Such a route leads multicast."""
        pe.route("red", SITE, via(PE2, None))
        assert pe.actions(RED) == {str(SITE): Discard()}
        pe.route("red", SITE, via(PE2, None), backups=(via(PE3, 31),))
        assert pe.actions(RED) == {str(SITE): ForwardVpn("192.0.2.3 label 31")}


class TestLabels:
    def test_the_label_of_a_vrf_has_the_packet_looked_up_there(self, pe: Pe) -> None:
        label = pe.label("blue")
        assert pe.build().labels == {LabelRoute(label, PopAndLookUp(BLUE))}

    def test_the_label_of_a_prefix_leads_to_its_neighbour(self, pe: Pe) -> None:
        label = pe.label("red", SITE)
        assert pe.build().labels == frozenset()
        pe.route("red", SITE, CE)
        popped = "10.0.3.2 on e1, popped"
        assert pe.build().labels == {LabelRoute(label, Forward(popped))}
        assert pe.members(popped) == {(3, IMPLICIT_NULL)}

    @pytest.mark.parametrize("next_hop", [Attached("e1"), Local("e1"), Blackhole(), via(PE2)])
    def test_where_that_is_no_neighbour_it_is_looked_up(self, pe: Pe, next_hop: NextHop) -> None:
        pe.route("red", SITE, CE)
        label = pe.label("red", SITE)
        pe.build()
        pe.route("red", SITE, next_hop)
        assert pe.build().labels == {LabelRoute(label, PopAndLookUp(RED))}

    def test_the_label_of_a_prefix_that_is_gone_leads_nowhere(self, pe: Pe) -> None:
        pe.route("red", SITE, CE)
        pe.label("red", SITE)
        pe.build()
        pe.route("red", SITE)
        assert pe.build().labels == frozenset()
        assert {group.way for group in pe.build().groups} == {str(FEC2), str(FEC3)}

    def test_prefixes_behind_one_neighbour_share_a_group(self, pe: Pe) -> None:
        labels = set()
        for prefix in (SITE, IPv4Network("10.3.0.0/16")):
            pe.route("red", prefix, CE)
            labels.add(pe.label("red", prefix))
        way = Forward("10.0.3.2 on e1, popped")
        assert pe.build().labels == {LabelRoute(label, way) for label in labels}


class TestExtranet:
    """A site of red, on this PE, that blue may reach as well."""

    WAY = Forward("10.0.3.2 on e1")

    def test_a_neighbour_of_another_vrf_forwards(self, pe: Pe) -> None:
        pe.route("blue", SITE, CE)
        assert pe.actions(BLUE) == {str(SITE): self.WAY}
        assert pe.members(self.WAY.way) == {(3, None)}

    def test_hosts_of_an_imported_subnet_have_entries(self, pe: Pe) -> None:
        pe.route("red", RED_LAN, Attached("e1"))
        assert pe.actions(BLUE) == {}
        pe.route("blue", RED_LAN, Attached("e1"))
        reached = {str(RED_LAN): Glean(), "10.0.3.2/32": self.WAY}
        assert pe.actions(BLUE) == pe.actions(RED) == reached

    def test_they_come_and_go_with_the_neighbour(self, pe: Pe) -> None:
        pe.route("blue", RED_LAN, Attached("e1"))
        pe.build()
        mac = pe.neighbors.pop((CE.interface, CE.address))
        pe.builder.neighbor_changed((CE.interface, CE.address))
        assert pe.actions(BLUE) == {str(RED_LAN): Glean()}
        pe.neighbors[CE.interface, CE.address] = mac
        pe.builder.neighbor_changed((CE.interface, CE.address))
        assert pe.actions(BLUE) == {str(RED_LAN): Glean(), "10.0.3.2/32": self.WAY}

    def test_they_go_with_the_import(self, pe: Pe) -> None:
        pe.route("red", RED_LAN, Attached("e1"))
        pe.route("blue", RED_LAN, Attached("e1"))
        pe.build()
        pe.route("blue", RED_LAN)
        assert pe.actions(BLUE) == {}
        assert "10.0.3.2/32" in pe.actions(RED)

    def test_a_more_specific_route_of_the_importer_comes_first(self, pe: Pe) -> None:
        pe.route("blue", RED_LAN, Attached("e1"))
        pe.build()
        pe.route("blue", IPv4Network("10.0.3.2/32"), Blackhole())
        assert pe.actions(BLUE) == {str(RED_LAN): Glean(), "10.0.3.2/32": Discard()}


def test_a_label_that_another_prefix_has_now_follows_that_one_alone(pe: Pe) -> None:
    """The former one was gone for so long that its label was needed elsewhere."""
    label, other = pe.label("red", SITE), IPv4Network("10.3.0.0/16")
    pe.vpn_labels._space = LabelSpace(label, label - 1)
    pe.vpn_labels.retire(Labelled("red", SITE), 0.0)
    moved = pe.vpn_labels.label_of(Labelled("red", other), QUARANTINE)
    pe.builder.vpn_labels_changed([moved])
    assert moved == label
    pe.route("red", other, CE)
    pe.route("red", SITE, CE)
    pe.route("red", other)
    assert all(one.label != label for one in pe.build().labels)
