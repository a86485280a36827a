"""The BGP sessions that routers have, in the provider's table and in those of customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Final

from controlplane.lab.expand.layout import Layout
from controlplane.lab.expand.sessions import peerings
from controlplane.lab.file.expect import BgpSessions
from controlplane.lab.judge.adjacency import address_words
from controlplane.lab.judge.words import names
from controlplane.lab.reach import Table
from controlplane.lab.tables import Tables, vrf_of
from controlplane.lab.verdict import Seen
from controlplane.net.interface import DEFAULT_VRF

_UP: Final = "Established"


def bgp_peers(layout: Layout) -> Mapping[Table, Mapping[IPv4Address, str]]:
    """The peers that the file implies, by table: their addresses and names."""
    tables = (
        (router, vrf)
        for router in layout.file.routers
        for vrf in (DEFAULT_VRF, *layout.vrfs(router))
    )
    return {
        table: {one.address: one.peer.router for one in peerings(layout, *table)}
        for table in tables
    }


def judge_bgp(layout: Layout, expectation: BgpSessions, tables: Tables) -> Seen:
    """Whether each router shows the sessions that it should have as up, and no others."""
    possible = bgp_peers(layout)
    wanted = _wanted(layout, expectation, possible)
    faults = [
        fault
        for table, peers in wanted.items()
        for fault in _faults(layout, table, peers, possible[table], tables)
    ]
    return Seen(not faults, names(faults) or f"{sum(map(len, wanted.values()))} sessions")


def _wanted(
    layout: Layout,
    expectation: BgpSessions,
    possible: Mapping[Table, Mapping[IPv4Address, str]],
) -> Mapping[Table, frozenset[IPv4Address]]:
    if expectation.bgp_sessions is None:
        return {table: frozenset(peers) for table, peers in possible.items() if peers}
    return {
        (table := (router, vrf_of(layout, router, expectation.vpn))): frozenset(
            address for address, name in possible[table].items() if name in named
        )
        for router, named in expectation.bgp_sessions.items()
    }


def _faults(
    layout: Layout,
    table: Table,
    wanted: frozenset[IPv4Address],
    peers: Mapping[IPv4Address, str],
    tables: Tables,
) -> Iterator[str]:
    router, vrf = table
    rows = tables.rows(router, "bgp neighbor", vrf)
    shown = {IPv4Address(row["neighbor"]) for row in rows if row["state"] == _UP}
    where = "" if vrf == DEFAULT_VRF else f" in {vrf}"
    for address in sorted(wanted - shown):
        yield f"{router} misses {peers[address]}{where}"
    for address in sorted(shown - wanted):
        yield f"{router} has {peers.get(address) or address_words(layout, str(address))}{where}"
