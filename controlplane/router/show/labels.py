"""Rows of LDP, MPLS and BFD: `show mpls ldp ...`, `show mpls forwarding-table`, `show bfd`."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.net.label import EXPLICIT_NULL
from controlplane.router.router import Router
from controlplane.router.show.forwarding import label_rows
from controlplane.router.show.row import Row
from controlplane.router.show.view import row_of
from controlplane.router.vrf import Vrf


def ldp_neighbor(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """`neighbor` is the peer's router id."""
    if vrf.ldp is None:
        return []
    return [
        {
            **row_of(vrf, view),
            "neighbor": str(view.peer.router),
            "state": view.state.capitalize(),
        }
        for view in vrf.ldp.neighbors(now)
    ]


def ldp_discovery(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [row_of(vrf, view) for view in vrf.ldp.discovery(now)] if vrf.ldp else []


def ldp_interface(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [row_of(vrf, view) for view in vrf.ldp.interfaces(now)] if vrf.ldp else []


def ldp_binding(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """The label information base."""
    return [row_of(vrf, view) for view in vrf.ldp.bindings()] if vrf.ldp else []


def mpls_forwarding(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """The incoming label map, with the FEC of each label and what each next hop does.

    Label 0 is that of many FECs, or of none.
    """
    if vrf.ldp is None:
        return []
    fecs = {binding.local: str(binding.prefix) for binding in router.labels.all()}
    fecs.pop(EXPLICIT_NULL, None)
    return [{**row, "fec": fecs.get(route.label)} for route, row in label_rows(router, vrf)]


def bfd_neighbor(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return [
        {
            **row_of(vrf, view),
            "state": view.state.capitalize(),
            "remote_state": view.remote_state.capitalize(),
        }
        for view in vrf.bfd.sessions(now)
    ]
