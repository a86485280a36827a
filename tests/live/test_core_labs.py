"""The labs of the provider's core on live switches."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.live.played import assert_right, play

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

_PATIENCE: Final = {"interval: 0.1,": "interval: 0.5,"}
"""Of BFD: on a machine that is busy with other things 0.3 s of silence are no failure."""


_PACE: Final = {
    ("core-failure", "bmv2"): {"rate: 1000, count: 12000": "rate: 250, count: 3000"},
}
"""Six BMv2 share a few CPUs with what else the machine does."""


@pytest.mark.parametrize("target", ["softswitch", pytest.param("bmv2", marks=pytest.mark.bmv2)])
@pytest.mark.parametrize(("lab", "count"), [("core-ospf-ldp", 15), ("core-failure", 18)])
def test_every_expectation_of_a_core_lab_holds(
    lab: str, count: int, target: str, tmp_path: Path
) -> None:
    if target == "bmv2" and shutil.which("simple_switch_grpc") is None:
        pytest.skip("simple_switch_grpc is not on PATH")
    rows = play(lab, target, tmp_path, {**_PATIENCE, **_PACE.get((lab, target), {})})
    assert_right(rows, speed=r"within (1|0\.5) s of")
    assert len(rows) == count
