"""The lab of an old network: what its routes say, and what a PE of today makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.lab.load import load
from controlplane.lab.sim_world import SimWorld
from controlplane.sim.direct import DirectTarget

LAB = Path(__file__).parents[2] / "mininet" / "labs" / "legacy-mdt-safi.yaml"
OLD = {1: "192.0.2.1", 2: "192.0.2.2", 3: "192.0.2.3"}


@pytest.fixture(scope="module")
def world() -> Iterator[SimWorld]:
    """h4 has joined a source behind each of the old PEs."""
    world = SimWorld(load(LAB).plan, make_target=DirectTarget)
    world.start()
    world.advance_to(15.0)
    for number in OLD:
        world.join("h4", IPv4Address(f"232.1.1.{number}"), IPv4Address(f"10.1.{number}.10"))
    world.advance_to(20.0)
    yield world
    world.stop()


def test_old_pes_say_nothing_of_rfc_6514(world: SimWorld) -> None:
    theirs = {row["route"] for row in world.show("pe1", "bgp mvpn", None)}
    assert theirs == set()
    (path,) = (
        path
        for row in world.show("pe4", "bgp vpnv4", None)
        if row["route"] == "192.0.2.1:1:10.1.1.0/24"
        for path in row["paths"]
    )
    assert path["communities"] == ["RT:65000:1"]


def test_their_names_come_in_every_form_or_not_at_all(world: SimWorld) -> None:
    connectors = {
        row["route"].split(":")[0]: path["connector"]
        for row in world.show("pe4", "bgp vpnv4", None)
        for path in row["paths"]
        if path["source"] == "ibgp"
    }
    assert connectors == {OLD[1]: OLD[1], OLD[2]: OLD[2], OLD[3]: None}


def test_a_pe_of_today_finds_them_and_their_sources(world: SimWorld) -> None:
    found = {row["pe"]: row["verdict"] for row in world.show("pe4", "mvpn discovery", "red")}
    assert found == dict.fromkeys(OLD.values(), "joined")
    upstream = {row["root"]: row["upstream_pe"] for row in world.show("pe4", "umh", "red")}
    assert upstream == {f"10.1.{number}.10": pe for number, pe in OLD.items()}
