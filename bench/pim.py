"""C-PIM of a PE with 10,000 C-(S,G): what joins cost, and what it costs to keep the states.

    joins     they come over the MI-PMSI in full messages; each message is programmed into a switch
              in this process before the next one
    memory    of all Python objects that are there then: PIM, router, Fib, and the switch's entries
              as wanted and as written
    tunnel    the P-tunnel that all C-routes go into gets another branch
    steady    a minute in which all Joins come once more and go on once more; then another in which
              a third PE says the same over the MI-PMSI, so that this one need not (RFC 7761 4.5.5)

All times are of this process's CPU.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import IPv4Address
from typing import Final

from bench.figure import Figure
from bench.pim_pe import (
    EDGE,
    FAR,
    FAR_SOURCE,
    ME,
    MTU,
    NEAR_SOURCE,
    SPARSE,
    THIRD,
    Pe,
    joins,
    trees,
)
from controlplane.engine.time import Duration
from controlplane.fib.model import Fib
from controlplane.mvpn.gre import OVERHEAD
from controlplane.net.interned import address
from controlplane.p4rt.desired_multicast import ROUTE_TABLES
from controlplane.p4rt.entities import GROUP
from controlplane.p4rt.memory import MemoryTarget
from controlplane.p4rt.programmer import Programmer
from controlplane.protocols.pim.config import PimConfig

STATES: Final = 10_000
GROUPS: Final = IPv4Address("232.1.0.0")
_SSM: Final = PimConfig(), GROUPS
_ASM: Final = SPARSE, IPv4Address("239.1.0.0")
_MINUTE: Final = 60
_PROGRAMMED, _OCTETS, _SHARE = 2.0, 2000.0, 5.0


def pim_figures() -> Iterator[Figure]:
    yield from _join_figures()
    yield from _tunnel_figures()
    yield from _steady_figures()


def over_pmsi(source: IPv4Address, groups: IPv4Address, upstream: IPv4Address) -> list[bytes]:
    """Joins of all states to a PE, in messages that fill what GRE leaves of the MTU."""
    return list(joins(upstream, trees(source, groups, STATES), MTU - OVERHEAD))


# -- joins


def _join_figures() -> Iterator[Figure]:
    config, groups = _SSM
    told = over_pmsi(NEAR_SOURCE, groups, ME)
    target = MemoryTarget()
    pe = Pe(target.set_fib, config)
    begun = time.process_time()
    _hear(pe, told)
    took = time.process_time() - begun
    target.close()
    what = f"{STATES:,} C-(S,G) joins in {len(told)} messages, and in the switch: CPU"
    yield Figure(what, took, "s", _PROGRAMMED)
    yield Figure("  octets a state, SSM", _octets(*_SSM), "B", _OCTETS)
    yield Figure("  octets a state, sparse mode", _octets(*_ASM), "B", _OCTETS)


def _octets(config: PimConfig, groups: IPv4Address) -> float:
    told = over_pmsi(NEAR_SOURCE, groups, ME)
    pe = Pe(Planned().write, config)
    return traced(lambda: _hear(pe, told)) / STATES


def traced(step: Callable[[], None]) -> float:
    """The octets of all that is there after a step and was not before.

    Addresses are made once a process, so they are to be new ones.
    """
    address.cache_clear()
    gc.collect()
    tracemalloc.start()
    step()
    gc.collect()
    octets = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return octets


class Planned:
    """A switch that takes all: how many entities of each kind were written."""

    def __init__(self) -> None:
        self._programmer = Programmer()
        self.written: Counter[str] = Counter()

    def write(self, fib: Fib) -> None:
        for batch in self._programmer.program(fib):
            self._programmer.written(batch)
            self.written.update(update.entity.key[0] for update in batch)


def _hear(pe: Pe, told: list[bytes]) -> None:
    """The far PE joins all."""
    for message in told:
        pe.from_pe(FAR, message)
    routes = sum(bool(route.vrf) for route in pe.fib.multicast)
    assert routes == STATES, f"{routes} C-routes"


# -- a change of the provider's tree


def _tunnel_figures() -> Iterator[Figure]:
    """Two sets of copies change: that of all C-routes, and that of the tunnel's own P-route."""
    switch = Planned()
    config, groups = _SSM
    pe = Pe(switch.write, config)
    _hear(pe, over_pmsi(NEAR_SOURCE, groups, ME))
    switch.written.clear()
    begun = time.process_time()
    pe.branch()
    took = time.process_time() - begun
    kinds = switch.written
    yield Figure(
        f"a P-tunnel under {STATES:,} C-routes branches: groups written", kinds[GROUP], "", 2
    )
    yield Figure("  routes written", sum(kinds[table] for table in ROUTE_TABLES), "", 0)
    yield Figure("  CPU until it is planned", took, "s")


# -- steady state


def _steady_figures() -> Iterator[Figure]:
    """What is behind the CE is wanted by the far PE; then the other way round, and the third PE
    wants it too."""
    config, groups = _SSM
    pe = Pe(Planned().write, config)
    told = [partial(pe.from_pe, FAR, one) for one in over_pmsi(NEAR_SOURCE, groups, ME)]
    what = f"{STATES:,} C-(S,G), Joins heard and sent: share of a core"
    yield from _minute(what, pe, told)
    pe = Pe(Planned().write, config)
    of_ce = joins(EDGE, trees(FAR_SOURCE, groups, STATES), MTU)
    told = [partial(pe.from_pe, THIRD, one) for one in over_pmsi(FAR_SOURCE, groups, FAR)]
    told += [partial(pe.from_ce, one) for one in of_ce]
    yield from _minute("  heard of a CE and of another PE, so none are sent", pe, told)


def _minute(what: str, pe: Pe, told: Sequence[Callable[[], None]]) -> Iterator[Figure]:
    """The second one: in the first the states come up. It begins in the middle of a period."""
    half, between = len(told) // 2, _MINUTE / len(told)
    _tell(pe, [*told, *told[:half]], between)
    before = pe.joins_sent
    begun = time.process_time()
    _tell(pe, [*told[half:], *told[:half]], between)
    share = 100 * (time.process_time() - begun) / _MINUTE
    yield Figure(what, share, "%", _SHARE)
    yield Figure("  messages heard, in a minute", len(told), "")
    yield Figure("  messages sent", pe.joins_sent - before, "")


def _tell(pe: Pe, told: Sequence[Callable[[], None]], between: Duration) -> None:
    """All messages, one after the other."""
    for tell in told:
        tell()
        pe.run(pe.now + between)
