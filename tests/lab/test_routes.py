"""The route provider: shortest paths by the costs of outgoing ends, and static routes."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import pytest

from controlplane.lab.load import Lab
from controlplane.net.interface import DEFAULT_VRF
from controlplane.rib.route import Gateway, Route, RouteProtocol

LoadText = Callable[[str], Lab]


def routes(lab: Lab, router: str, vrf: str = DEFAULT_VRF, down: str = "") -> dict[str, Route]:
    found = lab.routes.routes(frozenset(filter(None, [down])))[router, vrf]
    assert len({(route.prefix, route.protocol) for route in found}) == len(found)
    return {str(route.prefix): route for route in sorted(found, key=_worst_first)}


def _worst_first(route: Route) -> int:
    return -route.protocol


def neighbor(lab: Lab, router: str, route: Route) -> str:
    """The router behind a route's gateway."""
    hop = route.next_hops[0]
    assert isinstance(hop, Gateway)
    (own,) = (end for end in lab.layout.ends[router] if end.interface == hop.interface)
    (other,) = (end for end in lab.layout.neighbors(own) if end.address.ip == hop.address)
    return other.node


def core_graph(lab: Lab) -> nx.DiGraph[str]:
    """The core as the file has it, made without the route provider."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for link in lab.layout.links:
        if link.core:
            first, second = link.ends
            graph.add_edge(first.node, second.node, cost=first.cost)
            graph.add_edge(second.node, first.node, cost=second.cost)
    return graph


CORE = ["pe1", "pe2", "pe3", "p1", "p2", "p3"]


@pytest.mark.parametrize("target", CORE)
@pytest.mark.parametrize("router", CORE)
def test_core_routes_of_the_demo_lab_are_the_only_shortest_paths(
    demo: Lab, router: str, target: str
) -> None:
    prefix = f"{demo.layout.loopbacks[target]}/32"
    if router == target:
        assert prefix not in routes(demo, router)
        return
    (path,) = nx.all_shortest_paths(core_graph(demo), router, target, weight="cost")
    route = routes(demo, router)[prefix]
    assert neighbor(demo, router, route) == path[1]
    assert route.metric == nx.path_weight(core_graph(demo), path, "cost")
    assert route.protocol is RouteProtocol.COMPUTED


def reverse_path_tree(lab: Lab, root: str, leaves: list[str]) -> set[tuple[str, str]]:
    """The edges, towards the leaves, of the tree that PIM joins of the leaves build."""
    edges = set()
    for leaf in leaves:
        node = leaf
        while node != root:
            route = routes(lab, node)[f"{lab.layout.loopbacks[root]}/32"]
            upstream = neighbor(lab, node, route)
            edges.add((upstream, node))
            node = upstream
    return edges


@pytest.mark.parametrize(
    ("root", "edges"),
    [
        ("pe1", {("pe1", "p1"), ("p1", "pe2"), ("pe2", "p2"), ("p2", "pe3")}),
        ("pe2", {("pe2", "p2"), ("p2", "pe1"), ("p2", "pe3")}),
        ("pe3", {("pe3", "p2"), ("p2", "pe1"), ("p2", "pe2")}),
    ],
)
def test_trees_of_the_demo_lab_branch_at_a_p_and_at_a_pe_that_is_a_leaf(
    demo: Lab, root: str, edges: set[tuple[str, str]]
) -> None:
    leaves = [pe for pe in ("pe1", "pe2", "pe3") if pe != root]
    assert reverse_path_tree(demo, root, leaves) == edges


@pytest.mark.parametrize("link", ["pe1-p1", "p1-pe2", "pe2-p2", "p2-pe3", "pe1-p2"])
def test_the_core_of_the_demo_lab_survives_any_link(demo: Lab, link: str) -> None:
    for router in CORE:
        found = routes(demo, router, down=link)
        wanted = {f"{demo.layout.loopbacks[other]}/32" for other in CORE if other != router}
        assert wanted <= found.keys()


def test_the_subnet_of_a_broken_link_is_known_nowhere(demo: Lab) -> None:
    subnet = str(demo.layout.link["p2-p3"].subnet)
    assert subnet in routes(demo, "pe1")
    assert subnet not in routes(demo, "pe1", down="p2-p3")


def test_connected_subnets_are_not_the_providers_business(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    assert str(lab.layout.link["pe1-p1"].subnet) not in routes(lab, "p1")
    assert f"{lab.layout.loopbacks['p1']}/32" not in routes(lab, "p1")


SITE = """\
routers:
  pe1: {role: pe}
  ce1: {role: ce}
  ce2: {role: ce}
  ce3: {role: ce}
links:
  - {ends: [pe1, ce1], vpn: red}
  - {ends: [pe1, ce3], vpn: red}
  - {ends: [ce1, ce2], cost: 5}
  - {ends: [ce2, ce3]}
vpns:
  red: {rd: 65000:1}
"""
"""A site of three CEs, of which two are on a PE."""


def test_a_ce_inside_a_site_has_a_default_route_to_the_nearest_way_out(
    load_text: LoadText,
) -> None:
    lab = load_text(SITE)
    assert neighbor(lab, "ce2", routes(lab, "ce2")["0.0.0.0/0"]) == "ce1"
    assert neighbor(lab, "ce2", routes(lab, "ce2", down="ce1-ce2")["0.0.0.0/0"]) == "ce3"
    assert "0.0.0.0/0" not in routes(lab, "ce1")


def test_a_sites_own_routing_knows_its_links_and_loopbacks_and_no_links_with_pes(
    load_text: LoadText,
) -> None:
    lab = load_text(SITE)
    inside = {str(lab.layout.link["ce2-ce3"].subnet), "172.31.0.2/32", "172.31.0.3/32"}
    assert routes(lab, "ce1").keys() == inside
    assert {route.protocol for route in routes(lab, "ce1").values()} == {RouteProtocol.COMPUTED}


def test_a_link_with_bgp_between_ces_is_no_part_of_a_site(load_text: LoadText) -> None:
    backdoor = "{ends: [ce2, ce3], routing: bgp}"
    lab = load_text(SITE.replace("{ends: [ce2, ce3]}", backdoor))
    assert "172.31.0.3/32" not in routes(lab, "ce1")
    assert "0.0.0.0/0" not in routes(lab, "ce2")


def test_a_vrf_is_told_static_routes_alone_and_they_go_with_their_link(
    load_text: LoadText, small: str
) -> None:
    text = small.replace(
        "pe1: {role: pe}",
        "pe1: {role: pe, routes: [{to: 10.0.1.0/24, via: ce1, vpn: red}, "
        "{to: 10.9.0.0/16, via: p1}]}",
    )
    lab = load_text(text)
    assert routes(lab, "pe1", "red").keys() == {"10.0.1.0/24"}
    assert routes(lab, "pe1", "red")["10.0.1.0/24"].protocol is RouteProtocol.STATIC
    assert neighbor(lab, "pe1", routes(lab, "pe1")["10.9.0.0/16"]) == "p1"
    assert "10.9.0.0/16" not in routes(lab, "pe1", down="pe1-p1")
    assert routes(lab, "pe2", "red") == {}


def test_of_two_links_the_cheaper_one_is_taken(load_text: LoadText, small: str) -> None:
    second = "{ends: [pe1, p1]}\n  - {name: second, ends: [pe1, p1], cost: 3}"
    lab = load_text(small.replace("{ends: [pe1, p1]}", second))
    prefix = f"{lab.layout.loopbacks['p1']}/32"
    by_second, by_first = routes(lab, "pe1")[prefix], routes(lab, "pe1", down="second")[prefix]
    assert isinstance(by_second.next_hops[0], Gateway)
    assert isinstance(by_first.next_hops[0], Gateway)
    assert (by_second.next_hops[0].interface, by_first.next_hops[0].interface) == ("eth2", "eth1")


def test_the_plan_holds_the_routes_of_the_start(demo: Lab) -> None:
    assert demo.plan.routes == demo.routes.given(demo.routes.routes())


def test_core_routers_are_told_none_of_the_routes_that_they_find_by_ospf(demo: Lab) -> None:
    given = demo.routes.given(demo.routes.routes())
    assert demo.routes.routes()["pe1", DEFAULT_VRF] != ()
    assert given["pe1", DEFAULT_VRF] == ()
    assert given["pe1", "red"] == ()
