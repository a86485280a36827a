"""What pimd is told: the interfaces and rendezvous points of a RouterConfig in FRR's words.

pimd is the router side of IGMP as well. It has no settings for a few things that we have: the
delays of Hellos and of Prunes on a LAN (RFC 7761 4.11) are its own, and the time between Joins is
one for all interfaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controlplane.engine.time import Duration
from controlplane.net.interface import InterfaceKind
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.pim.config import PimConfig, SptPolicy
from controlplane.protocols.pim.events import PimSettings
from controlplane.router.config import InterfaceConfig, RouterConfig

_HOLD: Final = 3.5
"""Of Hello periods (RFC 7761 4.11)."""


def runs_pimd(config: RouterConfig) -> bool:
    """Whether a router speaks PIM or IGMP anywhere."""
    return any(item.pim or item.igmp for item in config.interfaces)


def pimd_configuration(config: RouterConfig) -> Iterator[str]:
    """The lines of pimd.conf."""
    if not runs_pimd(config):
        return
    for item in config.interfaces:
        yield from _interface(item)
    yield from _everywhere(config)
    yield from _rendezvous(config.pim)


def _interface(item: InterfaceConfig) -> Iterator[str]:
    """pimd takes itself for the RP by an address of an interface with PIM: here the loopback's."""
    if item.interface.kind is InterfaceKind.LOOPBACK:
        yield from ("interface lo", " ip pim")
        return
    yield f"interface {item.interface.name}"
    if item.pim is not None:
        yield from (f" ip pim{words}" for words in _pim(item.pim))
    if item.igmp is not None:
        yield from (f" ip igmp{words}" for words in _igmp(item.igmp))


def _pim(settings: PimSettings) -> Iterator[str]:
    yield ""
    period = _seconds(settings.hello_period)
    yield f" hello {period} {int(_HOLD * period)}"
    yield f" drpriority {settings.dr_priority}"


def _igmp(settings: IgmpSettings) -> Iterator[str]:
    yield ""
    yield f" version {settings.version}"
    yield f" query-interval {_seconds(settings.query_interval)}"
    yield f" query-max-response-time {_tenths(settings.query_response_interval)}"
    yield f" last-member-query-interval {_tenths(settings.last_member_query_interval)}"


def _everywhere(config: RouterConfig) -> Iterator[str]:
    periods = [item.pim.join_prune_period for item in config.interfaces if item.pim]
    if periods:
        yield f"ip pim join-prune-interval {_seconds(min(periods))}"


def _rendezvous(pim: PimConfig) -> Iterator[str]:
    yield from (f"ip pim rp {rp.address} {rp.groups}" for rp in pim.rps)
    if pim.spt is SptPolicy.NEVER:
        yield "ip pim spt-switchover infinity-and-beyond"


def _seconds(duration: Duration) -> int:
    return max(1, round(duration))


def _tenths(duration: Duration) -> int:
    return max(1, round(10 * duration))
