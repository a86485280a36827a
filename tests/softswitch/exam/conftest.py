"""The exam needs p4c's sources, by an option, and its compiler; else it is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.softswitch.exam.compile import missing, programs


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each program of the checkout, or one that says why there is none."""
    if "source" not in metafunc.fixturenames:
        return
    checkout: Path | None = metafunc.config.getoption("--p4c")
    reason = "no checkout of p4c is given (--p4c)" if checkout is None else missing()
    if checkout is None or reason is not None:
        skipped = pytest.param(None, marks=pytest.mark.skip(reason=reason or ""))
        metafunc.parametrize("source", [skipped])
    else:
        metafunc.parametrize("source", programs(checkout), ids=lambda path: path.stem)
