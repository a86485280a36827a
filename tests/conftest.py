"""Settings of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import settings

from controlplane.lab.garbage import collect_rarely

# The same examples each time, however fast the machine is: a test that passed passes again.
settings.register_profile("mvpn", deadline=None, derandomize=True)
settings.load_profile("mvpn")

collect_rarely()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, live ones run after each other: they share the machine.

    They mostly wait, so the others lose little time beside them.
    """
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(pytest.mark.xdist_group("live"))
