"""What holds in any network of OSPF routers when nothing more happens."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from controlplane.protocols.ospf.events import AreaId
from controlplane.wire.ospf.lsa import LsaKey
from tests.protocols.ospf.network import Network

Instances = dict[LsaKey, tuple[int, int]]


def instances(network: Network, router: str) -> dict[AreaId | None, Instances]:
    """The LSAs of a router by scope (None for the AS): sequence number and checksum of each."""
    return {
        view.area: {
            lsa.header.key: (lsa.header.sequence_number, lsa.header.checksum) for lsa in view.lsas
        }
        for view in network.engines[router].databases(network.now)
        if view.interface is None
    }


def ages(network: Network, router: str) -> dict[LsaKey, int]:
    """The age of each LSA of a router."""
    return {
        lsa.header.key: lsa.header.age
        for view in network.engines[router].databases(network.now)
        for lsa in view.lsas
    }


def assert_databases_are_equal(network: Network, routers: Iterable[str] | None = None) -> None:
    """Routers have the same LSAs, in each scope that they share."""
    known: dict[AreaId | None, tuple[str, Instances]] = {}
    for router in routers or network.engines:
        for scope, found in instances(network, router).items():
            first, expected = known.setdefault(scope, (router, found))
            assert found == expected, f"{router} and {first} differ in {scope}"


def assert_nothing_is_pending(network: Network) -> None:
    """Every LSA is acknowledged and every request answered."""
    for router, engine in network.engines.items():
        for neighbor in engine.neighbors(network.now):
            where = f"{router}: {neighbor}"
            assert neighbor.state in ("Full", "2-Way"), where
            assert (neighbor.requests, neighbor.retransmissions) == (0, 0), where


def states(network: Network, router: str) -> dict[IPv4Address, str]:
    """The state of each neighbour by its router id; of routers with a single link."""
    return {n.router_id: n.state for n in network.engines[router].neighbors(network.now)}


def cost(network: Network, router: str, prefix: str) -> int:
    return network.routes[router][IPv4Network(prefix)].cost
