"""The picture of a lab: everything is in it, nothing covers anything else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab
from controlplane.lab.picture import write_picture
from controlplane.lab.picture.drawing import draw
from controlplane.lab.picture.places import places
from controlplane.lab.picture.trees import Branch, branches
from controlplane.lab.snapshot import Snapshot

LoadText = Callable[[str], Lab]

SVG = "{http://www.w3.org/2000/svg}"


def row(source: str, group: str, incoming: str | None, *outgoing: str) -> dict[str, Any]:
    interfaces = [{"interface": name} for name in outgoing]
    return {"source": source, "group": group, "incoming": incoming, "outgoing": interfaces}


def grown(lab: Lab) -> Snapshot:
    """The small lab with one stream from `src` to `rcv`."""
    c_tree, p_tree = ("10.0.1.11", "232.1.1.1"), ("10.255.0.1", "232.10.0.1")
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {
        ("ce1", "default"): [row(*c_tree, "eth2", "eth1")],
        ("pe1", "red"): [row(*c_tree, "eth2", "mdt-red")],
        ("pe1", "default"): [row(*p_tree, "lo0", "eth1")],
        ("p1", "default"): [row(*p_tree, "eth1", "eth2")],
        ("pe2", "default"): [row(*p_tree, "eth1", "mdt-red")],
        ("pe2", "red"): [row(*c_tree, "mdt-red", "eth2")],
        ("ce2", "default"): [row(*c_tree, "eth1", "eth2")],
    }
    return Snapshot(rows, frozenset({"rcv"}))


def test_branches_follow_the_packets_from_the_source_to_the_receivers(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(small)
    assert set(branches(lab.layout, grown(lab))) == {
        Branch("red", "lan1", "src", tunnel=False),
        Branch("red", "pe1-ce1", "ce1", tunnel=False),
        Branch("red", "pe1-p1", "pe1", tunnel=True),
        Branch("red", "p1-pe2", "p1", tunnel=True),
        Branch("red", "pe2-ce2", "pe2", tunnel=False),
        Branch("red", "lan2", "ce2", tunnel=False),
    }


def test_a_flow_in_a_data_mdt_is_drawn_along_that_tree(load_text: LoadText, small: str) -> None:
    """Its branch to p1 is there, that of the default MDT from p1 on is not."""
    lab = load_text(small)
    plain = grown(lab)
    d_tree = row("10.255.0.1", "232.10.1.0", "lo0", "eth1")
    rows = {**plain.mroutes, ("pe1", "default"): [d_tree]}
    flow = ("pe1", "red", "10.0.1.11", "232.1.1.1")
    moved = Snapshot(rows, plain.members, {flow: "232.10.1.0"})
    assert [one.sender for one in branches(lab.layout, moved) if one.tunnel] == ["pe1"]


def test_a_tunnel_without_customer_traffic_is_not_drawn(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    rows = {key: rows for key, rows in grown(lab).mroutes.items() if key[1] == "default"}
    idle = {key: rows for key, rows in rows.items() if not key[0].startswith("ce")}
    assert branches(lab.layout, Snapshot(idle, frozenset())) == []


def test_the_picture_names_every_node_link_and_vpn(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    root = ElementTree.fromstring(draw(lab, grown(lab)))
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {*lab.plan.routers, *lab.plan.hosts, *lab.layout.link} <= texts
    assert {"red: C-tree", "P-tunnel: GRE to 232.10.0.1", "receiver", "not joined"} <= texts


def test_an_arrow_is_drawn_for_each_branch(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    root = ElementTree.fromstring(draw(lab, grown(lab)))
    arrows = [line for line in root.iter(f"{SVG}line") if line.get("marker-end")]
    legend = 2
    assert len(arrows) == 6 + legend


def test_no_two_nodes_of_the_demo_lab_overlap(demo: Lab) -> None:
    where = places(demo.layout)
    assert where.nodes.keys() == demo.plan.routers.keys() | demo.plan.hosts.keys()
    for (one, first), (two, second) in combinations(where.nodes.items(), 2):
        apart = abs(first.x - second.x) >= 100 or abs(first.y - second.y) >= 45
        assert apart, f"{one} and {two}"
        assert 0 < first.x < where.width


def test_the_same_lab_is_the_same_picture(demo: Lab) -> None:
    assert draw(demo, None) == draw(demo, None)


def test_names_cannot_break_the_picture(load_text: LoadText, small: str) -> None:
    lab = load_text('description: a < b & "c"\n' + small)
    root = ElementTree.fromstring(draw(lab, None))
    assert 'a < b & "c"' in {element.text for element in root.iter(f"{SVG}text")}


def test_a_picture_that_cannot_be_written_is_a_line(demo: Lab, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="Is a directory"):
        write_picture(demo, None, tmp_path)
