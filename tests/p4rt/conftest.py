"""A P4Runtime server: the embedded one and, where it is installed, BMv2's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.p4rt.server import Server


@pytest.fixture(params=["softswitch", pytest.param("bmv2", marks=pytest.mark.bmv2)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "bmv2" and shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    if request.param == "bmv2" and os.geteuid() != 0:
        pytest.skip("BMv2 needs a network namespace, and that needs root")
    server = Server(request.param, tmp_path)
    server.start()
    yield server
    server.stop()
