"""Rendezvous points: routers that exist where they are needed, one point for a group."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.checks.twice import Given, given_twice
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.domains import Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.multicast import Rp, SharedTrees
from controlplane.net.multicast import SSM_RANGE


def check_rendezvous(file: LabFile, known: Known) -> Iterator[Problem]:
    """Those of the provider, then those of each VPN."""
    domains = Domains(file)
    core = {name for name in file.routers if domains.is_core(name)}
    yield from _rps(("provider",), file.provider, known, core, "of the provider's")
    for name, vpn in file.vpns.items():
        its = {router for router in file.routers if domains.vpn_of_node(router) == name}
        pes = {end for link in file.links if link.vpn == name for end in link.ends}
        yield from _rps(("vpns", name), vpn, known, its | pes, f"in {name}")


def _rps(
    path: FieldPath, given: SharedTrees, known: Known, there: set[str], where: str
) -> Iterator[Problem]:
    for at, rp in enumerate(given.rp):
        here = (*path, "rp", at)
        yield from _address((*here, "address"), rp, known, there, where)
        if rp.groups.subnet_of(SSM_RANGE):
            text = f"{rp.groups} is source-specific (RFC 4607), and needs no rendezvous point"
            yield Problem((*here, "groups"), text)
    ranges = (Given(None, rp.groups, (*path, "rp", at, "groups")) for at, rp in enumerate(given.rp))
    yield from given_twice("group range", ranges)


def _address(
    path: FieldPath, rp: Rp, known: Known, there: set[str], where: str
) -> Iterator[Problem]:
    if _is_address(rp.address):
        return
    yield from unknown(path, "router", [rp.address], known.routers)
    if rp.address in known.routers - there:
        yield Problem(path, f"{rp.address} is not a router {where}")


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
