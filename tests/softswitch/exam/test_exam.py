"""p4c's packet tests on the embedded switch: `pytest tests/softswitch/exam --p4c CHECKOUT`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.softswitch.exam.exam import Outcome, sit
from tests.softswitch.exam.targets import Embedded


def test_what_p4c_compiles_forwards_as_its_test_says(source: Path, tmp_path: Path) -> None:
    target = Embedded()
    try:
        result = sit(source, tmp_path, target)
    finally:
        target.close()
    if result.outcome is Outcome.NOT_COMPILED:
        pytest.skip(result.reason)
    assert result.outcome is Outcome.PASSED, result.reason
