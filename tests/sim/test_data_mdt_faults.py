"""Data MDTs of routers that fail, through the compiled program: what a receiver misses, and why.

Timers are those of RFC 6513 but for the interval, which is what losses are measured in.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from tests.sim.test_mvpn_faults import GROUP, MVPN
from tests.sim.vpn_world import PE1, RATE, Streamed, VpnWorld

INTERVAL = 20
DATA_MDT = f"{{pool: 232.10.1.0/30, interval: {INTERVAL}, timeout: 60}}"
LAB = MVPN.replace("default_mdt: 232.10.0.1", f"default_mdt: 232.10.0.1, data_mdt: {DATA_MDT}")
TREE = f"({PE1}, 232.10.1.0)"
JOINED = f"data MDT {TREE} is joined for (10.1.1.10, {GROUP})"


@pytest.fixture
def faults(tmp_path: Path) -> VpnWorld:
    made = VpnWorld(tmp_path, LAB)
    made.world.join("red-h2", IPv4Address(GROUP), made.lab.layout.address("red-h1"))
    made.run(8)
    assert bindings(made) == [("232.10.1.0", True)]
    return made


def stream(faults: VpnWorld, seconds: float) -> Streamed:
    return faults.stream("red-h1", "red-h2", seconds, GROUP)


def bindings(faults: VpnWorld) -> list[tuple[str, bool]]:
    """The data MDTs that pe2 knows in red, and whether it has joined them."""
    rows = faults.rows("pe2", "mvpn data-mdt", "red")
    return [(row["mdt_group"], row["joined"]) for row in rows]


def test_a_leaf_that_restarts_hears_of_the_binding_soon(faults: VpnWorld) -> None:
    """Its A-D route goes and comes, which the root sees; else it would miss a whole interval."""
    sent = stream(faults, 40)
    faults.run(2)
    faults.world.restart("pe2")
    faults.run(38)
    assert 0 < len(sent.lost()) < 12 * RATE
    assert max(sent.lost()) < 14 * RATE
    assert bindings(faults) == [("232.10.1.0", True)]


def test_a_root_that_restarts_begins_in_the_default_mdt(faults: VpnWorld) -> None:
    """Leaves keep what they knew until it times out; no packet comes by two ways."""
    sent = stream(faults, 40)
    faults.run(2)
    faults.world.restart("pe1")
    faults.run(40)
    received = faults.world.received("red-h2", sent.stream.name).numbers
    assert len(received) == len(set(received))
    assert max(sent.lost()) < 10 * RATE
    assert faults.rows("pe1", "mvpn data-mdt", "red")[0]["state"] == "selective"


def test_a_root_that_is_gone_takes_its_data_mdts_along(faults: VpnWorld) -> None:
    faults.world.set_link("near", up=False)
    faults.run(15)
    assert bindings(faults) == []
    assert faults.log("pe2", "mvpn", "red")[-2:] == [
        f"PE {PE1} is gone: no route speaks of it, its tunnel ({PE1}, 232.10.0.1) is left",
        f"data MDT {TREE} is left: no flow in it is wanted here",
    ]
    assert [row for row in faults.rows("pe2", "mroute") if row["group"] == "232.10.1.0"] == []


def test_a_link_of_the_core_that_fails_costs_a_data_mdt_no_more_than_itself(
    faults: VpnWorld,
) -> None:
    sent = stream(faults, 30)
    faults.run(2)
    faults.world.set_link("far", up=False)
    faults.run(1)
    faults.world.set_link("far", up=True)
    faults.run(27)
    received = faults.world.received("red-h2", sent.stream.name).numbers
    assert len(received) == len(set(received))
    assert max(sent.lost()) < 12 * RATE
    assert bindings(faults) == [("232.10.1.0", True)]
