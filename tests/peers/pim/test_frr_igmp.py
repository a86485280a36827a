"""FRR and our IGMP engine on one LAN: one of them asks, and what its kernel joins is heard."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from controlplane.protocols.igmp.engine import IgmpEngine
from controlplane.protocols.igmp.events import IgmpEnabled, IgmpSettings, MembershipChanged
from controlplane.wire.ipv4 import IpProtocol
from tests.peers.pim.site import FAR, LAN, OURS, Site
from tests.peers.wire import Wire, eventually

pytestmark = pytest.mark.live


@pytest.fixture
def querier(site: Site) -> Iterator[Wire[IgmpEngine]]:
    """IGMP beside PIM at our router."""
    with Wire(IgmpEngine(), site.namespace("ours"), protocols=(IpProtocol.IGMP,)) as wire:
        wire.up(LAN, f"{OURS}/24")
        wire.tell(IgmpEnabled(interface=LAN, settings=IgmpSettings()))
        yield wire


def test_the_lower_address_asks(site: Site, querier: Wire[IgmpEngine]) -> None:
    """RFC 3376 6.6.2."""
    eventually(lambda: site.querier() == str(OURS), querier, site.ours, site.other)
    (ours,) = querier.engine.interfaces(querier.now)
    assert (ours.is_querier, ours.querier) == (True, OURS)


@pytest.mark.parametrize("source", [None, FAR])
def test_what_its_kernel_joins_is_a_member(
    site: Site, querier: Wire[IgmpEngine], source: IPv4Address | None
) -> None:
    group = IPv4Address("239.4.0.1" if source is None else "232.4.0.1")
    joined = MembershipChanged(interface=LAN, group=group, source=source, joined=True)
    membership = f"ip igmp join {group}{'' if source is None else f' {source}'}"
    site.frr.configure(f"interface {LAN}", membership)
    eventually(lambda: joined in querier.outputs, querier, site.ours, site.other)
    site.frr.configure(f"interface {LAN}", f"no {membership}")
    left = MembershipChanged(interface=LAN, group=group, source=source, joined=False)
    eventually(lambda: left in querier.outputs, querier, site.ours, site.other)
