"""FRR's pimd and ours forward the same source onto one LAN: one of them stops (RFC 7761 4.6).

`other` has joined the source by FRR, and a member of the LAN is served by us, who have a better
route to the source than FRR's of 110/20. Where FRR's is better it says so no sooner than it has set
the SPTbit (4.6.1, CouldAssert), for which it looks twice a minute, also of a source-specific group:
what it says then is in tests/protocols/pim.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from itertools import count
from typing import Final

import pytest

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import DataArrived, RoutesChanged, Rpf
from controlplane.protocols.pim.show_assert import AssertView
from tests.peers.pim.site import BEYOND, FAR, FAR_NET, FRR, LAN, OURS, SECOND, Site
from tests.peers.wire import LOOPBACK

pytestmark = pytest.mark.live

BETTER: Final = 90

_NUMBERS = count(1)


class Forwarders:
    """Two of one source, before either has heard of the other."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.sg = SourceGroup(FAR, IPv4Address(f"232.3.0.{next(_NUMBERS)}"))
        self._saved = dict(site.routes), dict(site.other_routes)
        self.route_ours(Rpf(BEYOND, None, preference=BETTER))
        site.other_routes[FAR_NET] = Rpf(LAN, FRR)
        site.other.tell(RoutesChanged())
        site.our_settings(dr_priority=9)
        self.member_of_other(joined=True)
        site.ours.tell(self._member(LAN, joined=True))
        site.eventually(lambda: self.it_forwards() and self.we_forward())

    def route_ours(self, route: Rpf) -> None:
        """Our way to the source."""
        self.site.routes[FAR_NET] = route
        self.site.ours.tell(RoutesChanged())

    def member_of_other(self, *, joined: bool) -> None:
        self.site.other.tell(self._member(LOOPBACK, joined=joined))

    def we_forward(self) -> bool:
        trees = self.site.ours.engine.trees(self.site.ours.now)
        outgoing = next((tree.outgoing for tree in trees if tree.sg == self.sg), ())
        return LAN in (one.interface for one in outgoing)

    def it_forwards(self) -> bool:
        return self.site.forwards(self.sg.group, FAR)

    def ours(self) -> AssertView | None:
        """What we keep of the Asserts."""
        views = self.site.ours.engine.asserts(self.site.ours.now)
        return next((view for view in views if view.tree == self.sg), None)

    def packets(self) -> None:
        """One of FRR's on the LAN, which passes it on; our switch shows it to us."""
        self.site.send_far("other", SECOND, self.sg.group)
        self.site.ours.tell(DataArrived(interface=LAN, sg=self.sg))

    def end(self) -> None:
        """Leave the site as it was."""
        ours, others = self._saved
        self.site.ours.tell(self._member(LAN, joined=False))
        self.member_of_other(joined=False)
        self.site.routes.update(ours)
        self.site.other_routes.update(others)
        for wire in (self.site.ours, self.site.other):
            wire.tell(RoutesChanged())
        self.site.our_settings()

    def _member(self, interface: str, *, joined: bool) -> MembershipChanged:
        return MembershipChanged(
            interface=interface, group=self.sg.group, source=FAR, joined=joined
        )


@pytest.fixture
def forwarders(site: Site) -> Iterator[Forwarders]:
    made = Forwarders(site)
    yield made
    made.end()


def test_it_stops_where_our_metric_is_better(forwarders: Forwarders) -> None:
    forwarders.packets()
    forwarders.site.eventually(lambda: not forwarders.it_forwards())
    state = forwarders.ours()
    assert state is not None
    assert (state.state, state.winner) == ("W", OURS)
    assert forwarders.we_forward()


def test_it_forwards_again_when_we_cancel(forwarders: Forwarders) -> None:
    """RFC 7761 4.6.4: our own way to the source leads over the LAN now."""
    forwarders.packets()
    forwarders.site.eventually(lambda: not forwarders.it_forwards())
    forwarders.route_ours(Rpf(LAN, FRR))
    forwarders.site.eventually(forwarders.it_forwards)
