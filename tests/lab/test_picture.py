"""The picture of a lab: everything is in it, nothing covers anything else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab, load
from controlplane.lab.picture import write_picture
from controlplane.lab.picture.drawing import draw
from controlplane.lab.picture.places import places
from controlplane.lab.picture.rendezvous import Badge, badges
from controlplane.lab.picture.trees import Branch, branches
from controlplane.lab.snapshot import Snapshot

LoadText = Callable[[str], Lab]

LABS = Path(__file__).parents[2] / "mininet" / "labs"
SVG = "{http://www.w3.org/2000/svg}"


def row(source: str, group: str, incoming: str | None, *outgoing: str) -> dict[str, Any]:
    interfaces = [{"interface": name} for name in outgoing]
    tree = {"source": source, "group": group, "incoming": incoming, "outgoing": interfaces}
    return {**tree, "accepted": []}


def bidirectional(group: str, *interfaces: str) -> dict[str, Any]:
    """Packets are taken from all of its links, and sent on to the others."""
    return {**row("*", group, None, *interfaces), "accepted": list(interfaces)}


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


SHARED = "239.10.0.1"
TUNNEL = [
    Branch("red", "p1-pe2", "p1", tunnel=True),
    Branch("red", "pe1-p1", "pe1", tunnel=True),
]


def in_shared_tree(plain: Snapshot, **of_core: list[dict[str, Any]]) -> Snapshot:
    rows = {(name, "default"): rows for name, rows in of_core.items()}
    return Snapshot({**plain.mroutes, **rows}, plain.members)


def shared_tunnel(small: str, profile: str, rp: str) -> str:
    changed = small.replace("232.10.0.1", SHARED).replace("profile: 0", f"profile: {profile}")
    assert changed.count(profile) == 1
    return f"provider: {{rp: [{rp}]}}\n{changed}"


def test_a_bidirectional_tunnel_is_drawn_as_its_packets_go(load_text: LoadText, small: str) -> None:
    """Up to the RP and down from it, and nowhere back."""
    text = shared_tunnel(small, "pim-gre-bidir", "{address: p1, bidirectional: true}")
    lab = load_text(text)
    snapshot = in_shared_tree(
        grown(lab),
        pe1=[bidirectional(SHARED, "eth1", "mdt-red")],
        p1=[bidirectional(SHARED, "eth1", "eth2")],
        pe2=[bidirectional(SHARED, "eth1", "mdt-red")],
    )
    assert [one for one in branches(lab.layout, snapshot) if one.tunnel] == TUNNEL


def test_a_tunnel_in_sparse_mode_goes_by_the_sources_state_and_else_by_the_shared(
    load_text: LoadText, small: str
) -> None:
    """p1 has both, and its (*,G) would send packets back to pe1; pe2 has the shared tree alone."""
    lab = load_text(shared_tunnel(small, "pim-gre-sm", "p1"))
    source = "10.255.0.1"
    snapshot = in_shared_tree(
        grown(lab),
        pe1=[row("*", SHARED, "eth1", "mdt-red"), row(source, SHARED, "lo0", "eth1")],
        p1=[row("*", SHARED, None, "eth1", "eth2"), row(source, SHARED, "eth1", "eth2")],
        pe2=[row("*", SHARED, "eth1", "mdt-red")],
    )
    assert [one for one in branches(lab.layout, snapshot) if one.tunnel] == TUNNEL


def test_what_a_router_does_not_take_goes_no_further(load_text: LoadText, small: str) -> None:
    lab = load_text(shared_tunnel(small, "pim-gre-sm", "p1"))
    snapshot = in_shared_tree(
        grown(lab),
        pe1=[row("10.255.0.1", SHARED, "lo0", "eth1")],
        p1=[row("10.255.0.1", SHARED, "eth2", "eth1", "eth2")],
    )
    assert [one for one in branches(lab.layout, snapshot) if one.tunnel] == TUNNEL[1:]


@pytest.mark.parametrize(
    ("profile", "rp", "badge", "legend"),
    [
        ("pim-gre-sm", "p1", "RP", "P-tunnel: GRE to 239.10.0.1, RP 10.255.0.3"),
        (
            "pim-gre-bidir",
            "{address: 10.9.9.9, bidirectional: true}",
            None,
            "P-tunnel: GRE to 239.10.0.1, RPA 10.9.9.9",
        ),
    ],
)
def test_the_picture_says_where_shared_trees_meet(
    load_text: LoadText, small: str, profile: str, rp: str, badge: str | None, legend: str
) -> None:
    lab = load_text(shared_tunnel(small, profile, rp))
    assert [one.text for one in badges(lab.layout)] == ([badge] if badge else [])
    root = ElementTree.fromstring(draw(lab, None))
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {legend, *filter(None, [badge])} <= texts


def test_a_rendezvous_point_of_a_customer_is_that_customers(
    load_text: LoadText, small: str
) -> None:
    """pe2 has the address in the VRF; in the core it has another."""
    text = small.replace(
        "rd: 65000:1", "rd: 65000:1, rp: [{address: pe2}, {address: ce1, groups: 239.1.0.0/16}]"
    )
    found = badges(load_text(text).layout)
    assert found == [Badge("ce1", "red", "RP"), Badge("pe2", "red", "RP")]


def test_a_long_legend_takes_another_line() -> None:
    root = ElementTree.fromstring(draw(load(LABS / "legacy-mdt-safi.yaml"), None))
    words = [one for one in root.iter(f"{SVG}text") if "C-tree" in (one.text or "")]
    words += [one for one in root.iter(f"{SVG}text") if "P-tunnel" in (one.text or "")]
    width = float(root.get("viewBox", "").split()[2])
    assert len({one.get("y") for one in words}) == 2
    assert all(float(one.get("x", 0)) + 6.6 * len(one.text or "") < width for one in words)


def test_a_lan_of_pes_and_ces_lies_between_them() -> None:
    layout = load(LABS / "assert.yaml").layout
    where = places(layout)
    bar = where.bars["shared-lan"]
    on_it = [where.nodes[name] for name in ("pe1", "pe2", "ce-a", "ce-b", "ear")]
    assert where.nodes["pe1"].y < bar.y < where.nodes["ce-a"].y
    assert all(
        bar.left < point.x < bar.right and bar.nearest(point).x == point.x for point in on_it
    )
    assert bar.left > 0


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
