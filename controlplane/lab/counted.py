"""What a switch has counted, beside the rows of `show` that it belongs to.

`mroute` and the multicast rows of `forwarding` get the packets of their (S,G), `mpls forwarding`
and the label rows of `forwarding` those that came under the label, interface rows of `forwarding`
those in and out. Behind the rows of the provider's table `forwarding` says what was punted to the
CPU and what was dropped, by reason: `{"table": "punt", "reason", "packets", "policed"}` and
`{"table": "drop", "reason", "packets"}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from controlplane.fib.model import GLOBAL_VRF
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import AnySource, SourceGroup, TreeName
from controlplane.p4rt.counters import Count, Counters
from controlplane.router.config import RouterConfig

COUNTED: Final = frozenset({"mroute", "forwarding", "mpls forwarding"})
"""The nouns that counters say something about."""

_Row = dict[str, Any]


def with_counters(
    rows: Sequence[_Row], noun: str, vrf: str | None, config: RouterConfig, counters: Counters
) -> list[_Row]:
    """The rows of a noun and VRF (None: of all), with what the switch has counted."""
    ids = {DEFAULT_VRF: GLOBAL_VRF, **{vrf.name: vrf.id for vrf in config.vrfs}}
    routes = counters.routes
    counted = [{**row, **_counts(row, ids, counters, routes)} for row in rows]
    if noun == "forwarding" and vrf in (None, DEFAULT_VRF):
        counted += [*_punts(counters), *_drops(counters)]
    return sorted(counted, key=_is_customers)


def _is_customers(row: _Row) -> bool:
    """The provider's rows come first; within a VRF rows stay in their order."""
    return bool(row["vrf"] != DEFAULT_VRF)


def _counts(
    row: _Row,
    ids: Mapping[str, int],
    counters: Counters,
    routes: Mapping[tuple[int, TreeName], Count],
) -> _Row:
    if "source" in row:
        count = routes.get((ids[row["vrf"]], _tree(row)), Count())
        return {"packets": count.packets, "octets": count.octets}
    if row.get("table") == "interface":
        received = counters.interface_in.get(row["index"], Count())
        sent = counters.interface_out.get(row["index"], Count())
        return {"packets_in": received.packets, "packets_out": sent.packets}
    if row.get("table") == "label":
        count = counters.labels.get(row["label"], Count())
        return {"packets": count.packets, "octets": count.octets}
    return {}


def _tree(row: _Row) -> TreeName:
    if row["source"] == "*":
        return AnySource(IPv4Network(row["group"]))
    return SourceGroup(IPv4Address(row["source"]), IPv4Address(row["group"]))


def _punts(counters: Counters) -> Iterator[_Row]:
    for reason in sorted(counters.punted.keys() | counters.policed.keys()):
        yield {
            "vrf": DEFAULT_VRF,
            "table": "punt",
            "reason": _words(reason),
            "packets": counters.punted.get(reason, Count()).packets,
            "policed": counters.policed.get(reason, Count()).packets,
        }


def _drops(counters: Counters) -> Iterator[_Row]:
    for reason, count in sorted(counters.dropped.items()):
        yield {
            "vrf": DEFAULT_VRF,
            "table": "drop",
            "reason": _words(reason),
            "packets": count.packets,
        }


def _words(reason: IntEnum) -> str:
    return reason.name.lower().replace("_", " ")
