"""Hellos between FRR's pimd and ours: who is there, who is designated, who has started again."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.notices import NeighborRestarted
from controlplane.protocols.pim.show_links import NeighborView
from tests.peers.pim.site import FRR, HOST, LAN, OTHER, OURS, RARELY, Site
from tests.peers.wire import LOOPBACK

pytestmark = pytest.mark.live


def theirs(site: Site) -> NeighborView:
    """FRR, as we know it."""
    views = site.ours.engine.neighbors(site.ours.now)
    return next(view for view in views if view.address == FRR)


def our_dr(site: Site) -> str:
    return next(str(view.dr) for view in site.ours.engine.interfaces(site.ours.now))


def test_each_has_the_others_options(site: Site) -> None:
    heard = site.neighbors()[str(OURS)]
    assert (heard["drPriority"], heard["holdTimeMax"]) == (1, 4)
    assert theirs(site).dr_priority == 1
    assert theirs(site).generation_id is not None


def test_the_highest_address_is_designated_where_priorities_are_equal(site: Site) -> None:
    site.eventually(lambda: (site.designated(), our_dr(site)) == (str(OTHER), str(OTHER)))


def test_all_agree_on_the_highest_priority(site: Site) -> None:
    site.our_settings(dr_priority=20)
    site.eventually(lambda: (site.designated(), our_dr(site)) == (str(OURS), str(OURS)))
    site.frr.configure(f"interface {LAN}", "ip pim drpriority 30")
    site.eventually(lambda: (site.designated(), our_dr(site)) == (str(FRR), str(FRR)))
    site.frr.configure(f"interface {LAN}", "no ip pim drpriority")
    site.our_settings()
    site.eventually(lambda: (site.designated(), our_dr(site)) == (str(OTHER), str(OTHER)))


def test_when_it_starts_anew_we_join_again_at_once(site: Site) -> None:
    """RFC 7761 4.5.5: a changed GenID of RPF'(S,G); the next periodic Join is far away."""
    group = IPv4Address("232.1.0.1")
    wanted = MembershipChanged(interface=LOOPBACK, group=group, source=HOST, joined=True)
    site.ours.tell(wanted)
    site.eventually(lambda: site.is_joined(group, HOST))
    before = theirs(site).generation_id
    site.frr.kill("pimd")
    site.frr.start("pimd")
    site.eventually(lambda: site.is_joined(group, HOST))
    assert theirs(site).generation_id != before
    assert NeighborRestarted(interface=LAN, neighbor=FRR) in site.ours.notices


def test_when_we_start_anew_its_next_joins_bring_the_trees_back(site: Site) -> None:
    """It sees the new GenID, starts the Join timer with t_override, and then with a whole period
    once more: FRR 8.4 takes the restarted neighbour for one that has gone."""
    group = IPv4Address("239.1.0.1")
    site.join(group)
    site.eventually(lambda: group in shared_groups(site))
    site.frr.configure("ip pim join-prune-interval 5")
    site.restart_ours()
    assert group not in shared_groups(site)
    site.eventually(lambda: group in shared_groups(site))
    site.frr.configure(f"ip pim join-prune-interval {RARELY}")
    site.leave(group)


def shared_groups(site: Site) -> list[IPv4Address]:
    return [tree.group for tree in site.ours.engine.shared_trees(site.ours.now)]
