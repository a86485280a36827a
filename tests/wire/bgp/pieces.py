"""Attributes and routes in hexadecimal, of which messages with errors are put together."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

from controlplane.wire.bgp.nlri import VpnPrefix
from controlplane.wire.bgp.update import Remedy, Update
from tests.wire.bgp.bodies import TERMS
from tests.wire.bgp.samples import RD_0, RD_0_HEX

EXTERNAL = replace(TERMS, internal=False, peer_as=65001)
TWO_OCTET_TERMS = replace(TERMS, asn4=False)

DISCARD, WITHDRAW = Remedy.ATTRIBUTE_DISCARD, Remedy.TREAT_AS_WITHDRAW
DISABLE = Remedy.AFI_SAFI_DISABLE

ORIGIN, AS_PATH, NEXT_HOP = "40 01 01 00", "40 02 06 02 01 0000fde9", "40 03 04 0a090001"
MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
ROUTE, PREFIX = "18 0a0102", IPv4Network("10.1.2.0/24")
VPN = VpnPrefix(RD_0, PREFIX)
VPN_HEX = f"70 000101 {RD_0_HEX} 0a0102"
MP_REACH = f"80 0e 20 0001 80 0c 0000000000000000 0a090001 00 {VPN_HEX}"
MP_UNREACH = f"80 0f 12 0001 80 70 800000 {RD_0_HEX} 0a0102"
IPV6_REACH = "80 0e 15 0002 01 10 20010db8000000000000000000000001 00"


def faults(update: Update) -> list[tuple[Remedy, str]]:
    return [(one.remedy, one.what) for one in update.faults]
