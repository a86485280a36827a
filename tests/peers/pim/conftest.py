from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.peers.frr import missing_frr
from tests.peers.pim.site import Site


@pytest.fixture(scope="session")
def only_site(rights: None) -> Iterator[Site]:
    if (reason := missing_frr("pimd")) is not None:
        pytest.skip(reason)
    with ExitStack() as stack:
        yield Site(stack)


@pytest.fixture
def site(only_site: Site) -> Site:
    """One network for all tests, each of which has groups of its own and leaves nothing else.

    While other tests ran, our routers there were silent: they meet FRR again.
    """
    only_site.eventually(only_site.is_up)
    return only_site
