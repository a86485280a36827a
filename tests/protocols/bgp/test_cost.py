"""What a route costs in memory: a hundred thousand of them are to fit on a PE."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

from tests.protocols.bgp.tabled import RED, VPNV4, Far, Here, peer, targets, vpn

ROUTES, PER_SET = 2_000, 5


def _storm(far: Far) -> bytes:
    """Routes of which five have each set of attributes."""
    return b"".join(
        far.encoded(
            *(vpn(number, rd=number % 7) for number in range(first, first + PER_SET)),
            family=VPNV4,
            med=first,
            extended_communities=targets(RED),
        )
        for first in range(0, ROUTES, PER_SET)
    )


def test_a_vpn_route_costs_a_reflector_less_than_700_octets() -> None:
    config = peer(1, families=frozenset({VPNV4}), reflector_client=True)
    here = Here(config)
    far = here.far(config)
    storm = _storm(far)
    octets = _octets(here, lambda: far.wire.says(storm))
    assert len(here.engine.routes(VPNV4)) == ROUTES
    assert octets / ROUTES < 700


def test_who_is_told_a_route_costs_little_more() -> None:
    """What a reflector remembers of each client is a reference, and the attributes once."""
    families = frozenset({VPNV4})
    configs = [peer(n, families=families, reflector_client=True) for n in range(1, 12)]
    here = Here(*configs)
    first = here.far(configs[0])
    first.wire.says(_storm(first))

    def others_come() -> None:
        for config in configs[1:]:
            here.far(config).wire.heard.clear()

    octets = _octets(here, others_come)
    assert len(here.engine.advertised(configs[-1].address, VPNV4)) == ROUTES
    assert octets / ROUTES / len(configs[1:]) < 150


def _octets(here: Here, happens: Callable[[], object]) -> int:
    """The memory that something costs, without what the test itself remembers of it."""
    tracemalloc.start()
    happens()
    here.outputs.clear()
    here.best.clear()
    gc.collect()
    octets = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return octets
