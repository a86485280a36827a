"""How long packets may be: the words of a lab file for links and tunnels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab.errors import BadLabFile
from controlplane.lab.load import Lab
from controlplane.router.config import RouterConfig

LoadText = Callable[[str], Lab]


def mtus(router: RouterConfig) -> dict[str, int]:
    interfaces = (item.interface for item in router.interfaces if item.interface.port)
    return {interface.name: interface.mtu for interface in interfaces}


def test_links_are_ethernets_unless_the_file_says_otherwise(
    load_text: LoadText, small: str
) -> None:
    plan = load_text(small).plan
    assert {mtu for router in plan.routers.values() for mtu in mtus(router).values()} == {1500}
    assert {link.mtu for link in plan.links} == {1500}


def test_the_providers_mtu_is_that_of_core_links_that_give_none(
    load_text: LoadText, small: str
) -> None:
    given = small.replace("{ends: [p1, pe2]}", "{ends: [p1, pe2], mtu: 4470}")
    plan = load_text("provider: {mtu: 1524}\n" + given).plan
    assert mtus(plan.routers["p1"]) == {"eth1": 1524, "eth2": 4470}
    assert mtus(plan.routers["pe1"]) == {"eth1": 1524, "eth2": 1500}
    assert {link.name: link.mtu for link in plan.links if link.core} == {
        "pe1-p1": 1524,
        "p1-pe2": 4470,
    }


def test_a_customers_link_may_be_narrower(load_text: LoadText, small: str) -> None:
    plan = load_text(small.replace("[ce2, rcv]", "[ce2, rcv], mtu: 1280")).plan
    assert mtus(plan.routers["ce2"])["eth2"] == 1280


def test_vlans_of_one_wire_need_the_largest_mtu_of_them(load_text: LoadText, small: str) -> None:
    ends = "ends: {pe1: {port: 7}, ce1: {port: 8}}, vpn: red"
    links = (
        f"links:\n  - {{{ends}, vlan: 5, name: a}}\n  - {{{ends}, vlan: 6, name: b, mtu: 2000}}\n"
    )
    plan = load_text(small.replace("links:\n", links)).plan
    (wire,) = (link for link in plan.links if link.name == "a")
    assert wire.mtu == 2000
    assert mtus(plan.routers["pe1"])["eth7.5"] == 1500
    assert mtus(plan.routers["pe1"])["eth7.6"] == 2000


@pytest.mark.parametrize("mtu", [575, 9217])
def test_an_mtu_that_no_link_has_is_a_mistake(load_text: LoadText, small: str, mtu: int) -> None:
    with pytest.raises(BadLabFile, match="mtu"):
        load_text(f"provider: {{mtu: {mtu}}}\n" + small)


@pytest.mark.parametrize(
    ("words", "dont_fragment"),
    [("", None), (", tunnel_df: set", True), (", tunnel_df: clear", False)],
)
def test_the_df_bit_of_tunnels_may_be_given(
    load_text: LoadText, small: str, words: str, dont_fragment: bool | None
) -> None:
    plan = load_text(small.replace("rd: 65000:1", f"rd: 65000:1{words}")).plan
    (vrf,) = plan.routers["pe1"].vrfs
    assert vrf.mvpn is not None
    assert vrf.mvpn.dont_fragment is dont_fragment


def test_packets_that_fill_a_customers_link_cross_a_core_of_the_same_mtu(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], small: str
) -> None:
    """In GRE, and under labels: cut at pe1, in 24 octets less and in eight, whole at the host."""
    play = """\
streams:
  tv: {from: src, to: 232.1.1.1, rate: 20, count: 20, size: 1500, at: 1}
  file: {from: src, to: rcv, rate: 20, count: 20, size: 1500, at: 1}
events:
  - {at: 0, join: tv, hosts: rcv}
expect:
  - {receive: tv, hosts: rcv}
  - {receive: file, hosts: rcv}
"""
    file = tmp_path / "lab.yaml"
    file.write_text(small + play)
    main(["lab", "check", str(file), "--target", "sim", "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows
    assert [row for row in rows if not row["ok"]] == []
