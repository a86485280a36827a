"""RFC 7761 4.3.3 and 4.11: delays that the routers of a LAN agree on."""

from __future__ import annotations

import pytest

from controlplane.protocols.pim.events import PimSettings
from controlplane.wire.pim.hello import LanPruneDelay
from tests.protocols.pim.router import SG, Router, hello, join_prune


def option(propagation: int, override: int, *, tracking: bool = False) -> LanPruneDelay:
    return LanPruneDelay(
        propagation_delay=propagation, override_interval=override, tracking_support=tracking
    )


def lan(*options: LanPruneDelay | None) -> Router:
    """Neighbours with these options; our own delays are 0.2 s and 1 s."""
    router = Router()
    router.up("lan", 1)
    router.enable("lan", PimSettings(propagation_delay=0.2, override_interval=1.0))
    for number, delays in enumerate(options, start=2):
        router.hears("lan", f"10.0.1.{number}", hello(holdtime=0xFFFF, delays=delays))
    return router


@pytest.mark.parametrize(
    ("options", "propagation", "override", "suppression"),
    [
        ((), 0.2, 1.0, False),
        ((option(100, 500),), 0.2, 1.0, True),
        ((option(300, 500),), 0.3, 1.0, True),
        ((option(100, 4000), option(700, 500)), 0.7, 4.0, True),
        ((option(100, 500), None), 0.5, 2.5, True),
        ((option(900, 9000), None), 0.5, 2.5, True),
        ((option(100, 500, tracking=True),), 0.2, 1.0, False),
        ((option(100, 500, tracking=True), option(100, 500)), 0.2, 1.0, True),
        ((option(100, 500, tracking=True), None), 0.5, 2.5, True),
    ],
)
def test_the_largest_delay_counts_where_all_advertise_one(
    options: tuple[LanPruneDelay | None, ...],
    propagation: float,
    override: float,
    suppression: bool,
) -> None:
    (interface,) = lan(*options).engine.interfaces(0.0)
    assert interface.propagation_delay == propagation
    assert interface.override_interval == override
    assert interface.suppression is suppression


def test_a_prune_waits_for_the_sum_of_both() -> None:
    router = lan(option(300, 4000), option(100, 500))
    router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", join=[SG]))
    router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", prune=[SG]))
    assert router.outgoing.prune_pending == 4.3


def test_a_neighbor_that_leaves_takes_its_delays_along() -> None:
    router = lan(option(300, 4000), option(100, 500))
    router.hears("lan", "10.0.1.2", hello(holdtime=0))
    (interface,) = router.engine.interfaces(0.0)
    assert (interface.propagation_delay, interface.override_interval) == (0.2, 1.0)
