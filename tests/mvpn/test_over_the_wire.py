"""What one PE says of itself reaches the others through real UPDATE messages."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

import pytest

from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.upstream import UmhCandidate
from controlplane.mvpn.upstream_names import candidate
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.bgp.events import BestPathsChanged, Originated
from controlplane.wire.bgp.attributes import ConnectorForm, PathAttributes
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.framing import MessageBuffer
from controlplane.wire.bgp.nlri import Announced, Family, VpnPrefix
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.bgp.update_encoding import encode_updates
from tests.mvpn.values import (
    BOTH,
    GROUP,
    GROUP2,
    ME,
    PE2,
    PE3,
    RD1,
    RD2,
    RD3,
    RED,
    local,
    mvpn,
    path,
)

TERMS = Terms(internal=True, families=frozenset(Family))


def carried(family: Family, attributes: PathAttributes, *nlri: Announced) -> Update:
    """What the other end of a session reads."""
    (message,) = encode_updates(Reach(family, attributes, nlri), TERMS)
    (raw,) = MessageBuffer().feed(message)
    return decode_update(raw.body, TERMS)


def tell(listener: Mvpn, routes: Iterable[tuple[Family, Originated]]) -> None:
    for family, route in routes:
        update = carried(family, route.attributes, (route.key, None))
        assert update.faults == ()
        for reach in update.reach:
            paths = tuple(path(key, reach.attributes) for key, _ in reach.nlri)
            listener.learn(BestPathsChanged(family=reach.family, changed=paths))


@pytest.mark.parametrize("profile", ["0", "3"])
def test_pes_with_one_profile_find_each_other(profile: str) -> None:
    one = mvpn(local(profile))
    for me, rd in ((PE2, RD2), (PE3, RD3)):
        tell(one, mvpn(local(profile, me=me, rd=rd)).originated())
    trees = {tunnel.tree for tunnel in one.tunnels.remote.values()}
    assert trees == {SourceGroup(PE2, GROUP), SourceGroup(PE3, GROUP)}


def test_a_pe_with_a_group_of_its_own_is_found_by_a_d_routes() -> None:
    one = mvpn(local("3"))
    tell(one, mvpn(local("3", me=PE2, rd=RD2, group=GROUP2)).originated())
    assert one.tunnels.remote[PE2].tree == SourceGroup(PE2, GROUP2)


def test_another_vpn_is_not_found() -> None:
    one = mvpn(local("3", imports=()))
    tell(one, mvpn(local("3", me=PE2, rd=RD2)).originated())
    assert not one.tunnels.remote


@pytest.mark.parametrize("form", ConnectorForm)
def test_a_unicast_route_names_its_pe_behind_another_next_hop(form: ConnectorForm) -> None:
    """RFC 6037 5.2: an ASBR may have put itself there."""
    names = mvpn(local("0", connector=form)).upstream_names
    attributes = PathAttributes(
        next_hop=PE3,
        extended_communities=frozenset({route_target(RED)}) | names.communities,
        connector=names.connector,
    )
    key = VpnPrefix(RD1, IPv4Network("10.9.0.0/16"))
    (reach,) = carried(Family.VPNV4, attributes, (key, 24)).reach
    assert candidate(RD1, reach.attributes, PE3) == UmhCandidate(ME, RD1)


def test_both_names_survive_while_a_network_migrates() -> None:
    names = mvpn(local(discovery=BOTH)).upstream_names
    attributes = PathAttributes(
        next_hop=PE3, extended_communities=names.communities, connector=names.connector
    )
    key = VpnPrefix(RD1, IPv4Network("10.9.0.0/16"))
    (reach,) = carried(Family.VPNV4, attributes, (key, 24)).reach
    assert reach.attributes.connector == names.connector
    assert candidate(RD1, reach.attributes, PE3) == UmhCandidate(ME, RD1, 65000)
