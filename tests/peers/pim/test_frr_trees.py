"""Joins, Prunes and Registers between FRR's pimd and ours, in both directions."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import DataArrived
from controlplane.protocols.pim.show import SharedTreeView, TreeView
from tests.peers.pim.site import FAR, HOST, LAN, Site
from tests.peers.wire import LOOPBACK

pytestmark = pytest.mark.live


def shared(site: Site, group: IPv4Address) -> SharedTreeView | None:
    """Our (*,G)."""
    trees = site.ours.engine.shared_trees(site.ours.now)
    return next((tree for tree in trees if tree.group == group), None)


def source(site: Site, sg: SourceGroup) -> TreeView | None:
    """Our (S,G)."""
    return next((t for t in site.ours.engine.trees(site.ours.now) if t.sg == sg), None)


def leaves_on(tree: SharedTreeView | TreeView | None) -> list[str]:
    return [] if tree is None else [outgoing.interface for outgoing in tree.outgoing]


def want(
    site: Site, group: IPv4Address, source: IPv4Address | None = None, *, joined: bool = True
) -> None:
    """Somebody at our router wants packets, or wants them no longer."""
    member = MembershipChanged(interface=LOOPBACK, group=group, source=source, joined=joined)
    site.ours.tell(member)


def test_it_joins_our_rp_and_prunes_when_its_member_has_left(site: Site) -> None:
    group = IPv4Address("239.2.0.1")
    site.join(group)
    site.eventually(lambda: leaves_on(shared(site, group)) == [LAN])
    site.leave(group)
    site.eventually(lambda: shared(site, group) is None)


def test_it_joins_a_source_by_us_and_prunes_when_its_member_has_left(site: Site) -> None:
    """RFC 3569: the member names the source (IGMPv3), and the RP has no part in it."""
    group = IPv4Address("232.2.0.2")
    site.join(group, FAR)
    site.eventually(lambda: SourceGroup(FAR, group) in by_other(site))
    site.leave(group, FAR)
    site.eventually(lambda: SourceGroup(FAR, group) not in by_other(site))


def test_it_takes_our_joins_and_prunes(site: Site) -> None:
    group = IPv4Address("232.2.0.3")
    want(site, group, HOST)
    site.eventually(lambda: site.is_joined(group, HOST))
    site.send(group)
    site.eventually(lambda: site.forwards(group, HOST))
    want(site, group, HOST, joined=False)
    site.eventually(lambda: not site.is_joined(group, HOST))


def test_our_prune_is_overridden_by_our_other_router(site: Site) -> None:
    """RFC 7761 4.5.5: FRR waits with the Prune, and what comes meanwhile is a Join."""
    group = IPv4Address("232.2.0.4")
    want(site, group, HOST)
    also = MembershipChanged(interface=LOOPBACK, group=group, source=HOST, joined=True)
    site.other.tell(also)
    site.eventually(lambda: site.is_joined(group, HOST))
    want(site, group, HOST, joined=False)
    pruning = ("PRUNEP", "PRUNE")
    site.eventually(lambda: site.join_state(group, HOST) in pruning)
    site.eventually(lambda: site.join_state(group, HOST) == "JOIN")


def test_it_registers_with_our_rp_and_stops_when_told(site: Site) -> None:
    """RFC 7761 4.4: our RP joins the source, and with its packets comes the Register-Stop; so it
    does when FRR asks again, with a Null-Register."""
    group = IPv4Address("239.2.0.5")
    sg = SourceGroup(HOST, group)
    want(site, group)
    site.send(group)
    site.eventually(lambda: site.upstream(group, HOST).get("regState") == "RegJoined")
    site.eventually(lambda: site.is_joined(group, HOST))
    site.ours.tell(DataArrived(interface=LAN, sg=sg))
    site.send(group)
    site.eventually(lambda: site.upstream(group, HOST).get("regState") == "RegPrune")
    tree = source(site, sg)
    assert tree is not None
    assert (tree.spt_bit, leaves_on(tree)) == (True, [LOOPBACK])

    stops = site.ours.engine.counters[Count.TX_REGISTER_STOP]
    site.eventually(lambda: site.ours.engine.counters[Count.TX_REGISTER_STOP] > stops)
    site.eventually(lambda: site.upstream(group, HOST).get("regState") == "RegPrune")


def test_a_packet_on_the_shared_tree_makes_it_join_that_of_the_source(site: Site) -> None:
    """RFC 7761 4.2.1, at a router with members. It looks each half a minute whether packets come on
    the new tree; the Prune(S,G,rpt) that it then sends is in tests/protocols/pim."""
    group = IPv4Address("239.2.0.6")
    sg = SourceGroup(FAR, group)
    site.join(group)
    site.eventually(lambda: leaves_on(shared(site, group)) == [LAN])
    site.send_far("ours", LAN, group)
    site.eventually(lambda: sg in by_other(site))
    assert leaves_on(shared(site, group)) == [LAN]


def by_other(site: Site) -> list[SourceGroup]:
    """The (S,G) of our other router."""
    return [tree.sg for tree in site.other.engine.trees(site.other.now)]
