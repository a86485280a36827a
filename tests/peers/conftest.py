"""Peers run in network namespaces; where none can be made, the tests say why they skip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from controlplane.lab.testbed.rights import missing_rights


@pytest.fixture(scope="session")
def rights() -> None:
    """Skip, with the reason, where no namespaces can be made."""
    if (reason := missing_rights()) is not None:
        pytest.skip(reason)


@pytest.fixture
def stack(rights: None) -> Iterator[ExitStack]:
    """What a test enters here is left again when it ends, the last first."""
    with ExitStack() as stack:
        yield stack
