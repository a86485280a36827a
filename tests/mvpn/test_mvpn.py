"""One MVPN at one PE with the options of profile 0."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest

from controlplane.engine.engine import InterfaceUp
from controlplane.mvpn.config import DiscoveredPe, LocalMvpn, MvpnConfig
from controlplane.mvpn.indices import IndexAllocator
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.tunnel import PimSsm
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.net.vpn import RouteDistinguisher
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import PimEnabled, PimSettings, Rpf
from controlplane.rib.route import VpnNextHop
from controlplane.wire.gre import GrePacket
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.reader import DecodeError, Reader

ME, PE2, PE3 = (IPv4Address(f"10.255.0.{n}") for n in (1, 2, 3))
GROUP = IPv4Address("232.0.0.1")
GROUP3 = IPv4Address("232.0.0.3")
CONFIG = MvpnConfig(
    profile="0",
    default_group=GROUP,
    discovered=tuple(
        DiscoveredPe(address=pe, group=group)
        for pe, group in ((ME, GROUP), (PE2, GROUP), (PE3, GROUP3))
    ),
    pim=PimSettings(hello_period=2.0),
)
LOCAL = LocalMvpn(vrf="red", me=ME, core_mtu=1500, config=CONFIG)


@pytest.fixture
def mvpn() -> Mvpn:
    return Mvpn(LOCAL, IndexAllocator())


def test_the_pmsi_is_an_interface_of_the_vrf_with_the_loopbacks_address(mvpn: Mvpn) -> None:
    assert mvpn.interface == Interface(
        name="mdt-red",
        index=1024,
        kind=InterfaceKind.PMSI,
        address=IPv4Interface("10.255.0.1/32"),
        vrf="red",
        mtu=1476,
    )


def test_the_pe_joins_the_tree_of_every_pe_but_itself(mvpn: Mvpn) -> None:
    assert mvpn.joins() == (
        MembershipChanged(interface="mdt-red", group=GROUP, source=PE2, joined=True),
        MembershipChanged(interface="mdt-red", group=GROUP3, source=PE3, joined=True),
    )
    assert mvpn.tunnel.own == SourceGroup(ME, GROUP)


def test_every_root_behind_the_pmsi_has_an_index_of_its_own(mvpn: Mvpn) -> None:
    assert {index: pe.address for index, pe in mvpn.roots.items()} == {1025: PE2, 1026: PE3}


def test_two_mvpns_of_a_router_share_no_index() -> None:
    indices = IndexAllocator()
    red = Mvpn(LOCAL, indices)
    blue = Mvpn(LocalMvpn(vrf="blue", me=ME, core_mtu=1500, config=CONFIG), indices)
    used = [red.interface.index, *red.roots, blue.interface.index, *blue.roots]
    assert len(set(used)) == len(used)


def test_the_customers_pim_runs_on_the_pmsi_with_the_mvpns_settings(mvpn: Mvpn) -> None:
    assert mvpn.start() == (
        InterfaceUp(interface=mvpn.interface),
        PimEnabled(interface="mdt-red", settings=PimSettings(hello_period=2.0)),
    )


def test_a_source_behind_another_pe_is_reached_over_the_pmsi(mvpn: Mvpn) -> None:
    route = VpnNextHop(PE3, RouteDistinguisher.parse("65000:3"))
    assert mvpn.reverse_path(route) == Rpf("mdt-red", PE3)


HELLO = Ipv4Packet(
    source=ME,
    destination=ALL_PIM_ROUTERS,
    protocol=IpProtocol.PIM,
    payload=b"\x20\x00\xdf\xff",
    ttl=1,
    tos=0xC0,
)


def test_a_packet_into_the_tunnel_has_the_root_outside_and_df_set() -> None:
    outer = PimSsm(LOCAL).encapsulate(HELLO)
    assert (outer.source, outer.destination) == (ME, GROUP)
    assert (outer.ttl, outer.tos, outer.dont_fragment) == (64, 0xC0, True)
    assert outer.payload[:4] == bytes.fromhex("0000 0800")
    assert outer.payload[4:] == HELLO.encode()


def test_what_went_into_a_tunnel_comes_out_of_it() -> None:
    tunnel = PimSsm(LOCAL)
    inner = tunnel.decapsulate(tunnel.encapsulate(HELLO))
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
        PimSsm(LOCAL).decapsulate(outer)
    assert caught.value.what == reason
