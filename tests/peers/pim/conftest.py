from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.peers.frr import missing_frr
from tests.peers.pim.site import Site


@pytest.fixture(scope="session")
def site(rights: None) -> Iterator[Site]:
    """One network for all tests, each of which has groups of its own and leaves nothing else."""
    if (reason := missing_frr("pimd")) is not None:
        pytest.skip(reason)
    with ExitStack() as stack:
        yield Site(stack)
