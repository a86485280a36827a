"""One MVPN at one PE: what the router takes from it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network

import pytest

from controlplane.engine.engine import InterfaceUp
from controlplane.mvpn.gre import decapsulate, encapsulate
from controlplane.mvpn.indices import IndexAllocator, Place
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.options import DiscoveryOption
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.protocols.pim.events import NeighborsExpected, PimEnabled, PimSettings, Rpf
from controlplane.rib.route import Route, RouteProtocol, VpnNextHop
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader
from tests.mvpn.values import (
    BOTH,
    C_GROUP,
    GROUP,
    GROUP3,
    ME,
    PE2,
    PE3,
    RD3,
    SOURCE,
    join,
    local,
    mvpn,
    pe,
)

LIST = (pe(ME), pe(PE2), pe(PE3, GROUP3))
STATIC = local("pim-gre-ssm-static", discovered=LIST)


@pytest.fixture
def red() -> Mvpn:
    return mvpn(STATIC)


def test_the_pmsi_is_an_interface_of_the_vrf_with_the_loopbacks_address(red: Mvpn) -> None:
    assert red.interface == Interface(
        name="mdt-red",
        index=1024,
        kind=InterfaceKind.PMSI,
        address=IPv4Interface("10.255.0.1/32"),
        vrf="red",
        mtu=1476,
    )


def test_the_pe_joins_the_tree_of_every_pe_but_itself(red: Mvpn) -> None:
    assert red.joins() == (join(SourceGroup(PE2, GROUP)), join(SourceGroup(PE3, GROUP3)))
    assert red.tunnel.own == red.tunnels.own == SourceGroup(ME, GROUP)


def test_every_root_behind_the_pmsi_has_an_index_of_its_own(red: Mvpn) -> None:
    assert {index: one.address for index, one in red.roots.items()} == {1025: PE2, 1026: PE3}


def test_two_mvpns_of_a_router_share_no_index() -> None:
    indices = IndexAllocator[Place]()
    red = mvpn(STATIC, indices)
    blue = mvpn(local("pim-gre-ssm-static", vrf="blue", discovered=LIST), indices)
    used = [red.interface.index, *red.roots, blue.interface.index, *blue.roots]
    assert len(set(used)) == len(used)


def test_the_customers_pim_runs_on_the_pmsi_with_the_mvpns_settings(red: Mvpn) -> None:
    assert red.start() == (
        InterfaceUp(interface=red.interface),
        PimEnabled(interface="mdt-red", settings=PimSettings()),
        NeighborsExpected(interface="mdt-red", awaited=frozenset(red.tunnels.remote)),
    )


def test_a_source_behind_another_pe_is_reached_over_the_pmsi(red: Mvpn) -> None:
    prefix = IPv4Network("10.9.0.0/16")
    route = Route(prefix=prefix, protocol=RouteProtocol.IBGP, next_hops=(VpnNextHop(PE3, RD3),))
    assert red.reverse_path(route, SOURCE, C_GROUP) == Rpf("mdt-red", PE3)


def test_a_source_that_nobody_tells_of_is_not_reached(red: Mvpn) -> None:
    assert red.reverse_path(None, SOURCE, C_GROUP) is None


HELLO = Ipv4Packet(
    source=ME,
    destination=ALL_PIM_ROUTERS,
    protocol=IpProtocol.PIM,
    payload=b"\x20\x00\xdf\xff",
    ttl=1,
    tos=0xC0,
)


@pytest.mark.parametrize(
    ("discovery", "given", "dont_fragment"),
    [
        ({DiscoveryOption.INTRA_AS}, None, True),
        ({DiscoveryOption.MDT_SAFI}, None, False),
        (BOTH, None, True),
        ({DiscoveryOption.INTRA_AS}, False, False),
        ({DiscoveryOption.MDT_SAFI}, True, True),
    ],
)
def test_outer_headers_have_df_unless_all_pes_are_of_before_rfc_6513(
    discovery: set[DiscoveryOption], given: bool | None, dont_fragment: bool
) -> None:
    """RFC 6513 12.4.1, RFC 6037 4.8; the operator has the last word."""
    of = local(discovery=frozenset(discovery))
    config = replace(of.config, dont_fragment=given)
    assert mvpn(replace(of, config=config)).tunnels.dont_fragment is dont_fragment


@pytest.mark.parametrize("dont_fragment", [True, False])
def test_a_packet_into_the_tunnel_has_the_root_outside(dont_fragment: bool) -> None:
    outer = encapsulate(HELLO, SourceGroup(ME, GROUP), dont_fragment=dont_fragment)
    assert (outer.source, outer.destination) == (ME, GROUP)
    assert (outer.ttl, outer.tos, outer.dont_fragment) == (64, 0xC0, dont_fragment)
    assert outer.payload[:4] == bytes.fromhex("0000 0800")
    assert outer.payload[4:] == HELLO.encode()


def test_what_went_into_a_tunnel_comes_out_of_it() -> None:
    inner = decapsulate(encapsulate(HELLO, SourceGroup(ME, GROUP), dont_fragment=True))
    assert Ipv4Packet.decode(Reader(inner)) == HELLO


@pytest.mark.parametrize(
    ("protocol", "payload", "reason"),
    [
        (IpProtocol.UDP, b"", "IP protocol 17 on a P-tunnel, not GRE"),
        (
            IpProtocol.GRE,
            GrePacket(protocol_type=0x86DD, payload=b"").encode(),
            "GRE protocol type 0x86dd, not IPv4",
        ),
        (IpProtocol.GRE, b"\0", "2 octets expected, 1 left"),
    ],
)
def test_a_tunnel_packet_without_ipv4_in_gre_is_a_decode_error(
    protocol: int, payload: bytes, reason: str
) -> None:
    outer = Ipv4Packet(source=PE2, destination=GROUP, protocol=protocol, payload=payload)
    with pytest.raises(DecodeError) as caught:
        decapsulate(outer)
    assert caught.value.what == reason
