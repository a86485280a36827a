"""tshark reads every BGP message that is sent here, and finds nothing to say against one.

Three things it does not know (4.0): the next hop of MDT routes, which RFC 6037 does not draw; that
multicast VPN-IPv4 routes have no label (RFC 6514 10), so what it makes of theirs is not asked for;
and that the route target of a withdrawn prefix may be left out, behind which it reads on.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import wrpcap

from controlplane.wire.bgp.capability import (
    EnhancedRouteRefresh,
    FourOctetAs,
    GracefulRestart,
    Multiprotocol,
    RouteRefresh,
)
from controlplane.wire.bgp.framing import KEEPALIVE, encode
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.notification import Notification
from controlplane.wire.bgp.numbers import PORT, Cease, ErrorCode
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.refresh import RefreshSubtype, RouteRefreshMessage
from controlplane.wire.bgp.update import Reach, Unreach
from controlplane.wire.bgp.update_encoding import (
    encode_end_of_rib,
    encode_updates,
    encode_withdrawals,
)
from tests.wire.bgp.bodies import TERMS
from tests.wire.bgp.pieces import VPN
from tests.wire.bgp.samples import ATTRIBUTES, NLRI, PE, PLAIN

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not on PATH")

OPEN = Open(
    4200000000,
    90,
    PE,
    (
        *map(Multiprotocol, Family),
        RouteRefresh(),
        EnhancedRouteRefresh(),
        FourOctetAs(4200000000),
        GracefulRestart(restarted=True, time=120, families=((Family.VPNV4, True),)),
    ),
)
REFRESH = RouteRefreshMessage(Family.VPNV4, RefreshSubtype.BEGINNING)
SHUTDOWN = Notification(ErrorCode.CEASE, Cease.ADMINISTRATIVE_SHUTDOWN, b"\x04soon")
SHORT_TARGETS = [key for family, key, *_ in NLRI if family is Family.ROUTE_TARGET][:2]

MESSAGES = [
    *(encode(one.kind, one.encode()) for one in (OPEN, REFRESH, SHUTDOWN)),
    KEEPALIVE,
    *(encode_end_of_rib(family) for family in Family),
]
for family, key, label, _ in NLRI:
    MESSAGES += encode_updates(Reach(family, PLAIN, ((key, label),)), TERMS)
    if key not in SHORT_TARGETS:
        MESSAGES += encode_withdrawals(Unreach(family, (key,)))
for _, attributes, _ in ATTRIBUTES:
    MESSAGES += encode_updates(Reach(Family.VPNV4, attributes, ((VPN, 16),)), TERMS)

MDT_NEXT_HOP = "Unknown SAFI (66) for AFI 1,Unknown Next Hop length (4 bytes)"


def twice(*values: str) -> list[str]:
    """Announced and withdrawn."""
    return [value for value in values for _ in range(2)]


ROUTER, SOURCE, GROUP = "10.9.0.1", "10.1.0.5", "232.1.1.1"
PATH = "bgp.update.path_attribute."
SAFI = f"{PATH}mp_reach_nlri.safi"
READ: dict[str, list[str]] = {
    "bgp.open.version": ["4"],
    "bgp.open.myas": ["23456"],
    "bgp.open.holdtime": ["90"],
    "bgp.open.identifier": [ROUTER],
    "bgp.cap.type": ["1,1,1,1,1,1,2,70,65,64"],
    "bgp.cap.mp.safi": ["1,5,66,128,129,132"],
    "bgp.cap.4as": ["4200000000"],
    "bgp.cap.gr.timers.restart_flag": ["1"],
    "bgp.cap.gr.timers.restart_time": ["120"],
    "bgp.cap.gr.safi": ["128"],
    "bgp.cap.gr.flag.pfs": ["1"],
    "bgp.route_refresh.subtype": ["1"],
    "bgp.route_refresh.safi": ["128"],
    "bgp.notify.major_error": ["6"],
    "bgp.notify.minor_error_cease": ["2"],
    "bgp.notify.communication": ["soon"],
    "bgp.nlri_prefix": ["10.1.2.0", "0.0.0.0", ROUTER],
    "bgp.withdrawn_prefix": ["10.1.2.0", "0.0.0.0", ROUTER],
    "bgp.mdt_safi_ipv4_addr": twice(ROUTER),
    "bgp.mdt_safi_group_addr": twice(GROUP),
    "bgp.mcast_vpn_nlri_route_type": twice("1", "2", "3", "3", "4", "5", "6", "7", "9"),
    "bgp.mcast_vpn_nlri_origin_router_ipv4": twice(*[ROUTER] * 4),
    "bgp.mcast_vpn_nlri_source_addr_ipv4": twice(SOURCE, SOURCE, "10.1.0.9", SOURCE),
    "bgp.mcast_vpn_nlri_group_addr_ipv4": twice(GROUP, GROUP, "239.1.1.1", GROUP),
    "bgp.mcast_vpn_nlri_route_key": twice("020c0000fde8000000640000fde8"),
    f"{PATH}next_hop": [ROUTER] * 3,
    f"{PATH}multi_exit_disc": ["20"],
    f"{PATH}local_pref": ["100"],
    f"{PATH}aggregator_as": ["65001"],
    f"{PATH}aggregator_origin": [ROUTER],
    f"{PATH}community_as": ["65000", "65000"],
    f"{PATH}community_value": ["1", "1"],
    f"{PATH}community_wellknown": ["0xffffff01"],
    f"{PATH}originator_id": ["10.9.0.2"],
    "bgp.path_attribute.cluster_id": ["10.9.0.3,10.9.0.4"],
    "bgp.ext_com.type": ["0x00,0x00,0x00,0x01,0x01,0x02,0x02,0x43"],
    "bgp.ext_com.stype_tr_as2": ["0x02,0x03,0x09"],
    "bgp.ext_com.stype_tr_IP4": ["0x02,0x0b"],
    "bgp.ext_com.stype_tr_as4": ["0x02,0x09"],
    "bgp.ext_com.value_as2": ["65000,65000,65000"],
    "bgp.ext_com.value_an4": ["100,100,0"],
    "bgp.ext_com.value_IP4": [f"{ROUTER},{ROUTER}"],
    "bgp.ext_com.value_as4": ["4200000000,4200000000"],
    "bgp.ext_com.value_an2": ["7,5,7,0"],
    "bgp.large_communities.ga": ["4200000000"],
    "bgp.large_communities.ldp1": ["1"],
    "bgp.large_communities.ldp2": ["2"],
    f"{PATH}pmsi.tunnel.type": [*"01234567"],
    f"{PATH}pmsi.rsvp.id": [ROUTER],
    f"{PATH}pmsi.rsvp.tunnel_id": ["7"],
    f"{PATH}pmsi.rsvp.ext_tunnel_idv4": [ROUTER],
    f"{PATH}pmsi.mldp.fec.type": ["6", "8"],
    f"{PATH}pmsi.mldp.fec.root_nodev4": [ROUTER, ROUTER],
    f"{PATH}pmsi.mldp.fec.opaque_value_unique_id_rn": ["1", "2"],
    f"{PATH}pmsi.pimssm.root_node": [ROUTER],
    f"{PATH}pmsi.pimssm.pmulticast_group": [GROUP],
    f"{PATH}pmsi.pimsm.sender_address": [ROUTER],
    f"{PATH}pmsi.pimsm.pmulticast_group": ["239.1.1.1"],
    f"{PATH}pmsi.bidir_pim_tree.sender": [ROUTER],
    f"{PATH}pmsi.bidir_pim_tree.pmulticast_group": ["239.1.1.1"],
    f"{PATH}pmsi.ingress_rep_ip": [ROUTER],
}
"""A field, and what it is in the messages that have it."""

VPNV4: dict[str, list[str]] = {
    f"{PATH}mp_reach_nlri.next_hop.ipv4": [ROUTER] * 3,
    "bgp.label_stack": ["16 (bottom)", "1048575 (bottom)", "1000 (bottom)"],
    "bgp.rd": ["65000:100", "10.9.0.1:7", "4200000000:7"],
    "bgp.mp_reach_nlri_ipv4_prefix": ["10.1.2.0", "0.0.0.0", "10.1.2.3"],
    f"{PATH}as_path_segment.as4": ["65001"] * 3,
}
"""The same, in the first three messages that announce VPN-IPv4 routes."""


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All messages on one stream, one in each segment."""
    path, sequence, frames = tmp_path_factory.mktemp("tshark") / "bgp.pcap", 1, []
    ethernet = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    for octets in MESSAGES:
        tcp = TCP(sport=40000, dport=PORT, flags="PA", seq=sequence)
        frames.append(ethernet / IP(src="10.9.0.1", dst="10.9.0.2") / tcp / Raw(octets))
        sequence += len(octets)
    wrpcap(str(path), frames)
    return path


@pytest.fixture(scope="module")
def rows(capture: Path) -> list[dict[str, str]]:
    """What tshark reads in each message, several values of a field with commas between."""
    fields = [*READ, *VPNV4, SAFI, "_ws.expert.message"]
    asked = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-r", str(capture), "-T", "fields", "-E", "separator=|", *asked]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return [dict(zip(fields, line.split("|"), strict=True)) for line in done.stdout.splitlines()]


def values(rows: list[dict[str, str]], field: str) -> list[str]:
    return [row[field] for row in rows if row[field]]


def test_every_segment_is_a_message_to_tshark(rows: list[dict[str, str]]) -> None:
    assert len(rows) == len(MESSAGES)


def test_tshark_objects_to_nothing(rows: list[dict[str, str]]) -> None:
    assert values(rows, "_ws.expert.message") == [MDT_NEXT_HOP]


@pytest.mark.parametrize(("field", "expected"), READ.items(), ids=READ)
def test_tshark_reads_what_was_written(
    rows: list[dict[str, str]], field: str, expected: list[str]
) -> None:
    assert values(rows, field) == expected


@pytest.mark.parametrize(("field", "expected"), VPNV4.items(), ids=VPNV4)
def test_tshark_reads_the_vpn_routes_that_were_written(
    rows: list[dict[str, str]], field: str, expected: list[str]
) -> None:
    vpn = [row for row in rows if row[SAFI] == "128"]
    assert values(vpn[:3], field) == expected
