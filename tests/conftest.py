"""Settings of the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from controlplane.lab.garbage import collect_rarely
from controlplane.p4rt.grpc_core import load_grpc

# The same examples each time, however fast the machine is: a test that passed passes again.
settings.register_profile(
    "mvpn", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mvpn")

load_grpc()  # as `mvpn` does
collect_rarely()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The sources of p4c, for the softswitch's exam."""
    parser.addoption("--p4c", type=Path, help="a checkout of p4lang/p4c, whose tests are played")
