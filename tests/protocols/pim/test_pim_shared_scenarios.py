"""Routers of a domain with an RP, packets among them; golden/*.txt as in test_pim_scenarios.

source --- src --- dr --- a --- rp --- b --- last --- hosts
                    |                         |
                    +----------- c -----------+
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address

import pytest

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, SptPolicy, StaticRp
from controlplane.protocols.pim.events import RoutesChanged, Rpf
from tests.protocols.pim.lan import Lan
from tests.protocols.pim.test_pim_scenarios import check

S, G, RP = IPv4Address("192.0.2.1"), IPv4Address("239.1.1.1"), IPv4Address("192.0.2.99")
SG = SourceGroup(S, G)
IMMEDIATE = PimConfig(rps=(StaticRp(address=RP),))
NEVER = PimConfig(rps=(StaticRp(address=RP),), spt=SptPolicy.NEVER)


def member(
    network: Lan, name: str, *, joined: bool, interface: str = "hosts", refused: str = ""
) -> None:
    """A host wants the group, or all of it but of one source."""
    source = IPv4Address(refused) if refused else None
    network.tell(
        name,
        MembershipChanged(
            interface=interface, group=G, source=source, joined=joined, refused=bool(refused)
        ),
    )


def domain(config: PimConfig = IMMEDIATE) -> Lan:
    """The network above, its routers acquainted; `config` is that of the last-hop router."""
    network = Lan()
    network.router("dr", IMMEDIATE, src="192.0.2.2/24", a="10.0.1.1/24", c="10.0.3.1/24")
    network.router("rp", IMMEDIATE, a="10.0.1.2/24", b="10.0.2.2/24")
    network.router("last", config, b="10.0.2.3/24", c="10.0.3.3/24", hosts="10.9.0.1/24")
    network.owners[RP] = "rp"
    network.rpf["rp"][RP] = Rpf("lo0", None, is_local=True)
    network.route("rp", S, "a", "10.0.1.1")
    network.route("dr", S, "src", None)
    network.route("dr", RP, "a", "10.0.1.2")
    network.route("last", S, "c", "10.0.3.1")
    network.route("last", RP, "b", "10.0.2.2")
    network.run(until=40.0)
    network.lines.clear()
    return network


def test_members_hear_a_source_by_the_rp_first_and_then_on_its_own_tree() -> None:
    network = domain()
    network.say("a host joins the group")
    member(network, "last", joined=True)
    network.say("a source sends its first packets")
    heard = network.stream(SG, "src", 5)
    network.run(until=110.0)
    network.say("the host leaves, the source goes on")
    member(network, "last", joined=False)
    network.stream(SG, "src", 5)
    network.say("the source falls silent")
    network.run(until=600.0)
    assert_whole_from(heard, 4)
    check(network, "spt-switch")


def test_a_router_that_never_switches_stays_on_the_shared_tree() -> None:
    network = domain(NEVER)
    member(network, "last", joined=True)
    heard = network.stream(SG, "src", 6)
    assert_whole_from(heard, 4)
    assert [seen["c"] for seen in heard] == [0] * 6
    assert network.engines["last"].trees(network.now) == ()


def test_a_source_that_members_refuse_is_pruned_off_the_shared_tree() -> None:
    network = domain()
    network.stream(SG, "src", 2)
    network.say("a host joins the group but for this source")
    member(network, "last", joined=True, refused=str(S))
    member(network, "last", joined=True)
    heard = network.stream(SG, "src", 2)
    assert [seen["hosts"] for seen in heard] == [0, 0]
    network.say("now it wants this source too")
    member(network, "last", joined=False, refused=str(S))
    assert_whole_from(network.stream(SG, "src", 6), 4)
    check(network, "refused")


def assert_whole_from(heard: list[Counter[str]], first: int) -> None:
    """No packet came twice, and from this one on all came.

    Before, there may be no tree yet; and on each router that leaves one tree for the other, the
    packet that shows the other tree is lost, as it came in where it could not be taken yet.
    """
    counts = [seen["hosts"] for seen in heard]
    assert max(counts) <= 1
    assert set(counts[first - 1 :]) == {1}


@pytest.fixture
def lan() -> Lan:
    """`up` is the way to the RP for r1 and r2 on their LAN; the source is behind `side`, which only
    r1 has a route to. r2 never leaves the shared tree."""
    network = Lan()
    network.router("up", IMMEDIATE, rps="10.0.5.1/24", lan="10.0.0.1/24")
    network.router("side", IMMEDIATE, src="192.0.2.2/24", lan2="10.0.6.1/24")
    network.router("r1", IMMEDIATE, lan="10.0.0.2/24", lan2="10.0.6.2/24", hosts1="10.8.0.1/24")
    network.router("r2", NEVER, lan="10.0.0.3/24", hosts2="10.9.0.1/24")
    network.rpf["up"][RP] = Rpf("lo0", None, is_local=True)
    network.route("up", S, "rps", "10.0.5.2")
    network.route("side", S, "src", None)
    for name in ("r1", "r2"):
        network.route(name, RP, "lan", "10.0.0.1")
    network.route("r1", S, "lan2", "10.0.6.1")
    network.route("r2", S, "lan", "10.0.0.1")
    network.run(until=40.0)
    network.lines.clear()
    return network


def test_a_prune_off_the_shared_tree_is_overridden_by_who_still_wants_the_source(
    lan: Lan,
) -> None:
    lan.say("hosts behind r1 and r2 join, and a packet comes on the shared tree")
    member(lan, "r1", joined=True, interface="hosts1")
    member(lan, "r2", joined=True, interface="hosts2")
    lan.run(until=50.0)
    lan.show_packet("r1", SG, "lan")
    lan.say("and one on the source's own: r1 prunes the source, r2 overrides")
    lan.show_packet("r1", SG, "lan2")
    lan.run(until=60.0)
    lan.say("the host behind r2 leaves: nobody overrides the Prune of r1's next Join")
    member(lan, "r2", joined=False, interface="hosts2")
    lan.run(until=120.0)
    check(lan, "rpt-override")


def vpn(config: PimConfig) -> Lan:
    """The RP is CE1, behind PE1; the source behind CE2 and PE2; members at PE3, which has
    `config`."""
    network = Lan()
    network.router("ce1", IMMEDIATE, c1="10.1.0.2/24")
    network.router("pe1", IMMEDIATE, c1="10.1.0.1/24", mdt="10.255.0.1/32")
    network.router("ce2", IMMEDIATE, c2="10.2.0.2/24", src="192.0.2.2/24")
    network.router("pe2", IMMEDIATE, c2="10.2.0.1/24", mdt="10.255.0.2/32")
    network.router("pe3", config, hosts="10.3.0.1/24", mdt="10.255.0.3/32")
    network.owners[RP] = "ce1"
    network.rpf["ce1"][RP] = Rpf("lo0", None, is_local=True)
    network.route("pe1", RP, "c1", "10.1.0.2")
    network.route("pe1", S, "mdt", "10.255.0.2")
    network.route("ce1", S, "c1", "10.1.0.1")
    network.route("pe2", RP, "mdt", "10.255.0.1")
    network.route("pe2", S, "c2", "10.2.0.2")
    network.route("ce2", RP, "c2", "10.2.0.1")
    network.route("ce2", S, "src", None)
    network.route("pe3", RP, "mdt", "10.255.0.1")
    network.route("pe3", S, "mdt", "10.255.0.2")
    network.run(until=40.0)
    network.lines.clear()
    return network


@pytest.mark.parametrize("config", [IMMEDIATE, NEVER], ids=["immediate", "never"])
def test_a_customer_s_rp_source_and_members_are_at_three_pes(config: PimConfig) -> None:
    network = vpn(config)
    network.say("a host behind PE3 joins")
    member(network, "pe3", joined=True)
    network.say("a source behind PE2 sends")
    heard = network.stream(SG, "src", 10)
    assert_whole_from(heard, 3)
    check(network, f"pmsi-spt-{config.spt.value}")
    assert_whole_from(network.stream(SG, "src", 300), 1)


def test_a_changed_way_to_the_rp_moves_the_shared_tree_with_what_is_pruned_off_it() -> None:
    network = domain()
    member(network, "last", joined=True)
    network.stream(SG, "src", 5)
    network.run(until=60.0)
    network.lines.clear()
    network.say("the way to the RP is dr now, which the source's own tree comes from too")
    network.route("last", RP, "c", "10.0.3.1")
    heard = network.stream(SG, "src", 3)
    assert [seen["hosts"] for seen in heard] == [1, 1, 1]
    check(network, "rp-reroute")


def test_when_the_way_to_the_rp_is_gone_members_keep_the_sources_they_know() -> None:
    network = domain()
    member(network, "last", joined=True)
    network.stream(SG, "src", 5)
    del network.rpf["last"][RP]
    network.tell("last", RoutesChanged())
    heard = network.stream(SG, "src", 3)
    assert [seen["hosts"] for seen in heard] == [1, 1, 1]
    (shared,) = network.engines["last"].shared_trees(network.now)
    assert (shared.upstream, shared.incoming, shared.rpf_neighbor) == ("J", None, None)


def test_each_member_gets_each_packet_once_while_trees_change_under_it() -> None:
    """After the first packets, which find no tree yet."""
    network = domain()
    member(network, "last", joined=True)
    network.stream(SG, "src", 5)
    heard = network.stream(SG, "src", 300)
    assert_whole_from(heard, 1)
    assert heard[-1] == Counter(c=1, hosts=1)
