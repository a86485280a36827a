"""Corners of a core that random ones have found: aggregates, default routes, label 0, what is told.

r1 - r2 - r3 | r4 - r5        the backbone, and an area behind r3
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import yaml

from controlplane.lab.load import Lab, load
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.trace.model import Hop
from controlplane.lab.trace.walk import Walk
from tests.sim.core_checks import Checks
from tests.sim.core_oracle import Oracle

AREA = "0.0.0.1"
LAB = """\
timers: {ospf: {hello_interval: 1, dead_interval: 4}}
provider:
  ospf: {min_ls_interval: 0.2, min_ls_arrival: 0.1}
  ldp: {hello_interval: 1, hello_hold: 4}
routers:
  r1: {role: p, loopback: 192.0.0.1}
  r2: {role: p, loopback: 192.0.0.2}
  r3: {role: p, loopback: 192.0.0.3}
  r4: {role: p, loopback: 192.0.1.4, area: 0.0.0.1}
  r5: {role: p, loopback: 192.0.1.5, area: 0.0.0.1}
hosts: {h5: {}}
links:
  - ends: [r1, r2]
  - ends: [r2, r3]
  - {ends: [r3, r4], area: 0.0.0.1}
  - {ends: [r4, r5], area: 0.0.0.1}
  - {name: lan, ends: {r5: {ospf: false}, h5: {}}, subnet: 172.20.5.0/24, area: 0.0.0.1}
"""


class Core:
    def __init__(self, lab: Lab, world: SimWorld) -> None:
        self.world = world
        self._lab = lab

    def faults(self) -> list[str]:
        return Checks(self.world, self._lab.plan, Oracle(self._lab.layout)).faults()

    def way(self, router: str, address: str) -> tuple[list[tuple[str, int]], str]:
        """The routers on the only way, each with how many labels the packet has, and the end."""
        fibs = {name: self.world.fib(name) for name in self._lab.plan.routers}
        hops = _hops(Walk(self._lab.plan, fibs).start(router, "default", IPv4Address(address)))
        *_, last = hops
        return [(hop.router, len(hop.packet.labels)) for hop in hops], last.end


def _hops(first: Hop) -> list[Hop]:
    hops = [first]
    while hops[-1].copies:
        (copy,) = hops[-1].copies
        hops += copy.to
    return hops


@contextmanager
def core(folder: Path, area: dict[str, Any], **ldp: str) -> Iterator[Core]:
    """The lab at rest, with the area of this kind, and settings of LDP."""
    file = yaml.safe_load(LAB)
    file["provider"]["ospf"]["areas"] = {AREA: area}
    file["provider"]["ldp"] |= ldp
    if area.get("kind") == "nssa":
        file["routers"]["r5"]["redistribute"] = ["connected"]
    path = folder / "core.yaml"
    path.write_text(yaml.safe_dump(file))
    lab = load(path)
    world = SimWorld(lab.plan)
    world.start()
    world.advance_to(15.0)
    yield Core(lab, world)
    world.stop()


def test_the_lsp_of_a_range_ends_at_its_border_router(tmp_path: Path) -> None:
    """Behind it each network has an LSP of its own; what is no network is dropped there."""
    with core(tmp_path, {"ranges": [{"prefix": "192.0.1.0/24"}]}) as it:
        assert it.faults() == []
        way = [("r1", 0), ("r2", 1), ("r3", 0), ("r4", 1), ("r5", 0)]
        assert it.way("r1", "192.0.1.5") == (way, "for this router")
        assert it.way("r1", "192.0.1.99") == (way[:3], "discarded")


@pytest.mark.parametrize("control", ["independent", "ordered"])
@pytest.mark.parametrize("kind", ["stub", "nssa"])
def test_a_default_route_leads_out_of_the_area_without_labels(
    tmp_path: Path, kind: str, control: str
) -> None:
    """Who tells of it has none itself, so nobody would end its LSP."""
    with core(tmp_path, {"kind": kind, "summaries": False}, control=control) as it:
        assert it.faults() == []
        way = [("r5", 0), ("r4", 0), ("r3", 0), ("r2", 1), ("r1", 0)]
        assert it.way("r5", "192.0.0.1") == (way, "for this router")


def test_sessions_come_up_where_routers_ask_for_label_0(tmp_path: Path) -> None:
    """A packet for a router may reach it with that label."""
    with core(tmp_path, {}, egress_label="explicit-null") as it:
        assert it.faults() == []
        way = [("r1", 0), ("r2", 1), ("r3", 1), ("r4", 1), ("r5", 1)]
        assert it.way("r1", "192.0.1.5") == (way, "for this router")


def test_subnets_that_ospf_runs_on_are_not_told_as_external_ones(tmp_path: Path) -> None:
    with core(tmp_path, {"kind": "nssa"}) as it:
        assert it.faults() == []
        rows = it.world.show("r1", "ospf route", None)
        external = [row["prefix"] for row in rows if row["path_type"] == "external_2"]
        assert external == ["172.20.5.0/24"]
