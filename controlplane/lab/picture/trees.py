"""Which links the trees of a snapshot run over, and in which direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controlplane.lab.checks.expectations import MDT
from controlplane.lab.expand.layout import Layout
from controlplane.lab.judge.words import ANY_SOURCE
from controlplane.lab.snapshot import Snapshot
from controlplane.lab.tables import TableRow, link_name
from controlplane.net.interface import DEFAULT_VRF


@dataclass(frozen=True, slots=True, order=True)
class Branch:
    """Packets of a VPN leave `sender` on `link`; in a `tunnel` they are in GRE."""

    vpn: str
    link: str
    sender: str
    tunnel: bool


def branches(layout: Layout, snapshot: Snapshot) -> list[Branch]:
    """The C-trees of every VPN and the P-tunnels that they ride on, each branch once."""
    found = {branch for vpn in layout.file.vpns for branch in _of_vpn(layout, snapshot, vpn)}
    return sorted(found)


def _of_vpn(layout: Layout, snapshot: Snapshot, vpn: str) -> Iterator[Branch]:
    for (router, vrf), rows in snapshot.mroutes.items():
        if not (vrf == vpn or (vrf == DEFAULT_VRF and layout.vpn(router) == vpn)):
            continue
        for row in rows:
            yield from _from_source(layout, vpn, router, row)
            for link in _outgoing(layout, router, row):
                if link != MDT:
                    yield Branch(vpn, link, router, tunnel=False)
                else:
                    group = _mdt_group(layout, snapshot, vpn, router, row)
                    yield from _tunnel(layout, snapshot, vpn, router, group)


def _from_source(layout: Layout, vpn: str, router: str, row: TableRow) -> Iterator[Branch]:
    """The first link of a tree: from the source to its router."""
    link = layout.link.get(link_name(layout, router, row["incoming"]) or "")
    for end in link.ends if link else ():
        if end.node in layout.file.hosts and str(end.address.ip) == row["source"]:
            yield Branch(vpn, end.link, end.node, tunnel=False)


def _mdt_group(layout: Layout, snapshot: Snapshot, vpn: str, root: str, row: TableRow) -> str:
    """Of the tree that a flow is in."""
    flow = root, vpn, row["source"], row["group"]
    return snapshot.data_mdts.get(flow) or str(layout.file.vpns[vpn].default_group(root))


def _tunnel(
    layout: Layout, snapshot: Snapshot, vpn: str, root: str, group: str
) -> Iterator[Branch]:
    """The way of a packet that a PE sends into a tree of its own, or into one that all share.

    It is followed from router to router: one that has no (S,G) state takes it by its (*,G) state,
    and in a bidirectional tree it goes up to the RP as well as down. Registers are not drawn.
    """
    source = str(layout.loopbacks[root])
    todo: list[tuple[str, str | None]] = [(root, None)]
    seen = set(todo)
    while todo:
        router, came_by = todo.pop()
        row = _row(snapshot, router, source, group)
        if row is None or (came_by and came_by not in _incoming(layout, router, row)):
            continue
        for link in set(_outgoing(layout, router, row)) - {MDT, came_by}:
            yield Branch(vpn, link, router, tunnel=True)
            ends = {(end.node, link) for end in layout.link[link].ends if end.node != router}
            todo += ends - seen
            seen |= ends


def _row(snapshot: Snapshot, router: str, source: str, group: str) -> TableRow | None:
    """The route that a packet takes there: (S,G) before (*,G)."""
    found = {
        row["source"]: row
        for row in snapshot.mroutes.get((router, DEFAULT_VRF), [])
        if row["group"] == group
    }
    return found.get(source) or found.get(ANY_SOURCE)


def _incoming(layout: Layout, router: str, row: TableRow) -> set[str | None]:
    """The links that packets of a tree are taken from: several of a bidirectional one."""
    return {link_name(layout, router, one) for one in (row["incoming"], *row["accepted"])}


def _outgoing(layout: Layout, router: str, row: TableRow) -> Iterator[str]:
    for one in row["outgoing"]:
        name = link_name(layout, router, one["interface"])
        if name in layout.link or name == MDT:
            yield str(name)
