"""Rows of what was counted: by the engines of a VRF, and by the router in front of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from controlplane.engine.time import Instant
from controlplane.net.interface import DEFAULT_VRF
from controlplane.router.router import Router
from controlplane.router.show.row import Row
from controlplane.router.vrf import Vrf


def counters(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """What the router drops before it knows the VRF stands under the provider's."""
    rows = [
        _row(vrf.name, engine, _words(what), value)
        for engine, running in vrf.engines()
        for what, value in running.counters.items()
    ]
    if vrf.name == DEFAULT_VRF:
        rows += [
            _row(vrf.name, what.layer, what.reason, value)
            for what, value in router.counters.drops.items()
        ]
    return sorted([*rows, *_unrouted(router, vrf)], key=_order)


def _unrouted(router: Router, vrf: Vrf) -> Iterable[Row]:
    for what, value in router.counters.unrouted.items():
        if what.vrf == vrf.name:
            words = f"{what.reason.name.lower().replace('_', ' ')}: {what.sg}"
            yield _row(vrf.name, "multicast", words, value)


def _row(vrf: str, where: str, what: str, value: int) -> Row:
    return {"vrf": vrf, "where": where, "counter": what, "value": value}


def _words(what: str | Enum) -> str:
    return str(what.value) if isinstance(what, Enum) else what


def _order(row: Row) -> tuple[str, str]:
    return str(row["where"]), str(row["counter"])
