"""What scapy's BGP layer builds is what is built here, and is read as it was meant.

It knows one family, IPv4 unicast; lists of communities and a second capability in one parameter
are beyond it. AS numbers have two octets, its default.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from scapy.contrib import bgp
from scapy.packet import Packet

from controlplane.wire.bgp.attributes import Aggregator, Origin, PathAttributes
from controlplane.wire.bgp.capability import FourOctetAs, GracefulRestart, Multiprotocol
from controlplane.wire.bgp.communities import LargeCommunity, route_target
from controlplane.wire.bgp.framing import KEEPALIVE, MessageBuffer, encode
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.refresh import RouteRefreshMessage
from controlplane.wire.bgp.update import Reach, Unreach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.bgp.update_encoding import encode_updates, encode_withdrawals
from tests.wire.bgp.bodies import TERMS
from tests.wire.bgp.samples import PE, TARGETS, sequence

TWO_OCTETS = replace(TERMS, asn4=False)
PREFIXES = ["10.1.2.0/23", "192.0.2.1/32", "0.0.0.0/0"]
WELL_KNOWN, OPTIONAL, TRANSITIVE = 0x40, 0x80, 0xC0

ATTRIBUTES = PathAttributes(
    origin=Origin.EGP,
    as_path=sequence(65001, 65002),
    next_hop=PE,
    med=20,
    local_pref=100,
    atomic_aggregate=True,
    aggregator=Aggregator(65001, PE),
    communities=frozenset({0xFDE80001}),
    originator_id=PE,
    cluster_list=(PE,),
    extended_communities=frozenset({route_target(TARGETS[0])}),
    large_communities=frozenset({LargeCommunity(1, 2, 3)}),
)


def scapys(message: Packet) -> bytes:
    return bytes(bgp.BGPHeader() / message)


def body(message: bytes) -> bytes:
    (raw,) = MessageBuffer().feed(message)
    return raw.body


def attribute(kind: int, flags: int, value: Packet) -> Packet:
    return bgp.BGPPathAttr(type_flags=flags, type_code=kind, attribute=value)


def nlri(prefixes: list[str]) -> list[Packet]:
    return [bgp.BGPNLRI_IPv4(prefix=prefix) for prefix in prefixes]


def scapys_attributes() -> list[Packet]:
    segment = bgp.BGPPAASPath.ASPathSegment(segment_type=2, segment_value=[65001, 65002])
    target = bgp.BGPPAExtCommTwoOctetASSpecific(global_administrator=65000, local_administrator=100)
    community = bgp.BGPPAExtCommunity(type_high=0, type_low=2, value=target)
    large = bgp.BGPLargeCommunitySegment(
        global_administrator=1, local_data_part1=2, local_data_part2=3
    )
    address = str(PE)
    aggregator = bgp.BGPPAAggregator(aggregator_asn=65001, speaker_address=address)
    return [
        attribute(1, WELL_KNOWN, bgp.BGPPAOrigin(origin=1)),
        attribute(2, WELL_KNOWN, bgp.BGPPAASPath(segments=[segment])),
        attribute(3, WELL_KNOWN, bgp.BGPPANextHop(next_hop=address)),
        attribute(4, OPTIONAL, bgp.BGPPAMultiExitDisc(med=20)),
        attribute(5, WELL_KNOWN, bgp.BGPPALocalPref(local_pref=100)),
        attribute(6, WELL_KNOWN, bgp.BGPPAAtomicAggregate()),
        attribute(7, TRANSITIVE, aggregator),
        attribute(8, TRANSITIVE, bgp.BGPPACommunity(community=0xFDE80001)),
        attribute(9, OPTIONAL, bgp.BGPPAOriginatorID(originator_id=address)),
        attribute(10, OPTIONAL, bgp.BGPPAClusterList(cluster_list=[int(PE)])),
        attribute(16, TRANSITIVE, bgp.BGPPAExtComms(extended_communities=[community])),
        attribute(32, TRANSITIVE, bgp.BGPPALargeCommunity(segments=[large])),
    ]


def test_announcements_are_the_same() -> None:
    routes = tuple((IPv4Network(prefix), None) for prefix in PREFIXES)
    reach = Reach(Family.IPV4_UNICAST, ATTRIBUTES, routes)
    theirs = scapys(bgp.BGPUpdate(path_attr=scapys_attributes(), nlri=nlri(PREFIXES)))
    assert list(encode_updates(reach, TWO_OCTETS)) == [theirs]
    assert decode_update(body(theirs), TWO_OCTETS) == Update(reach=(reach,))


def test_withdrawals_are_the_same() -> None:
    unreach = Unreach(Family.IPV4_UNICAST, tuple(map(IPv4Network, PREFIXES)))
    theirs = scapys(bgp.BGPUpdate(withdrawn_routes=nlri(PREFIXES)))
    assert list(encode_withdrawals(unreach)) == [theirs]
    assert decode_update(body(theirs), TWO_OCTETS) == Update(unreach=(unreach,))


@pytest.mark.parametrize(
    ("capability", "theirs"),
    [
        (Multiprotocol(Family.VPNV4), bgp.BGPCapMultiprotocol(afi=1, safi=128)),
        (FourOctetAs(4200000000), bgp.BGPCapFourBytesASN(asn=4200000000)),
        (
            GracefulRestart(restarted=True, time=120, families=((Family.VPNV4, True),)),
            bgp.BGPCapGracefulRestart(
                restart_flags=8,
                restart_time=120,
                entries=[bgp.BGPCapGracefulRestart.GRTuple(afi=1, safi=128, flags=0x80)],
            ),
        ),
    ],
    ids=["multiprotocol", "four-octet AS", "graceful restart"],
)
def test_capabilities_are_the_same(
    capability: Multiprotocol | FourOctetAs | GracefulRestart, theirs: Packet
) -> None:
    asn = 4200000000 if isinstance(capability, FourOctetAs) else 23456
    message = Open(asn, 90, PE, (capability,))
    parameter = bgp.BGPOptParam(param_value=theirs)
    opening = bgp.BGPOpen(my_as=23456, hold_time=90, bgp_id=str(PE), opt_params=[parameter])
    assert encode(Open.kind, message.encode()) == scapys(opening)
    assert Open.decode(body(scapys(opening))) == message


def test_the_other_messages_are_the_same() -> None:
    refresh = RouteRefreshMessage(Family.VPNV4)
    notification = Notification(6, 2, b"\4soon")
    assert bytes(bgp.BGPKeepAlive()) == KEEPALIVE
    assert scapys(bgp.BGPRouteRefresh(afi=1, safi=128)) == encode(refresh.kind, refresh.encode())
    assert scapys(bgp.BGPNotification(error_code=6, error_subcode=2, data=b"\4soon")) == encode(
        notification.kind, notification.encode()
    )
