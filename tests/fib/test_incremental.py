"""What is built after many small changes is what is built from the tables at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.labels import LabelSpace
from controlplane.fib.build import FibBuilder, Mpls, VrfTables
from controlplane.fib.model import Fib
from controlplane.fib.unicast import Neighbor
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.ldp.events import FecBinding, FecNextHop
from controlplane.protocols.pim.events import Registering, TreeRemoved, TreeUpdate
from controlplane.rib.labels import LabelTable
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Gateway, Local, Route, RouteProtocol, VpnNextHop
from controlplane.rib.tunnels import VpnTunnels
from controlplane.rib.vpn_labels import Labelled, VpnLabelTable
from tests.fib.test_multicast import (
    CUSTOMER,
    INTERFACES,
    ME,
    OWN,
    PE2,
    PE3,
    RED,
    TREE2,
    TREE3,
    TUNNELS,
)

Change: TypeAlias = (
    TreeUpdate
    | TreeRemoved
    | FecBinding
    | Labelled
    | list[Route]
    | tuple[Neighbor, MacAddress | None]
)

VRFS = (DEFAULT_VRF, "red")
SHARED = AnySource.of(OWN.group)
RPS = [IPv4Address(rp) for rp in ("10.0.3.2", "10.9.9.9", "192.0.2.3")]
"""On a link, and behind routes and labels that come and go."""
OTHER = SourceGroup(CUSTOMER.source, IPv4Address("232.1.1.2"))
HOSTS = [IPv4Address(f"10.0.3.{n}") for n in (2, 3)]
CORE = [IPv4Address("10.0.1.2"), IPv4Address("10.0.2.2")]
PREFIXES = ["10.0.3.0/24", "10.0.3.2/32", "10.9.0.0/16"]
RD = RouteDistinguisher.parse("65000:1")
PES = [
    VpnNextHop(IPv4Address(pe), RD, label)
    for pe, label in (("192.0.2.2", 24), ("192.0.2.3", 24), ("192.0.2.3", None))
]
PE_PREFIXES = ["192.0.2.2/32", "192.0.2.3/32", "192.0.2.0/24", "0.0.0.0/0"]


def trees(
    names: Sequence[TreeName], incoming: list[str], outgoing: list[str]
) -> st.SearchStrategy[TreeUpdate | TreeRemoved]:
    sg = st.sampled_from(names)
    links = st.frozensets(st.sampled_from(outgoing))
    update = st.builds(
        TreeUpdate,
        tree=sg,
        incoming=st.sampled_from(incoming),
        rpf_neighbor=st.sampled_from([PE2, PE3, None]),
        outgoing=links,
        accepted=st.just(frozenset[str]()) | links,
        registering=st.none() | st.builds(Registering, st.just(ME), st.sampled_from(RPS)),
        from_registers=st.booleans(),
    )
    return st.one_of(update, st.builds(TreeRemoved, tree=sg))


provider_trees = trees([OWN, TREE2, TREE3, SHARED], ["c1", "lo0"], ["c1", "c2", "mdt-red"])
customer_trees = trees([CUSTOMER, OTHER], ["e1", "mdt-red"], ["e1", "e2", "mdt-red"])
routes = st.builds(
    Route,
    prefix=st.sampled_from(PREFIXES).map(IPv4Network),
    protocol=st.just(RouteProtocol.STATIC),
    next_hops=st.sampled_from(
        [
            (Attached("e1"),),
            (Local("e1"),),
            (Gateway("e1", HOSTS[0]),),
            (Gateway("e1", HOSTS[0]), Gateway("e1", HOSTS[1])),
        ]
    ),
)
neighbors = st.tuples(
    st.sampled_from([*(("e1", host) for host in HOSTS), ("c1", CORE[0]), ("c2", CORE[1])]),
    st.sampled_from([None, MacAddress(0x02AA00000001), MacAddress(0x02AA00000002)]),
)
vpn_routes = st.builds(
    Route,
    prefix=st.sampled_from(PREFIXES).map(IPv4Network),
    protocol=st.just(RouteProtocol.STATIC),
    next_hops=st.sampled_from(PES).map(lambda pe: (pe,)),
    backups=st.lists(st.sampled_from(PES), max_size=2).map(tuple),
)
core_routes = st.builds(
    Route,
    prefix=st.sampled_from([*PREFIXES, *PE_PREFIXES]).map(IPv4Network),
    protocol=st.just(RouteProtocol.STATIC),
    next_hops=st.sampled_from(
        [(Gateway("c1", CORE[0]),), (Gateway("c1", CORE[0]), Gateway("c2", CORE[1]))]
    ),
)
bindings = st.builds(
    FecBinding,
    prefix=st.sampled_from([*PREFIXES, *PE_PREFIXES]).map(IPv4Network),
    local=st.sampled_from([None, 3, 17, 18]),
    outgoing=st.dictionaries(
        st.sampled_from([FecNextHop("c1", CORE[0]), FecNextHop("c2", CORE[1])]),
        st.sampled_from([3, 20, 21]),
    ),
)
vpn_labels = st.builds(
    Labelled,
    vrf=st.just("red"),
    prefix=st.none() | st.sampled_from(PREFIXES).map(IPv4Network),
)
changes = st.one_of(
    st.tuples(st.just("red"), vpn_labels),
    st.tuples(st.just("red"), st.lists(vpn_routes | routes, max_size=3)),
    st.tuples(st.just(DEFAULT_VRF), bindings),
    st.tuples(st.just(DEFAULT_VRF), st.lists(core_routes, max_size=3)),
    st.tuples(st.just(DEFAULT_VRF), provider_trees),
    st.tuples(st.just("red"), customer_trees),
    st.tuples(st.sampled_from(VRFS), st.lists(routes, max_size=3)),
    st.tuples(st.just("red"), neighbors),
)


class Tables:
    def __init__(self, tunnels: VpnTunnels) -> None:
        self.neighbors: dict[Neighbor, MacAddress] = {}
        self.labels = LabelTable()
        self.vpn_labels = VpnLabelTable(LabelSpace())
        self.vrfs = {
            DEFAULT_VRF: VrfTables(id=0, rib=Rib(lambda _: True), mrib=Mrib()),
            "red": VrfTables(id=RED, rib=Rib(lambda _: True), mrib=Mrib(), tunnels=tunnels),
        }

    def builder(self) -> FibBuilder:
        mpls = Mpls(labels=self.labels, vpn_labels=self.vpn_labels)
        return FibBuilder(INTERFACES, self.vrfs, self.neighbors, mpls)

    def build_afresh(self) -> Fib:
        builder = self.builder()
        builder.vpn_labels_changed(self.vpn_labels.meanings)
        for name, vrf in self.vrfs.items():
            builder.routes_changed(name, [route.prefix for route in vrf.rib.routes()])
            for sg in vrf.mrib.trees:
                builder.tree_changed(name, sg)
        return builder.build()

    def change(self, builder: FibBuilder, vrf: str, what: Change) -> None:
        match what:
            case TreeUpdate() | TreeRemoved():
                self.vrfs[vrf].mrib.apply(what)
                builder.tree_changed(vrf, what.tree)
            case FecBinding():
                self.labels.apply([what])
                builder.bindings_changed([what.prefix])
            case Labelled():
                builder.vpn_labels_changed([self.vpn_labels.label_of(what, 0.0)])
            case list():
                changed = self.vrfs[vrf].rib.replace(RouteProtocol.STATIC, what)
                builder.routes_changed(vrf, changed)
            case (neighbor, None):
                self.neighbors.pop(neighbor, None)
                builder.neighbor_changed(neighbor)
            case (neighbor, mac):
                self.neighbors[neighbor] = mac
                builder.neighbor_changed(neighbor)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([TUNNELS, replace(TUNNELS, shared=True)]),
    st.lists(st.tuples(changes, st.booleans()), max_size=25),
)
def test_the_way_to_a_state_does_not_show_in_its_fib(
    tunnels: VpnTunnels, steps: list[tuple[tuple[str, Change], bool]]
) -> None:
    tables = Tables(tunnels)
    builder = tables.builder()
    for (vrf, what), build_now in steps:
        tables.change(builder, vrf, what)
        if build_now:
            assert builder.build() == tables.build_afresh()
    assert builder.build() == tables.build_afresh()
