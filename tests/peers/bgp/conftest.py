from __future__ import annotations

import pytest

from tests.peers.frr import missing_frr


@pytest.fixture(scope="session")
def frr() -> None:
    """Skip, with the reason, where FRR's bgpd cannot run."""
    if (reason := missing_frr("bgpd")) is not None:
        pytest.skip(reason)
