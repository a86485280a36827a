"""How long a LAN takes to agree (RFC 7761 4.3.3): delays negotiated by LAN Prune Delay options.

A router that gets a Prune on a LAN waits J/P_Override_Interval(I) before it stops forwarding, so
that another router may override the Prune with a Join; that one waits a random part of the
Override Interval, lest all answer at once. What all neighbours advertise counts, the largest of
it; where one advertises nothing, the defaults do.
"""

from __future__ import annotations

from random import Random
from typing import Final

from controlplane.engine.time import Duration
from controlplane.protocols.pim.interface import PimInterface
from controlplane.wire.pim.hello import LanPruneDelay

_PROPAGATION_DELAY_DEFAULT: Final = 0.5
_T_OVERRIDE_DEFAULT: Final = 2.5
_SUPPRESSION_RANGE: Final = (1.1, 1.4)
_MILLISECONDS: Final = 1000


def effective_propagation_delay(interface: PimInterface) -> Duration:
    """Effective_Propagation_Delay(I)."""
    options = _options(interface)
    if options is None:
        return _PROPAGATION_DELAY_DEFAULT
    advertised = (option.propagation_delay / _MILLISECONDS for option in options)
    return max((interface.settings.propagation_delay, *advertised))


def effective_override_interval(interface: PimInterface) -> Duration:
    """Effective_Override_Interval(I)."""
    options = _options(interface)
    if options is None:
        return _T_OVERRIDE_DEFAULT
    advertised = (option.override_interval / _MILLISECONDS for option in options)
    return max((interface.settings.override_interval, *advertised))


def suppression_enabled(interface: PimInterface) -> bool:
    """Suppression_Enabled(I): off where every neighbour can track each of us."""
    options = _options(interface)
    return options is None or not all(option.tracking_support for option in options)


def join_prune_override_interval(interface: PimInterface) -> Duration:
    """J/P_Override_Interval(I) (RFC 7761 4.11)."""
    return effective_propagation_delay(interface) + effective_override_interval(interface)


def prune_pending_interval(interface: PimInterface) -> Duration:
    """How long a Prune waits for another router to object: not at all where there is none."""
    return join_prune_override_interval(interface) if len(interface.neighbors) > 1 else 0.0


def t_override(interface: PimInterface, rng: Random) -> Duration:
    """RFC 7761 4.11: rand(0, Effective_Override_Interval(I))."""
    return rng.uniform(0, effective_override_interval(interface))


def t_suppressed(interface: PimInterface, rng: Random) -> Duration:
    """RFC 7761 4.11: rand(1.1 * t_periodic, 1.4 * t_periodic), 0 where suppression is off."""
    if not suppression_enabled(interface):
        return 0.0
    return rng.uniform(*_SUPPRESSION_RANGE) * interface.settings.join_prune_period


def _options(interface: PimInterface) -> tuple[LanPruneDelay, ...] | None:
    """What the neighbours advertise; None when lan_delay_enabled(I) is false: one sends none."""
    options = [n.hello.lan_prune_delay for n in interface.neighbors.values()]
    present = tuple(option for option in options if option is not None)
    return present if len(present) == len(options) else None
