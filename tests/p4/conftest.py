"""Every vector runs on the embedded target and, where it is installed, on BMv2."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.p4.bmv2 import Bmv2, bmv2
from tests.p4.targets import Softswitch, Target


@pytest.fixture(scope="session")
def _bmv2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bmv2]:
    if shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    if os.geteuid() != 0:
        pytest.skip("BMv2's ports need root, for network interfaces")
    with bmv2(tmp_path_factory.mktemp("bmv2")) as switch:
        yield switch


@pytest.fixture(params=["softswitch", pytest.param("bmv2", marks=pytest.mark.bmv2)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A switch; a new one, or BMv2 with whatever earlier tests have left in it."""
    if request.param == "bmv2":
        yield request.getfixturevalue("_bmv2")
    else:
        switch = Softswitch()
        yield switch
        switch.close()
