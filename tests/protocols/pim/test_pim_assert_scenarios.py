"""Asserts on a LAN and on a PMSI, with the packets that they are about; traces are in golden/."""

from __future__ import annotations

from controlplane.protocols.pim.events import Rpf
from tests.protocols.pim.assert_lan import (
    SPARSE,
    SSM,
    S,
    is_assert,
    no_ways,
    square,
    wants_group,
    ways,
)
from tests.protocols.pim.lan import Lan


def both_join(lan: Lan) -> None:
    lan.say("hosts behind r3 and r4 join, by r1 and by r2")
    lan.member("r3", SSM, joined=True, interface="c")
    lan.member("r4", SSM, joined=True, interface="d")
    lan.run(until=50.0)


def test_two_routers_that_forward_agree_on_one() -> None:
    lan = square()
    both_join(lan)
    lan.say("the first packet comes twice, the second once")
    assert lan.send(SSM, "source")["lan"] == 2
    assert lan.send(SSM, "source")["lan"] == 1
    lan.run(until=60.0)
    lan.say("the winner loses its way to the source")
    no_ways(lan, "r2")
    assert lan.send(SSM, "source")["lan"] == 1
    lan.run(until=70.0)
    lan.check("assert")


def test_the_winner_repeats_its_assert_and_the_loser_keeps_quiet() -> None:
    lan = square()
    both_join(lan)
    copies = [seen["lan"] for seen in lan.stream(SSM, "source", seconds=400)]
    assert copies == [2] + [1] * 399


def test_an_assert_that_was_lost_is_sent_again_with_the_next_packets() -> None:
    lan = square()
    both_join(lan)
    lan.say("all Asserts of the first packet are lost")
    lan.loses = lambda router, packet: is_assert(packet)
    assert lan.send(SSM, "source")["lan"] == 2
    lan.loses = lambda router, packet: False
    copies = [seen["lan"] for seen in lan.stream(SSM, "source", seconds=3)]
    assert copies == [2, 2, 1]
    lan.check("assert-lost")


def test_the_loser_takes_over_when_the_winner_restarts() -> None:
    lan = square()
    both_join(lan)
    lan.send(SSM, "source")
    lan.run(until=60.0)
    lan.lines.clear()
    lan.say("r2 loses all its state and starts anew, without a way to the source")
    lan.routes["r2"].clear()
    lan.router("r2", b="10.2.0.2/24", lan="10.0.0.2/24")
    no_ways(lan, "r2")
    lan.run(until=70.0)
    assert lan.send(SSM, "source")["lan"] == 1
    lan.check("assert-restart")


def test_members_of_the_lan_are_served_by_the_winner_not_by_the_dr() -> None:
    lan = square()
    lan.say("a host on the LAN joins: r4 is the DR, and has no better way than r2")
    for name in ("r1", "r2", "r3", "r4"):
        lan.member(name, SSM, joined=True, interface="lan")
    lan.say("a host behind r3 joins, by r1, which is not the DR")
    lan.member("r3", SSM, joined=True, interface="c")
    lan.run(until=50.0)
    copies = [seen["lan"] for seen in lan.stream(SSM, "source", seconds=20)]
    assert copies[-1] == 1
    lan.check("assert-members")


def test_a_router_on_the_source_tree_wins_over_one_on_the_rp_tree() -> None:
    lan = square()
    lan.say("r3's host wants the group, by r1; r4's host that source only, by r2")
    wants_group(lan, "r3", "c")
    lan.member("r4", SPARSE, joined=True, interface="d")
    lan.run(until=50.0)
    copies = [seen["lan"] for seen in lan.stream(SPARSE, "source", seconds=20)]
    assert copies[-10:] == [1] * 10
    lan.check("assert-source-tree")


def test_pes_that_two_pes_send_to_agree_on_one() -> None:
    """RFC 6513 5.1: a site of two PEs; PE3 and PE4 have chosen one each as upstream PE."""
    lan = Lan()
    lan.router("ce", source="192.0.2.9/24", x="10.1.0.9/24", y="10.2.0.9/24")
    lan.router("pe1", x="10.1.0.1/24", mdt="10.255.0.1/32")
    lan.router("pe2", y="10.2.0.2/24", mdt="10.255.0.2/32")
    lan.router("pe3", mdt="10.255.0.3/32", c="10.3.0.3/24")
    lan.router("pe4", mdt="10.255.0.4/32", d="10.4.0.4/24")
    lan.rpf["ce"][S] = Rpf("source", None)
    ways(lan, "pe1", "x", "10.1.0.9", metric=0)
    ways(lan, "pe2", "y", "10.2.0.9", metric=0)
    ways(lan, "pe3", "mdt", "10.255.0.1", metric=10)
    ways(lan, "pe4", "mdt", "10.255.0.2", metric=10)
    lan.run(until=40.0)
    lan.lines.clear()
    lan.member("pe3", SSM, joined=True, interface="c")
    lan.member("pe4", SSM, joined=True, interface="d")
    lan.run(until=50.0)
    copies = [seen["mdt"] for seen in lan.stream(SSM, "source", seconds=10)]
    assert copies == [2] + [1] * 9
    lan.check("assert-pmsi")
