"""What a lab file becomes: names, ports, addresses and settings for all that it leaves open."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from controlplane.lab.load import Lab, load
from controlplane.net.interface import DEFAULT_VRF, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteTarget
from controlplane.router.config import DiscoveredPe, InterfaceConfig, Role

LoadText = Callable[[str], Lab]


def interface(lab: Lab, router: str, name: str) -> InterfaceConfig:
    (found,) = (one for one in lab.plan.routers[router].interfaces if one.interface.name == name)
    return found


def test_the_same_file_is_the_same_network(load_text: LoadText, small: str) -> None:
    assert load_text(small).plan == load_text(small).plan


def test_the_file_names_the_lab_unless_it_says_otherwise(load_text: LoadText, small: str) -> None:
    assert load_text(small).name == "lab"
    assert load_text("name: other\n" + small).name == "other"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my lab.yaml", "my-lab"),
        ("v1.2_x.yaml", "v1.2_x"),
        ("10-routers.yaml", "lab-10-routers"),
        ("...yaml", "lab-.."),
        ("ü.yaml", "lab--"),
        ("x" * 200 + ".yaml", "x" * 60),
    ],
)
def test_a_file_of_any_name_names_a_folder_and_a_socket(
    tmp_path: Path, small: str, file: str, name: str
) -> None:
    path = tmp_path / file
    path.write_text(small)
    assert load(path).name == name


def test_routers_count_their_ports_and_name_interfaces_after_them(
    load_text: LoadText, small: str
) -> None:
    pe1 = load_text(small).plan.routers["pe1"]
    assert pe1.role is Role.PE
    assert [
        (one.interface.name, one.interface.index, one.interface.port, one.interface.vrf)
        for one in pe1.interfaces
    ] == [("lo0", 1, None, DEFAULT_VRF), ("eth1", 2, 1, DEFAULT_VRF), ("eth2", 3, 2, "red")]
    assert pe1.interfaces[0].interface.kind is InterfaceKind.LOOPBACK


def test_addresses_come_from_the_pools_in_the_order_of_the_file(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(small)
    assert [str(router.router_id) for router in lab.plan.routers.values()] == [
        "10.255.0.1",
        "10.255.0.2",
        "10.255.0.3",
        "172.31.0.1",
        "172.31.0.2",
    ]
    assert [str(link.subnet) for link in lab.layout.links] == [
        "10.254.0.4/30",
        "10.254.0.8/30",
        "172.16.0.4/30",
        "172.16.0.8/30",
        "10.0.1.0/24",
        "10.0.2.0/24",
    ]
    assert interface(lab, "ce1", "eth2").interface.address == IPv4Interface("10.0.1.1/24")
    assert lab.plan.hosts["src"].address == IPv4Interface("10.0.1.11/24")
    assert lab.plan.hosts["src"].gateway == IPv4Address("10.0.1.1")


def test_what_the_file_gives_is_kept_and_stepped_around(load_text: LoadText, small: str) -> None:
    text = (
        small.replace("[pe1, p1]", "{pe1: {port: 2, mac: 02:aa:00:00:00:01}, p1: {}}")
        .replace("[p1, pe2]}", "[p1, pe2], subnet: 10.254.0.4/30}")
        .replace("p1: {role: p}", "p1: {role: p, loopback: 10.255.0.1}")
        .replace("[ce1, src]}", "[ce1, src], subnet: 10.7.0.0/24}")
        .replace("src: {}", "src: {address: 10.7.0.1, mac: 02:bb:00:00:00:01}")
    )
    lab = load_text(text)
    assert interface(lab, "pe1", "eth2").interface.mac == MacAddress.parse("02:aa:00:00:00:01")
    assert interface(lab, "pe1", "eth1").interface.vrf == "red"
    assert str(lab.layout.link["pe1-p1"].subnet) == "10.254.0.8/30"
    assert str(lab.plan.routers["pe1"].router_id) == "10.255.0.2"
    assert str(interface(lab, "ce1", "eth2").interface.address) == "10.7.0.2/24"
    assert lab.plan.hosts["src"].mac == MacAddress.parse("02:bb:00:00:00:01")


def test_a_subnet_of_two_addresses_has_room_for_a_router_and_a_host(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(small.replace("[ce1, src]}", "[src, ce1], subnet: 10.7.0.0/31}"))
    assert str(lab.plan.hosts["src"].address) == "10.7.0.0/31"
    assert str(interface(lab, "ce1", "eth2").interface.address) == "10.7.0.1/31"


def test_no_two_interfaces_of_the_demo_lab_have_one_mac_address(demo: Lab) -> None:
    macs = [
        one.interface.mac
        for router in demo.plan.routers.values()
        for one in router.interfaces
        if one.interface.mac
    ] + [host.mac for host in demo.plan.hosts.values()]
    assert len(set(macs)) == len(macs)


def test_vpns_number_their_sites_each_by_itself(load_text: LoadText, small: str) -> None:
    text = (
        small.replace("p1: {role: p}", "p1: {role: p}\n  ce3: {role: ce}")
        .replace("rcv: {}", "rcv: {}\n  h3: {}")
        .replace("vpns:", "  - {ends: [pe1, ce3], vpn: blue}\n  - {ends: [ce3, h3]}\nvpns:")
    )
    lab = load_text(text + "  blue: {rd: 65000:2}\n")
    assert lab.layout.link["ce3-h3"].subnet == lab.layout.link["lan1"].subnet
    assert lab.layout.link["pe1-ce3"].subnet == lab.layout.link["pe1-ce1"].subnet
    assert lab.plan.routers["ce3"].router_id == lab.plan.routers["ce1"].router_id


def test_pim_runs_everywhere_and_igmp_where_hosts_are(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    assert interface(lab, "p1", "eth1").pim is not None
    assert interface(lab, "p1", "eth1").igmp is None
    assert interface(lab, "ce1", "eth2").pim is not None
    assert interface(lab, "ce1", "eth2").igmp is not None
    assert interface(lab, "p1", "lo0").pim is None


def test_an_interface_can_switch_protocols_off_and_on(load_text: LoadText, small: str) -> None:
    ends = "{pe1: {pim: false, igmp: true}, p1: {igmp: {version: 2}}}"
    lab = load_text(small.replace("[pe1, p1]", ends))
    assert interface(lab, "pe1", "eth1").pim is None
    assert interface(lab, "pe1", "eth1").igmp is not None
    settings = interface(lab, "p1", "eth1").igmp
    assert settings is not None
    assert settings.version == 2


def test_timers_of_an_interface_win_over_those_of_its_vpn_and_of_the_lab(
    load_text: LoadText, small: str
) -> None:
    text = (
        "timers: {pim: {hello_period: 2, override_interval: 0.1, join_prune_period: 9}}\n"
        "provider: {timers: {pim: {hello_period: 3}}}\n" + small
    )
    text = text.replace("profile: 0", "timers: {pim: {hello_period: 4}}, profile: 0")
    text = text.replace("[pe1, ce1]", "{pe1: {pim: {hello_period: 5}}, ce1: {}}")
    lab = load_text(text)
    periods = {
        where: settings.hello_period
        for where, settings in {
            "core": interface(lab, "p1", "eth1").pim,
            "vpn": interface(lab, "ce1", "eth1").pim,
            "interface": interface(lab, "pe1", "eth2").pim,
        }.items()
        if settings
    }
    assert periods == {"core": 3, "vpn": 4, "interface": 5}
    mvpn = lab.plan.routers["pe1"].vrfs[0].mvpn
    assert mvpn is not None
    assert (mvpn.pim.hello_period, mvpn.pim.override_interval) == (4, 0.1)
    assert mvpn.pim.join_prune_period == 9


def test_a_static_profile_tells_a_pe_the_other_pes_of_its_vpns(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(
        small.replace("profile: 0", "profile: pim-gre-ssm-static").replace(
            "232.10.0.1}", "{pe1: 232.10.0.1, pe2: 232.10.0.2}}"
        )
    )
    (vrf,) = lab.plan.routers["pe1"].vrfs
    assert (vrf.name, vrf.id, str(vrf.rd)) == ("red", 1, "65000:1")
    assert vrf.mvpn is not None
    assert (vrf.mvpn.profile, str(vrf.mvpn.default_group)) == (
        "pim-gre-ssm-static",
        "232.10.0.1",
    )
    pe2 = DiscoveredPe(address=IPv4Address("10.255.0.2"), group=IPv4Address("232.10.0.2"))
    assert vrf.mvpn.discovered == (pe2,)
    assert lab.plan.routers["p1"].vrfs == ()
    assert lab.plan.routers["ce1"].vrfs == ()


def test_a_vpn_without_profile_has_no_multicast(load_text: LoadText, small: str) -> None:
    lab = load_text(small.replace("profile: 0, default_mdt: 232.10.0.1", "export: [65000:7]"))
    (vrf,) = lab.plan.routers["pe1"].vrfs
    assert vrf.mvpn is None
    assert vrf.import_targets == {RouteTarget.parse("65000:1")}
    assert vrf.export_targets == {RouteTarget.parse("65000:7")}


def test_core_links_and_captured_links_are_marked(load_text: LoadText, small: str) -> None:
    text = small.replace("[pe1, ce1], vpn: red}", "[pe1, ce1], vpn: red, capture: true}")
    text += "streams:\n  tv: {from: src, to: 232.1.1.1, rate: 10, count: 10}\n"
    text += "expect:\n  - {not_carried: tv, links: lan2}\n"
    links = {link.name: link for link in load_text(text).plan.links}
    assert [name for name, link in links.items() if link.core] == ["pe1-p1", "p1-pe2"]
    assert [name for name, link in links.items() if link.capture] == ["pe1-ce1", "lan2"]


def test_links_of_the_same_ports_are_vlans_of_one_wire(load_text: LoadText, small: str) -> None:
    ends = "{pe1: {port: 7}, ce1: {port: 7}}"
    text = small.replace(
        "[pe1, ce1], vpn: red}",
        f"{ends}, vpn: red, vlan: 10}}\n  - {{name: two, ends: {ends}, vpn: red, vlan: 20}}",
    )
    lab = load_text(text)
    names = [one.interface.name for one in lab.plan.routers["pe1"].interfaces]
    assert names == ["lo0", "eth1", "eth7.10", "eth7.20"]
    assert lab.wires["two"] == "pe1-ce1"
    (wire,) = (link for link in lab.plan.links if link.name == "pe1-ce1")
    assert [(end.node, end.interface, end.port) for end in wire.ends] == [
        ("pe1", "eth7", 7),
        ("ce1", "eth7", 7),
    ]
    assert "two" not in {link.name for link in lab.plan.links}


@pytest.mark.parametrize("name", ["red-tv", "blue-tv", "red-news", "blue-news"])
def test_streams_of_the_demo_lab_are_numbered_from_one(demo: Lab, name: str) -> None:
    numbers = {stream.name: stream.number for stream in demo.streams}
    assert numbers[name] == ["red-tv", "blue-tv", "red-news", "blue-news"].index(name) + 1
