"""Live tests need root, namespaces and Mininet's mnexec; where one lacks, they say which."""

from __future__ import annotations

import pytest

from controlplane.lab.live_world import missing_rights


@pytest.fixture(scope="session")
def rights() -> None:
    """Skip, with the reason, where no live lab is possible."""
    if (reason := missing_rights()) is not None:
        pytest.skip(reason)
