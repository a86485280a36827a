"""The rendezvous points that routers know, told to them or learnt (`show ROUTER pim rp`)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from controlplane.lab.expand.layout import Layout
from controlplane.lab.expand.rendezvous import rp_address
from controlplane.lab.file.expect import KnownRps
from controlplane.lab.judge.words import names
from controlplane.lab.tables import Tables, vrf_of
from controlplane.lab.verdict import Seen
from controlplane.net.interface import DEFAULT_VRF


def judge_rps(layout: Layout, expectation: KnownRps, tables: Tables) -> Seen:
    """Whether each router knows those of each range, and no others for it."""
    faults = [
        fault
        for router in expectation.routers
        for fault in _faults(layout, router, expectation, tables)
    ]
    return Seen(not faults, names(faults) or f"at {len(expectation.routers)}")


def _faults(layout: Layout, router: str, expectation: KnownRps, tables: Tables) -> Iterator[str]:
    vrf = vrf_of(layout, router, expectation.vpn)
    vpn = layout.vpn(router) if vrf == DEFAULT_VRF else vrf
    rows = [row for row in tables.rows(router, "pim rp", vrf) if row["table"] == "mapping"]
    for groups, wanted in expectation.rps.items():
        named = {str(rp_address(layout, vpn, name)): name for name in wanted}
        shown = {str(row["rp"]) for row in rows if IPv4Network(row["groups"]) == groups}
        for address in sorted(named.keys() - shown):
            yield f"{router} misses {named[address]} for {groups}"
        for address in sorted(shown - named.keys()):
            yield f"{router} has {_words(layout, vpn, address)} for {groups}"


def _words(layout: Layout, vpn: str | None, address: str) -> str:
    """The router that has it, in its own network, or else the address."""
    its = (router for router in layout.file.routers if _is_in(layout, router, vpn))
    found = (router for router in its if str(rp_address(layout, vpn, router)) == address)
    return next(found, address)


def _is_in(layout: Layout, router: str, vpn: str | None) -> bool:
    if vpn is None:
        return layout.domains.is_core(router)
    return layout.vpn(router) == vpn or vpn in layout.vrfs(router)
