"""When routes are calculated: at once after a quiet time, less and less often in a storm."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.protocols.ospf.events import OspfConfig, Throttle
from controlplane.protocols.ospf.notices import RoutesCalculated
from controlplane.protocols.ospf.throttle import SpfThrottle
from tests.protocols.ospf.network import P2P, Network

THROTTLE = Throttle(initial=0.02, hold=0.2, maximum=5.0)


def test_the_first_run_waits_for_the_initial_delay_alone() -> None:
    assert SpfThrottle(THROTTLE).next_run(100.0, 100.0) == pytest.approx(100.02)


def test_while_runs_are_frequent_the_wait_doubles_up_to_the_maximum() -> None:
    throttle, now, waits = SpfThrottle(THROTTLE), 0.0, []
    for _ in range(9):
        at = throttle.next_run(now, now)
        waits.append(round(at - now, 3))
        now = at
        throttle.ran(now)
    assert waits == [0.02, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_after_the_maximum_without_a_run_the_delay_is_the_initial_one() -> None:
    throttle = SpfThrottle(THROTTLE)
    throttle.ran(0.0)
    throttle.ran(0.2)
    assert throttle.next_run(1.0, 1.0) == pytest.approx(1.02)
    assert throttle.next_run(0.3, 0.3) == pytest.approx(0.6)
    assert throttle.next_run(5.3, 5.3) == pytest.approx(5.32)
    throttle.ran(5.32)
    assert throttle.next_run(5.32, 5.32) == pytest.approx(5.52)


def test_a_run_waits_while_changes_keep_coming() -> None:
    assert SpfThrottle(THROTTLE).next_run(100.015, 100.0) == pytest.approx(100.035)


def test_changes_that_keep_coming_put_a_run_off_for_the_hold_time_at_most() -> None:
    assert SpfThrottle(THROTTLE).next_run(100.19, 100.0) == pytest.approx(100.2)


def test_many_changes_within_the_wait_are_one_run() -> None:
    network = Network()
    config = OspfConfig(router_id=IPv4Address(0), min_ls_interval=0.001, min_ls_arrival=0.0)
    network.router("a", "192.0.2.1", config)
    network.router("b", "192.0.2.2", config)
    network.link("a", "b")
    network.run(60)
    before = len(network.notices(RoutesCalculated, "b"))
    for step in range(10):
        network.loopback("a", "192.0.2.1/32", replace(P2P, cost=step))
        network.run(0.001)
    network.run(60)
    assert len(network.notices(RoutesCalculated, "b")) - before in (1, 2)
    assert network.engines["b"].spf_log[-1].lsas == 1
