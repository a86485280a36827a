"""What `mvpn show` has to say of BGP and VPNs, in a lab with primary and backup PEs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from controlplane.cli.nouns import as_text
from controlplane.cli.vpn_nouns import VPN_NOUNS
from controlplane.lab.load import load
from controlplane.lab.sim_world import SimWorld
from controlplane.sim.direct import DirectTarget

LABS = Path(__file__).parents[2] / "mininet" / "labs"
SITE = "10.1.1.0/24"
"""Behind pe1 and pe2, which prefer pe1."""


@pytest.fixture(scope="module")
def multihomed() -> Iterator[SimWorld]:
    yield from lab("multihomed-site")


@pytest.fixture(scope="module")
def multicast() -> Iterator[SimWorld]:
    yield from lab("rosen-ssm")


def lab(name: str) -> Iterator[SimWorld]:
    world = SimWorld(load(LABS / f"{name}.yaml").plan, make_target=DirectTarget)
    world.start()
    world.advance_to(15.0)
    yield world
    world.stop()


def row_of(world: SimWorld, router: str, noun: str, vrf: str | None, **given: str) -> Any:
    """The one row in which these fields have these values."""
    (row,) = (
        row
        for row in world.show(router, noun, vrf)
        if all(row[name] == value for name, value in given.items())
    )
    return row


@pytest.mark.parametrize("noun", VPN_NOUNS)
@pytest.mark.parametrize("router", ["pe1", "p1", "red-ce1"])
def test_every_row_is_plain_json_and_has_a_text(
    multicast: SimWorld, router: str, noun: str
) -> None:
    rows = multicast.show(router, noun, None)
    assert json.loads(json.dumps(rows)) == rows
    assert as_text(noun, rows)


def test_a_session_is_shown_with_its_families_and_their_prefixes(multihomed: SimWorld) -> None:
    row = row_of(multihomed, "pe3", "bgp neighbor", "default", neighbor="192.0.2.1")
    assert (row["state"], row["asn"]) == ("Established", 65000)
    (vpnv4,) = row["families"]
    assert (vpnv4["family"], vpnv4["received"], vpnv4["sent"]) == ("vpnv4", 7, 3)
    assert row["received"]["open"] >= 1, "messages by kind"


def test_a_path_that_lost_says_by_what(multihomed: SimWorld) -> None:
    row = row_of(multihomed, "pe2", "bgp unicast", "red", route=SITE)
    best, backup = row["paths"]
    assert (best["source"], best["best"], best["why_not"]) == ("imported", True, "")
    assert (backup["source"], backup["backup"]) == ("ebgp", True)
    assert backup["why_not"] == "local preference 100 < 200"


def test_a_vpn_route_is_shown_with_its_label_targets_and_site(multihomed: SimWorld) -> None:
    row = row_of(multihomed, "pe3", "bgp vpnv4", "default", route=f"192.0.2.1:1:{SITE}")
    (path,) = row["paths"]
    assert path["label"] is not None
    assert (path["as_path"], path["local_pref"]) == ("65100", 200)
    assert path["communities"] == ["RT:65000:1", "SoO:65100:1"]


def test_a_vrf_is_shown_with_what_it_is_made_of(multihomed: SimWorld) -> None:
    row = row_of(multihomed, "pe3", "vrf", "red")
    assert (row["rd"], row["import"], row["export"]) == (
        "192.0.2.3:1",
        ["65000:1"],
        ["65000:1"],
    )
    (label,) = row["label"]
    assert (row["labels"], label["prefix"]) == ("per-vrf", None)
    assert (len(row["interfaces"]), row["multicast"]) == (1, None)


def test_discovery_says_which_route_told_of_a_pe(multicast: SimWorld) -> None:
    row = row_of(multicast, "pe1", "mvpn discovery", "red", pe="192.0.2.2")
    assert row["said_by"] == "Intra-AS I-PMSI A-D route, RD 65000:1"
    assert (row["group"], row["verdict"]) == ("232.10.0.1", "joined")


def test_an_a_d_route_is_shown_with_its_tunnel(multicast: SimWorld) -> None:
    row = row_of(multicast, "pe1", "bgp mvpn", "default", route="I-PMSI 65000:1 of 192.0.2.2")
    (path,) = row["paths"]
    assert path["pmsi_tunnel"] == "PIM-SSM (192.0.2.2, 232.10.0.1)"
    assert path["communities"] == ["no-export", "RT:65000:1"]


def test_the_upstream_pe_of_a_tree_is_shown_with_the_reason(multicast: SimWorld) -> None:
    multicast.join("red-r3", *stream("232.1.1.9", "10.1.1.10"))
    multicast.advance_to(multicast.now() + 3)
    row = row_of(multicast, "pe3", "umh", "red", group="232.1.1.9")
    assert (row["upstream_pe"], row["prefix"]) == ("192.0.2.1", "10.1.1.0/24")
    assert row["reason"] == "the highest address of 1 PE"
    assert row["candidates"] == [{"pe": "192.0.2.1", "rd": "65000:1", "source_as": 65000}]


def stream(group: str, source: str) -> tuple[IPv4Address, IPv4Address]:
    return IPv4Address(group), IPv4Address(source)
