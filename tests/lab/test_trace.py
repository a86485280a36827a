"""`mvpn trace`: packets followed through the tables of routers that have converged."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from textwrap import dedent

import pytest

from controlplane.fib.model import (
    Adjacency,
    Fib,
    Forward,
    NextHopGroup,
    Nhlfe,
    PopAndLookUp,
    Port,
    UnicastRoute,
)
from controlplane.lab.file.play import Join
from controlplane.lab.load import Lab, load
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.trace.walk import TraceError, Walk, parse_goal
from controlplane.lab.trace.words import trace_words
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.multicast import SourceGroup
from controlplane.sim.direct import DirectTarget

CORE = Path(__file__).parents[2] / "mininet" / "labs" / "core-ospf-ldp.yaml"
CONVERGED = 10.0


class Played:
    """A lab whose routers have found each other, and what they had their switches do."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        world = SimWorld(lab.plan, make_target=DirectTarget)
        try:
            world.start()
            world.advance_to(CONVERGED)
            self._join_all(world)
            world.advance_to(2 * CONVERGED)
            self.fibs = {router: world.fib(router) for router in lab.plan.routers}
        finally:
            world.stop()

    def _join_all(self, world: SimWorld) -> None:
        for event in self.lab.file.events:
            if isinstance(event, Join):
                group, source = self.lab.channel(event.join, event.source)
                for host in event.hosts:
                    world.join(host, group, source)

    def trace(self, router: str, vrf: str, goal: str, **changed: Fib) -> str:
        walk = Walk(self.lab.plan, self.fibs | changed)
        return trace_words(walk.start(router, vrf, parse_goal(goal)))


@pytest.fixture(scope="module")
def core() -> Played:
    return Played(load(CORE))


@pytest.fixture(scope="module")
def rosen(demo: Lab) -> Played:
    return Played(demo)


def text(words: str) -> str:
    return dedent(words).strip()


def shape(trace: str) -> str:
    """The trace with N for each label: LDP chooses them, and a wrong one would end the trace."""
    return re.sub(r"\b(label|push|pop|swap|for) [\d/]+", _nameless, trace)


def _nameless(words: re.Match[str]) -> str:
    return re.sub(r"\d+", "N", words[0])


class TestUnicast:
    def test_each_of_two_equal_lsps_is_followed_to_the_end(self, core: Played) -> None:
        assert shape(core.trace("pe1", "default", "192.0.2.2")) == text(
            """
            pe1: 192.0.2.2
            │ route 192.0.2.2/32: way 192.0.2.2/32
            ├─ eth1: push N, for a part of the flows
            │  p1, from eth1: label N, 192.0.2.2
            │  │ label N: way 192.0.2.2/32
            │  └─ eth2: swap N for N
            │     p3, from eth1: label N, 192.0.2.2
            │     │ label N: way 192.0.2.2/32
            │     └─ eth2: pop N
            │        pe2, from eth1: 192.0.2.2
            │          route 192.0.2.2/32
            │          for this router
            └─ eth2: push N, for a part of the flows
               p2, from eth1: label N, 192.0.2.2
               │ label N: way 192.0.2.2/32
               └─ eth2: swap N for N
                  p4, from eth1: label N, 192.0.2.2
                  │ label N: way 192.0.2.2/32
                  └─ eth2: pop N
                     pe2, from eth2: 192.0.2.2
                       route 192.0.2.2/32
                       for this router
            """
        )

    def test_a_neighbour_is_reached_without_a_label(self, core: Played) -> None:
        assert core.trace("p1", "default", "192.0.2.6") == text(
            """
            p1: 192.0.2.6
            │ route 192.0.2.6/32: way 192.0.2.6/32
            └─ eth2: as it is
               p3, from eth1: 192.0.2.6
                 route 192.0.2.6/32
                 for this router
            """
        )

    def test_a_host_that_is_known_is_an_end(self, core: Played) -> None:
        host = IPv4Network("10.1.1.10/32")
        h1 = core.lab.plan.hosts["h1"].mac
        members = frozenset({Nhlfe(Adjacency(Port(3), h1, h1))})
        known = replace(
            core.fibs["pe1"],
            unicast=core.fibs["pe1"].unicast | {UnicastRoute(0, host, Forward("to h1"))},
            groups=core.fibs["pe1"].groups | {NextHopGroup("to h1", members)},
        )
        assert core.trace("pe1", "default", "10.1.1.10", pe1=known) == text(
            """
            pe1: 10.1.1.10
            │ route 10.1.1.10/32: way to h1
            └─ eth3: as it is to h1
            """
        )

    @pytest.mark.parametrize(
        ("goal", "end"),
        [
            ("10.1.1.1", "route 10.1.1.1/32\n  for this router"),
            ("203.0.113.1", "no route"),
            ("10.1.1.99", "route 10.1.1.0/24\n  the neighbour's MAC address is not known yet"),
        ],
    )
    def test_where_it_ends_it_is_said_why(self, core: Played, goal: str, end: str) -> None:
        assert core.trace("pe1", "default", goal) == f"pe1: {goal}\n  {end}"


class TestVpn:
    GOAL, FEC = "10.1.1.10", "192.0.2.1/32"

    def test_a_customers_packet_is_followed_from_site_to_site(self, rosen: Played) -> None:
        assert shape(rosen.trace("red-ce3", "default", self.GOAL)) == text(
            """
            red-ce3: 10.1.1.10
            │ route 10.1.1.0/24: way 172.16.0.13 on eth1
            └─ eth1: as it is
               pe3, from eth3: 10.1.1.10
               │ route 10.1.1.0/24
               │ VPN path 192.0.2.1 label N: way 192.0.2.1/32
               └─ eth1: push N/N
                  p2, from eth3: label N/N, 10.1.1.10
                  │ label N: way 192.0.2.1/32
                  └─ eth2: swap N for N
                     pe2, from eth2: label N/N, 10.1.1.10
                     │ label N: way 192.0.2.1/32
                     └─ eth1: swap N for N
                        p1, from eth2: label N/N, 10.1.1.10
                        │ label N: way 192.0.2.1/32
                        └─ eth1: pop N
                           pe1, from eth1: label N, 10.1.1.10
                           │ label N: pop, look up in VRF red
                           │ route 10.1.1.0/24: way 172.16.0.6 on eth3
                           └─ eth3: as it is
                              red-ce1, from eth1: 10.1.1.10
                                route 10.1.1.0/24
                                the neighbour's MAC address is not known yet
            """
        )

    def test_a_path_without_a_pe_in_reach_says_so(self, rosen: Played) -> None:
        pe3 = rosen.fibs["pe3"]
        lost = frozenset(replace(path, way=None) for path in pe3.vpn_paths)
        trace = rosen.trace("pe3", "red", self.GOAL, pe3=replace(pe3, vpn_paths=lost))
        assert trace.endswith("\n  no PE of the path is in reach")

    def test_a_way_to_the_pe_without_a_label_is_no_lsp(self, rosen: Played) -> None:
        pe3 = rosen.fibs["pe3"]
        bare = frozenset(
            group._replace(members=frozenset(m._replace(label=None) for m in group.members))
            for group in pe3.groups
        )
        trace = rosen.trace("pe3", "red", self.GOAL, pe3=replace(pe3, groups=bare))
        assert trace.endswith("└─ eth1: dropped: the next hop gave no label")

    def test_a_neighbour_that_is_the_pe_gets_the_vpn_label_alone(self, rosen: Played) -> None:
        pe3 = rosen.fibs["pe3"]
        trace = shape(rosen.trace("pe3", "red", self.GOAL, pe3=self._labelling(pe3, IMPLICIT_NULL)))
        assert "└─ eth1: push N\n   p2, from eth3: label N, 10.1.1.10\n" in trace

    def test_explicit_null_says_nothing_above_another_label(self, rosen: Played) -> None:
        p1 = self._labelling(rosen.fibs["p1"], EXPLICIT_NULL)
        trace = rosen.trace("pe3", "red", self.GOAL, p1=p1)
        assert re.search(r"pe1, from eth1: label 0/(\d+), 10.1.1.10\n.*│ label \1: pop", trace)

    def test_a_label_below_one_that_is_looked_up_is_an_end(self, rosen: Played) -> None:
        """p1 passes the LSP's label on although it ends at pe1."""
        (vpn_label,) = (
            route.label for route in rosen.fibs["pe1"].labels if route.action == PopAndLookUp(1)
        )
        p1 = self._labelling(rosen.fibs["p1"], vpn_label)
        trace = rosen.trace("pe3", "red", self.GOAL, p1=p1)
        assert trace.endswith(f"a label below {vpn_label}")

    def _labelling(self, fib: Fib, label: Label) -> Fib:
        """The Fib with this label for the way to the PE."""
        group = next(group for group in fib.groups if group.way == self.FEC)
        members = frozenset(member._replace(label=label) for member in group.members)
        return replace(fib, groups=fib.groups - {group} | {group._replace(members=members)})


class TestBroken:
    """Tables that do not fit together, as they are in the middle of a change."""

    GOAL, FEC = "192.0.2.2", "192.0.2.2/32"

    def test_a_label_that_nobody_gave(self, core: Played) -> None:
        p1 = replace(core.fibs["p1"], labels=frozenset())
        trace = shape(core.trace("pe1", "default", self.GOAL, p1=p1))
        assert "│  p1, from eth1: label N, 192.0.2.2\n│    label N is unknown\n" in trace

    def test_a_next_hop_that_gave_no_label(self, core: Played) -> None:
        p1 = self._leading(core.fibs["p1"], lambda member: member._replace(label=None))
        trace = core.trace("pe1", "default", self.GOAL, p1=p1)
        assert "│  └─ eth2: dropped: the next hop gave no label\n" in trace

    def test_a_way_without_next_hops(self, core: Played) -> None:
        p1 = self._leading(core.fibs["p1"], lambda member: None)
        trace = core.trace("pe1", "default", self.GOAL, p1=p1)
        assert "│    nobody to send it to\n" in trace

    def test_a_loop_is_followed_once(self, core: Played) -> None:
        """p3 sends back to p1 what p1 sends to it."""
        (back,) = self._group(core.fibs["p3"], "192.0.2.4/32").members
        (label,) = (
            route.label for route in core.fibs["p1"].labels if route.action == Forward(self.FEC)
        )
        p3 = self._leading(core.fibs["p3"], lambda member: back._replace(label=label))
        trace = core.trace("p1", "default", self.GOAL, p3=p3).splitlines()
        assert trace[-1].strip() == "a loop"
        assert len([line for line in trace if "p3, from eth1" in line]) == 2

    def _leading(self, fib: Fib, change: Callable[[Nhlfe], Nhlfe | None]) -> Fib:
        """The Fib with other next hops to the goal."""
        group = self._group(fib, self.FEC)
        changed = frozenset(one for member in group.members if (one := change(member)))
        groups = fib.groups - {group} | {NextHopGroup(self.FEC, changed)}
        return replace(fib, groups=groups)

    def _group(self, fib: Fib, way: str) -> NextHopGroup:
        return next(group for group in fib.groups if group.way == way)


class TestMulticast:
    STREAM = "(10.1.1.10, 232.1.1.1)"

    def test_a_tree_is_followed_through_its_tunnel_to_every_receiver(self, rosen: Played) -> None:
        assert rosen.trace("red-ce1", "default", self.STREAM) == text(
            """
            red-ce1, from eth2: (10.1.1.10, 232.1.1.1)
            │ (10.1.1.10, 232.1.1.1) from eth2
            └─ eth1: as it is
               pe1, from eth3: (10.1.1.10, 232.1.1.1)
               │ (10.1.1.10, 232.1.1.1) from eth3
               └─ eth1: into GRE 192.0.2.1 > 232.10.0.1
                  p1, from eth1: GRE (192.0.2.1, 232.10.0.1), (10.1.1.10, 232.1.1.1)
                  │ (192.0.2.1, 232.10.0.1) from eth1
                  └─ eth2: in GRE
                     pe2, from eth1: GRE (192.0.2.1, 232.10.0.1), (10.1.1.10, 232.1.1.1)
                     │ (192.0.2.1, 232.10.0.1) from eth1, then look inside
                     │ (10.1.1.10, 232.1.1.1) from tunnel (192.0.2.1, 232.10.0.1)
                     ├─ eth2: in GRE
                     │  p2, from eth2: GRE (192.0.2.1, 232.10.0.1), (10.1.1.10, 232.1.1.1)
                     │  │ (192.0.2.1, 232.10.0.1) from eth2
                     │  └─ eth3: in GRE
                     │     pe3, from eth1: GRE (192.0.2.1, 232.10.0.1), (10.1.1.10, 232.1.1.1)
                     │     │ (192.0.2.1, 232.10.0.1) from eth1, then look inside
                     │     │ (10.1.1.10, 232.1.1.1) from tunnel (192.0.2.1, 232.10.0.1)
                     │     └─ eth3: out of GRE
                     │        red-ce3, from eth1: (10.1.1.10, 232.1.1.1)
                     │        │ (10.1.1.10, 232.1.1.1) from eth1
                     │        └─ eth2: as it is to red-r3
                     └─ eth3: out of GRE
                        red-ce2, from eth1: (10.1.1.10, 232.1.1.1)
                        │ (10.1.1.10, 232.1.1.1) from eth1
                        └─ eth2: as it is to red-r2a, red-r2b
            """
        )

    def test_at_a_pe_it_may_start_inside_the_tunnel(self, rosen: Played) -> None:
        assert rosen.trace("pe3", "red", self.STREAM) == text(
            """
            pe3, from eth1: GRE (192.0.2.1, 232.10.0.1), (10.1.1.10, 232.1.1.1)
            │ (192.0.2.1, 232.10.0.1) from eth1, then look inside
            │ (10.1.1.10, 232.1.1.1) from tunnel (192.0.2.1, 232.10.0.1)
            └─ eth3: out of GRE
               red-ce3, from eth1: (10.1.1.10, 232.1.1.1)
               │ (10.1.1.10, 232.1.1.1) from eth1
               └─ eth2: as it is to red-r3
            """
        )

    def test_a_tunnel_is_followed_for_its_own_sake(self, rosen: Played) -> None:
        assert rosen.trace("p2", "default", "(192.0.2.1, 232.10.0.1)") == text(
            """
            p2, from eth2: (192.0.2.1, 232.10.0.1)
            │ (192.0.2.1, 232.10.0.1) from eth2
            └─ eth3: as it is
               pe3, from eth1: (192.0.2.1, 232.10.0.1)
                 (192.0.2.1, 232.10.0.1) from eth1, then look inside
                 VRF red gets what is inside
            """
        )

    def test_a_group_of_nobody_has_no_route(self, rosen: Played) -> None:
        trace = rosen.trace("pe1", "red", "10.1.1.10,232.1.1.99")
        assert trace == "pe1: (10.1.1.10, 232.1.1.99)\n  no multicast route"

    def test_a_leaf_without_the_c_route_says_so(self, rosen: Played) -> None:
        pe3 = rosen.fibs["pe3"]
        left = replace(pe3, multicast=frozenset(r for r in pe3.multicast if r.vrf == 0))
        trace = rosen.trace("pe1", "red", self.STREAM, pe3=left)
        assert "no C-route of VRF red takes what is inside from this tunnel" in trace

    def test_a_packet_from_another_side_fails_the_rpf_check(self, rosen: Played) -> None:
        p1 = rosen.fibs["p1"]
        turned = frozenset(replace(r, iifs=frozenset({9})) for r in p1.multicast)
        trace = rosen.trace("pe1", "red", self.STREAM, p1=replace(p1, multicast=turned))
        assert trace.endswith("RPF check failed")


class TestGoals:
    @pytest.mark.parametrize("words", ["10.1.1.10,232.1.1.1", "(10.1.1.10, 232.1.1.1)"])
    def test_a_tree_with_and_without_parentheses(self, words: str) -> None:
        stream = SourceGroup(IPv4Address("10.1.1.10"), IPv4Address("232.1.1.1"))
        assert parse_goal(words) == stream

    def test_an_address(self) -> None:
        assert parse_goal("10.1.3.11") == IPv4Address("10.1.3.11")

    @pytest.mark.parametrize(
        "words",
        ["", "h1", "232.1.1.1", "10.1.1.10,10.1.1.11", "232.1.1.1,232.1.1.2", "1.1.1.1,2.2.2.2,3"],
    )
    def test_anything_else_is_refused(self, words: str) -> None:
        with pytest.raises(TraceError, match="is neither an address nor"):
            parse_goal(words)

    def test_a_packet_has_a_source(self) -> None:
        with pytest.raises(TraceError, match="is a tree; a packet has a source"):
            parse_goal("(*, 239.1.1.1)")

    def test_routers_and_vrfs_that_are_not_there(self, rosen: Played) -> None:
        with pytest.raises(TraceError, match="no router is called pe9"):
            rosen.trace("pe9", "red", "10.1.1.10")
        with pytest.raises(TraceError, match="pe1 has no VRF green; there are default, red, blue"):
            rosen.trace("pe1", "green", "10.1.1.10")
