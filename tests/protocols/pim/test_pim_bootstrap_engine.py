"""Bootstrap in whole engines: Hellos first, trees that follow the RP-Set, and what is shown."""

from __future__ import annotations

from ipaddress import IPv4Network

from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import CandidateBsr, CandidateRp, PimConfig
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.show_rp import (
    BsrView,
    CandidateRpView,
    RpMappingView,
    RpOfGroupView,
)
from controlplane.wire.pim.bootstrap import CandidateRpAdvertisement
from controlplane.wire.pim.message import encode_message
from tests.protocols.pim.network import Network
from tests.protocols.pim.router import Router, ip

ALL = IPv4Network("224.0.0.0/4")
G = ip("239.1.1.1")
BSR, RP = ip("10.0.1.1"), ip("10.0.2.2")


def chain() -> Network:
    """r1, the BSR, - r2, the RP, - r3 with a host."""
    network = Network()
    network.rpf = {
        "r1": {BSR: Rpf("a", None, is_local=True), RP: Rpf("a", ip("10.0.1.2"))},
        "r2": {BSR: Rpf("a", None), RP: Rpf("b", None, is_local=True)},
        "r3": {BSR: Rpf("b", RP), RP: Rpf("b", None)},
    }
    bsr = PimConfig(candidate_bsr=CandidateBsr(address=BSR))
    network.router("r1", bsr, a="10.0.1.1/24")
    rp = PimConfig(candidate_rps=(CandidateRp(address=RP),))
    network.router("r2", rp, a="10.0.1.2/24", b="10.0.2.2/24")
    network.router("r3", b="10.0.2.3/24", hosts="10.0.3.3/24")
    return network


def test_a_shared_tree_grows_as_soon_as_the_rp_is_learnt() -> None:
    network = chain()
    network.tell("r3", MembershipChanged(interface="hosts", group=G, source=None, joined=True))
    network.run(until=14.0)
    assert network.engines["r2"].shared_trees(network.now) == ()
    network.run(until=40.0)
    (tree,) = network.engines["r2"].shared_trees(network.now)
    assert (tree.rp, [o.interface for o in tree.outgoing]) == (RP, ["b"])


def test_a_router_that_starts_anew_is_told_of_the_rp_set_at_once() -> None:
    network = chain()
    network.run(until=40.0)
    network.router("r3", b="10.0.2.3/24", hosts="10.0.3.3/24")
    network.run(until=50.0)
    assert [view.rp for view in network.engines["r3"].rp_mappings(network.now)] == [RP]
    assert network.engines["r3"].counters[Count.RX_BOOTSTRAP] == 2


def test_what_a_router_knows_is_shown() -> None:
    network = chain()
    network.tell("r3", MembershipChanged(interface="hosts", group=G, source=None, joined=True))
    network.run(until=40.0)
    (mapping,) = network.engines["r3"].rp_mappings(network.now)
    assert mapping == RpMappingView(
        groups=ALL,
        rp=RP,
        mode="sparse",
        origin="bootstrap",
        override=False,
        priority=192,
        expires=mapping.expires,
    )
    assert mapping.expires is not None
    assert 110 < mapping.expires < 150
    assert network.engines["r3"].rp_of_groups() == (
        RpOfGroupView(
            group=G,
            rp=RP,
            mode="sparse",
            groups=ALL,
            reason="the only one with the longest match",
        ),
    )


def test_the_election_is_shown_by_the_bsr_and_by_others() -> None:
    network = chain()
    network.run(until=40.0)
    at_bsr = network.engines["r1"].bsr(network.now)
    assert at_bsr == BsrView(
        state="elected BSR",
        address=BSR,
        priority=64,
        uptime=35.0,
        hash_mask_length=30,
        timer=at_bsr.timer,
        advertises=None,
    )
    at_rp = network.engines["r2"].bsr(network.now)
    assert (at_rp.state, at_rp.address, at_rp.uptime) == ("accept preferred", BSR, 35.0)
    assert at_rp.advertises is not None


def test_the_bsr_shows_its_candidates_and_others_show_none() -> None:
    network = chain()
    network.run(until=40.0)
    (view,) = network.engines["r1"].candidate_rps(network.now)
    assert view == CandidateRpView(
        groups=ALL, rp=RP, mode="sparse", priority=192, expires=view.expires
    )
    assert network.engines["r2"].candidate_rps(network.now) == ()


def test_a_router_without_a_bsr_shows_that() -> None:
    assert Router().engine.bsr(0.0) == BsrView(
        state="accept any",
        address=None,
        priority=None,
        uptime=None,
        hash_mask_length=None,
        timer=None,
        advertises=None,
    )


def test_an_advertisement_to_all_routers_is_dropped() -> None:
    """RFC 5059 4: it is unicast to the BSR."""
    router = Router()
    router.up("up", 1)
    router.enable("up")
    message = CandidateRpAdvertisement(rp_address=RP, priority=0, holdtime=150, groups=())
    router.hears_bytes("up", "10.0.1.2", encode_message(message))
    assert router.engine.counters[Count.DROP_DESTINATION] == 1
