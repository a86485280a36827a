"""Routing tables and databases of both sides in one form, so that they can be compared.

A route is `{"10.9.0.2/32": "intra-area 20 via 10.0.0.2"}`; an LSA is its link state id, who told
it, its sequence number and its checksum.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from controlplane.protocols.ospf.events import OspfRoute, PathType, RoutesUpdated
from controlplane.protocols.ospf.show import DatabaseView
from tests.peers.frr import Frr

Table = dict[str, str]
Database = set[tuple[str, str, str, str]]

_WORDS: Final = {
    PathType.INTRA_AREA: "intra-area",
    PathType.INTER_AREA: "inter-area",
    PathType.EXTERNAL_1: "external 1",
    PathType.EXTERNAL_2: "external 2",
}
_FRR_WORDS: Final = {
    "N": "intra-area",
    "N IA": "inter-area",
    "N E1": "external 1",
    "N E2": "external 2",
}


def our_table(outputs: Iterable[object]) -> Table:
    """What an engine has told of its routes, up to now."""
    table: Table = {}
    for output in outputs:
        if isinstance(output, RoutesUpdated):
            table |= {str(route.prefix): _words(route) for route in output.changed}
            for prefix in output.withdrawn:
                del table[str(prefix)]
    return table


def frr_table(frr: Frr) -> Table:
    """FRR's OSPF routes to networks; those to routers are left out."""
    routes: dict[str, Any] = frr.json("show ip ospf route json")
    return {
        prefix: _frr_words(route)
        for prefix, route in routes.items()
        if route["routeType"].rstrip() in _FRR_WORDS
    }


def our_database(databases: Iterable[DatabaseView], area: str) -> Database:
    """What the engine shows of an area's database."""
    return {
        (
            str(view.header.link_state_id),
            str(view.header.advertising_router),
            f"{view.header.sequence_number & 0xFFFFFFFF:x}",
            f"{view.header.checksum:x}",
        )
        for database in databases
        if str(database.area) == area and database.interface is None
        for view in database.lsas
    }


def frr_database(frr: Frr, area: str) -> Database:
    """FRR's database of an area; beside each list of LSAs its answer has their number."""
    shown: dict[str, Any] = frr.json("show ip ospf database json")["areas"].get(area, {})
    return {
        (lsa["lsId"], lsa["advertisedRouter"], lsa["sequenceNumber"], lsa["checksum"])
        for lsas in shown.values()
        if isinstance(lsas, list)
        for lsa in lsas
    }


def _words(route: OspfRoute) -> str:
    cost = route.cost2 if route.path_type is PathType.EXTERNAL_2 else route.cost
    hops = [f"via {hop.address}" if hop.address else "direct" for hop in route.next_hops]
    return " ".join([_WORDS[route.path_type], str(cost), *sorted(hops)])


def _frr_words(route: dict[str, Any]) -> str:
    kind = _FRR_WORDS[route["routeType"].rstrip()]
    cost = route["type2cost"] if kind == "external 2" else route["cost"]
    hops = [f"via {hop['ip']}" if hop["ip"].strip() else "direct" for hop in route["nexthops"]]
    return " ".join([kind, str(cost), *sorted(hops)])
