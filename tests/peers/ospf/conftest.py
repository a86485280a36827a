from __future__ import annotations

import pytest

from tests.peers.frr import missing_frr


@pytest.fixture(autouse=True, scope="session")
def frr() -> None:
    """Skip, with the reason, where FRR's ospfd cannot run."""
    if (reason := missing_frr("ospfd")) is not None:
        pytest.skip(reason)
