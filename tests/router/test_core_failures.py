"""What a router of the core does when a link, a neighbour or a session of it fails (`core.py`)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.engine.notice import Notice
from controlplane.engine.stream import Why
from controlplane.fib.model import PacketOut
from controlplane.net.interface import DEFAULT_VRF
from controlplane.router.config import RouterConfig
from controlplane.router.events import FibChanged, Noticed, PortChanged
from controlplane.router.show import Row, show
from controlplane.wire.ospf.bodies import MAX_LINK_COST
from tests.router.core import HOST2, LAN2, LOOPBACKS, core, core_up, router
from tests.router.wire import End, Network

P1_TO_P2 = End("p1", 2)
DETECTION = 0.3
"""Three times 0.1 s; packets are sent up to a quarter sooner (RFC 5880 6.8.7)."""

USERS = ("ospf", "ldp", "pim")


@pytest.fixture
def network() -> Network:
    return core_up()


def rows(network: Network, node: str, noun: str) -> list[Row]:
    return show(router(network, node), noun, None, network.now)


def neighbors(network: Network, node: str, protocol: str) -> set[str]:
    """The interfaces on which a protocol has a neighbour."""
    if protocol == "ldp":
        return {str(row["interface"]) for row in rows(network, node, "ldp discovery")}
    return {str(row["interface"]) for row in rows(network, node, f"{protocol} neighbor")}


def sessions(network: Network, node: str) -> set[object]:
    found = rows(network, node, "ldp neighbor")
    return {row["neighbor"] for row in found if row["state"] == "Operational"}


def cost(network: Network, node: str, interface: str) -> object:
    (row,) = (r for r in rows(network, node, "ospf interface") if r["name"] == interface)
    return row["cost"]


def knows(network: Network, node: str) -> bool:
    """Whether a router has a route to host 2."""
    return router(network, node).vrfs[DEFAULT_VRF].rib.lookup(HOST2) is not None


def notices(network: Network, node: str) -> list[tuple[str, Notice]]:
    return [(told.engine, told.notice) for told in network.nodes[node].notices]


# -- a link that fails silently: BFD tells


@pytest.mark.parametrize("protocol", USERS)
def test_bfd_tells_a_silent_failure_to_all_that_have_the_neighbour_watched(
    network: Network, protocol: str
) -> None:
    network.cut_wire(P1_TO_P2)
    cut_at = network.now
    network.run(until=cut_at + 0.6 * DETECTION)
    assert neighbors(network, "p1", protocol) == {"eth1", "eth2"}
    network.run(until=cut_at + DETECTION + 0.01)
    assert neighbors(network, "p1", protocol) == {"eth1"}
    assert neighbors(network, "p2", protocol) == {"eth2"}


def test_each_of_them_says_why_it_gave_the_neighbour_up(network: Network) -> None:
    network.cut_wire(P1_TO_P2)
    network.nodes["p1"].notices.clear()
    network.run(until=network.now + DETECTION + 0.01)
    told = {engine: notice.words() for engine, notice in reversed(notices(network, "p1"))}
    cause = "control detection time expired: nothing heard for 300 ms"
    assert told == {
        "bfd": f"session with 10.0.2.2 down on eth2: {cause}",
        "ldp": f"hears 192.0.2.3:0 no longer: 10.0.2.2 on eth2: BFD: {cause}",
        "ospf": f"neighbor 10.0.2.2 down on eth2: BFD: {cause}",
        "pim": f"neighbor 10.0.2.2 down on eth2: BFD: {cause}",
    }


def test_the_neighbours_behind_are_out_of_the_routes_as_soon_as_ospf_has_flooded(
    network: Network,
) -> None:
    network.cut_wire(P1_TO_P2)
    network.run(until=network.now + 1.0)
    assert not knows(network, "p1")
    assert not knows(network, "pe1")
    assert str(LAN2) not in {group.way for group in router(network, "pe1").fib.groups}
    assert sessions(network, "p1") == {str(LOOPBACKS["pe1"])}


def test_without_bfd_a_dead_interval_finds_it() -> None:
    def unwatched(config: RouterConfig) -> RouterConfig:
        items = (
            replace(item, bfd=None, ospf=replace(item.ospf, bfd=False) if item.ospf else None)
            for item in config.interfaces
        )
        return replace(config, interfaces=tuple(items))

    network = core_up(p1=unwatched, p2=unwatched)
    network.cut_wire(P1_TO_P2)
    cut_at = network.now
    network.run(until=cut_at + 2.9)
    assert neighbors(network, "p1", "ospf") == {"eth1", "eth2"}
    network.run(until=cut_at + 4.0)
    assert neighbors(network, "p1", "ospf") == {"eth1"}


# -- a port that loses its link: everybody knows at once


def test_a_dead_port_takes_everything_with_it_in_one_step(network: Network) -> None:
    network.give("p1", PortChanged(port=2, up=False))
    for protocol in (*USERS, "bfd"):
        assert neighbors(network, "p1", protocol) == {"eth1"}
    assert sessions(network, "p1") == {str(LOOPBACKS["pe1"])}
    hops = {
        m.adjacency.at.port for group in router(network, "p1").fib.groups for m in group.members
    }
    assert hops == {1}


def test_nothing_leaves_by_the_dead_port_and_the_switch_hears_of_it_last_and_once(
    network: Network,
) -> None:
    outputs = router(network, "p1").handle(PortChanged(port=2, up=False), network.now)
    assert all(output.port == 1 for output in outputs if isinstance(output, PacketOut))
    assert [type(output) for output in outputs].count(FibChanged) == 1
    assert isinstance(outputs[-1], FibChanged)


def test_those_go_first_who_need_the_others(network: Network) -> None:
    """LDP before OSPF, which it tells of; BFD last, when nobody has the neighbour watched."""
    outputs = router(network, "p1").handle(PortChanged(port=2, up=False), network.now)
    told = [(out.engine, out.notice.words()) for out in outputs if isinstance(out, Noticed)]
    assert list(dict.fromkeys(engine for engine, _ in told)) == ["pim", "ldp", "ospf", "bfd"]
    assert all("BFD" not in words for _, words in told)


def test_a_port_that_comes_back_brings_it_all_back(network: Network) -> None:
    network.set_wire(P1_TO_P2, up=False)
    network.run(until=network.now + 3.0)
    assert not knows(network, "pe1")
    network.set_wire(P1_TO_P2, up=True)
    network.run(until=network.now + 8.0)
    assert knows(network, "pe1")
    assert sessions(network, "p1") == {str(LOOPBACKS["pe1"]), str(LOOPBACKS["p2"])}
    for protocol in (*USERS, "bfd"):
        assert neighbors(network, "p1", protocol) == {"eth1", "eth2"}
    assert all(group.members for group in router(network, "pe1").fib.groups)


# -- LDP-IGP synchronisation (RFC 5443)


def test_a_link_costs_the_most_until_its_labels_are_there() -> None:
    network = core()
    network.start()
    assert cost(network, "p1", "eth2") == MAX_LINK_COST
    network.run(until=2.0)
    assert cost(network, "p1", "eth2") == 10


def test_a_lost_session_makes_its_links_a_last_resort_until_it_is_back(network: Network) -> None:
    network.streams.reset("p2")
    network.run(until=network.now + 0.01)
    assert sessions(network, "p2") == set()
    assert (cost(network, "p1", "eth2"), cost(network, "p1", "eth1")) == (MAX_LINK_COST, 10)
    network.run(until=network.now + 0.5)
    assert knows(network, "pe1")
    network.run(until=network.now + 20.0)
    assert cost(network, "p1", "eth2") == 10
    assert sessions(network, "p2") == {str(LOOPBACKS["p1"]), str(LOOPBACKS["pe2"])}


def test_where_the_neighbour_speaks_no_ldp_the_link_stays_a_last_resort() -> None:
    def without(config: RouterConfig) -> RouterConfig:
        items = tuple(replace(item, ldp=False) for item in config.interfaces)
        return replace(config, interfaces=items)

    network = core_up(p2=without)
    network.run(until=20.0)
    assert cost(network, "p1", "eth2") == MAX_LINK_COST
    assert knows(network, "pe1")


def test_peers_with_different_keys_have_no_session_and_say_so() -> None:
    def signing(config: RouterConfig) -> RouterConfig:
        assert config.ldp is not None
        return replace(config, ldp=replace(config.ldp, md5_keys={LOOPBACKS["p1"]: b"another"}))

    network = core_up(p2=signing)
    network.run(until=20.0)
    assert sessions(network, "p2") == {str(LOOPBACKS["pe2"])}
    (row,) = (r for r in rows(network, "p2", "ldp neighbor") if r["neighbor"] == "192.0.2.2")
    assert row["last_failure"] == f"connection closed: {Why.NO_ANSWER}"
    assert cost(network, "p2", "eth1") == MAX_LINK_COST
