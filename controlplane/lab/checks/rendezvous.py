"""Rendezvous points: routers that exist where they are needed, one point for a group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from controlplane.lab.checks.known import Known, is_address, unknown
from controlplane.lab.checks.twice import Given, given_twice
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.domains import Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.multicast import NetworkPim
from controlplane.lab.file.rendezvous import Rp
from controlplane.net.multicast import SSM_RANGE


@dataclass(frozen=True, slots=True)
class _Network:
    """The provider's own or a VPN: where it stands in the file, and the routers in it."""

    path: FieldPath
    pim: NetworkPim
    routers: frozenset[str]
    words: str


def check_rendezvous(file: LabFile, known: Known) -> Iterator[Problem]:
    """Those of the provider, then those of each VPN."""
    for network in _networks(file):
        yield from _rps(network, known)
        yield from _anycast_rps(network, known)
        yield from _rp_candidates(network, known)
        yield from _bsr_candidates(network, known)
        yield from _ssm_mappings(network, known)


def _networks(file: LabFile) -> Iterator[_Network]:
    domains = Domains(file)
    core = frozenset(name for name in file.routers if domains.is_core(name))
    yield _Network(("provider",), file.provider, core, "of the provider's")
    for name, vpn in file.vpns.items():
        its = {router for router in file.routers if domains.vpn_of_node(router) == name}
        pes = {end for link in file.links if link.vpn == name for end in link.ends}
        yield _Network(("vpns", name), vpn, frozenset(its | pes), f"in {name}")


def _rps(network: _Network, known: Known) -> Iterator[Problem]:
    rps = network.pim.rp
    for at, rp in enumerate(rps):
        here = (*network.path, "rp", at)
        yield from _address((*here, "address"), rp, network, known)
        yield from _any_source((*here, "groups"), [rp.groups])
    ranges = (
        Given(None, rp.groups, (*network.path, "rp", at, "groups")) for at, rp in enumerate(rps)
    )
    yield from given_twice("group range", ranges)


def _address(path: FieldPath, rp: Rp, network: _Network, known: Known) -> Iterator[Problem]:
    if not is_address(rp.address):
        yield from _routers(path, [rp.address], network, known)


def _anycast_rps(network: _Network, known: Known) -> Iterator[Problem]:
    """RFC 4610 2: the members know each other by addresses of their own."""
    shared = network.pim.anycast_rp
    for at, rp in enumerate(shared):
        here = (*network.path, "anycast_rp", at, "members")
        yield from _routers(here, rp.members, network, known)
    addresses = (
        Given(None, rp.address, (*network.path, "anycast_rp", at, "address"))
        for at, rp in enumerate(shared)
    )
    yield from given_twice("address", addresses)


def _rp_candidates(network: _Network, known: Known) -> Iterator[Problem]:
    for at, candidate in enumerate(network.pim.rp_candidate):
        here = (*network.path, "rp_candidate", at)
        yield from _routers((*here, "router"), [candidate.router], network, known)
        yield from _any_source((*here, "groups"), candidate.groups)
    yield from given_twice("group range", _candidacies(network))
    if network.pim.rp_candidate and not network.pim.bsr_candidate:
        text = "needs a `bsr_candidate`, for somebody has to tell the others (RFC 5059)"
        yield Problem((*network.path, "rp_candidate"), text)


def _candidacies(network: _Network) -> Iterator[Given]:
    for at, one in enumerate(network.pim.rp_candidate):
        for groups in one.groups:
            yield Given(one.router, groups, (*network.path, "rp_candidate", at, "groups"))


def _bsr_candidates(network: _Network, known: Known) -> Iterator[Problem]:
    given = []
    for at, candidate in enumerate(network.pim.bsr_candidate):
        path = (*network.path, "bsr_candidate", at, "router")
        yield from _routers(path, [candidate.router], network, known)
        given.append(Given(None, candidate.router, path))
    yield from given_twice("candidate", given)


def _ssm_mappings(network: _Network, known: Known) -> Iterator[Problem]:
    """RFC 4607 4.1: outside of the range a host without sources means any."""
    mappings = network.pim.ssm_mapping
    for at, mapping in enumerate(mappings):
        here = (*network.path, "ssm_mapping", at)
        if not mapping.groups.subnet_of(SSM_RANGE):
            text = f"{mapping.groups} is not in {SSM_RANGE}: hosts there mean any source"
            yield Problem((*here, "groups"), text)
        for source in mapping.sources:
            if not is_address(source):
                yield from unknown((*here, "sources"), "host", [source], known.hosts)


def _any_source(path: FieldPath, ranges: Iterable[IPv4Network]) -> Iterator[Problem]:
    for groups in ranges:
        if groups.subnet_of(SSM_RANGE):
            text = f"{groups} is source-specific (RFC 4607), and needs no rendezvous point"
            yield Problem(path, text)


def _routers(
    path: FieldPath, names: Iterable[str], network: _Network, known: Known
) -> Iterator[Problem]:
    """They are there, and in the network that is spoken of."""
    for name in names:
        yield from unknown(path, "router", [name], known.routers)
        if name in known.routers - network.routers:
            yield Problem(path, f"{name} is not a router {network.words}")
