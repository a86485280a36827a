"""Two to four routers talking, written down in golden/*.txt; UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.engine.engine import InterfaceDown, SendPacket
from controlplane.net.multicast import SourceGroup
from controlplane.wire.pim.join_prune import JoinPrune
from controlplane.wire.pim.message import decode_message
from tests.protocols.pim.network import Network

GOLDEN = Path(__file__).parent / "golden"
S = IPv4Address("192.0.2.1")
SG = SourceGroup(S, IPv4Address("232.1.1.1"))
SG2 = SourceGroup(S, IPv4Address("232.1.1.2"))


def check(network: Network, name: str) -> None:
    """Compare the trace with the golden one of this name."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(network.trace())
    assert network.trace() == file.read_text()


@pytest.fixture
def lan() -> Network:
    """r1 is the way to the source, r2 and r3 have hosts, on one LAN; the trace starts at 40 s."""
    network = Network()
    network.router("r1", lan="10.0.0.1/24")
    network.router("r2", lan="10.0.0.2/24")
    network.router("r3", lan="10.0.0.3/24")
    network.route("r1", S, "source", None)
    network.route("r2", S, "lan", "10.0.0.1")
    network.route("r3", S, "lan", "10.0.0.1")
    network.run(until=40.0)
    network.lines.clear()
    return network


def test_a_join_goes_up_a_chain_and_a_prune_after_it() -> None:
    network = Network(hellos=True)
    network.router("r1", a="10.0.1.1/24")
    network.router("r2", a="10.0.1.2/24", b="10.0.2.2/24")
    network.router("r3", b="10.0.2.3/24")
    network.route("r1", S, "source", None)
    network.route("r2", S, "a", "10.0.1.1")
    network.route("r3", S, "b", "10.0.2.2")
    network.say("a host behind r3 joins before the routers know each other")
    network.member("r3", SG, joined=True)
    network.run(until=20.0)
    network.say("it leaves")
    network.member("r3", SG, joined=False)
    network.run(until=25.0)
    network.say("r3's link goes down")
    network.tell("r3", InterfaceDown(name="b"))
    check(network, "chain")


def test_a_prune_on_a_lan_is_overridden_by_who_still_wants_the_tree(lan: Network) -> None:
    lan.say("hosts behind r2 and r3 join")
    lan.member("r2", SG, joined=True)
    lan.member("r3", SG, joined=True)
    lan.run(until=50.0)
    lan.say("the host behind r2 leaves: r3 overrides, r1 never stops forwarding")
    lan.member("r2", SG, joined=False)
    lan.run(until=60.0)
    lan.say("the host behind r3 leaves: nobody overrides")
    lan.member("r3", SG, joined=False)
    lan.run(until=70.0)
    check(lan, "override")


def test_a_prune_echo_makes_up_for_a_lost_prune(lan: Network) -> None:
    lan.member("r2", SG, joined=True)
    lan.member("r3", SG, joined=True)
    lan.run(until=50.0)
    lan.say("the host behind r2 leaves, and r3 misses the Prune: the echo makes it join again")
    lan.loses = lambda router, packet: router == "r3" and is_join_prune(packet)
    lan.member("r2", SG, joined=False)
    lan.loses = lambda router, packet: False
    lan.run(until=60.0)
    check(lan, "prune-echo")


def test_of_two_routers_that_want_a_tree_one_refreshes_it(lan: Network) -> None:
    lan.say("r2 joins two trees, r3 ten seconds later the same two")
    for sg in (SG, SG2):
        lan.member("r2", sg, joined=True)
    lan.run(until=50.0)
    for sg in (SG, SG2):
        lan.member("r3", sg, joined=True)
    lan.run(until=400.0)
    check(lan, "suppression")


def test_a_restarted_router_gets_its_trees_back(lan: Network) -> None:
    for sg in (SG, SG2):
        lan.member("r2", sg, joined=True)
        lan.member("r3", sg, joined=True)
    lan.run(until=70.0)
    lan.lines.clear()
    lan.say("r1 loses all its state and starts anew")
    lan.router("r1", lan="10.0.0.1/24")
    lan.run(until=80.0)
    check(lan, "restart")


def test_a_route_that_changes_moves_the_tree(lan: Network) -> None:
    lan.router("r4", lan="10.0.0.4/24")
    lan.route("r4", S, "source", None)
    lan.member("r2", SG, joined=True)
    lan.run(until=60.0)
    lan.lines.clear()
    lan.say("the way to the source is r4 now")
    lan.route("r2", S, "lan", "10.0.0.4")
    lan.run(until=70.0)
    check(lan, "rpf-change")


def test_pes_join_across_a_pmsi_as_across_a_lan() -> None:
    network = Network()
    network.router("pe1", ce1="10.1.0.1/24", mdt="10.255.0.1/32")
    network.router("pe2", ce2="10.2.0.1/24", mdt="10.255.0.2/32")
    network.router("pe3", ce3="10.3.0.1/24", mdt="10.255.0.3/32")
    network.router("ce2", ce2="10.2.0.2/24")
    network.route("pe1", S, "ce1", None)
    network.route("pe2", S, "mdt", "10.255.0.1")
    network.route("pe3", S, "mdt", "10.255.0.1")
    network.route("ce2", S, "ce2", "10.2.0.1")
    network.run(until=20.0)
    network.say("a host behind CE2 joins")
    network.member("ce2", SG, joined=True)
    network.say("a host on PE3's LAN joins")
    network.member("pe3", SG, joined=True, interface="ce3")
    network.run(until=30.0)
    network.say("the host behind CE2 leaves")
    network.member("ce2", SG, joined=False)
    network.run(until=40.0)
    check(network, "pmsi")


def is_join_prune(packet: SendPacket) -> bool:
    return isinstance(decode_message(packet.payload), JoinPrune)
