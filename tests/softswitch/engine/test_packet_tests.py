"""Test programs with a packet test beside them, in p4c's language of such tests.

Each shows constructs of v1model that the programs of this project do not use.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.softswitch.bmv2 import Bmv2
from tests.softswitch.engine.conftest import PROGRAMS, p4info, program_json
from tests.softswitch.exam.play import Target, play
from tests.softswitch.exam.stf import read_stf
from tests.softswitch.exam.targets import Embedded, Original

TESTS = sorted(PROGRAMS.glob("*.stf"))


def difference(target: Target, test: Path) -> str | None:
    name = test.stem
    return play(target, p4info(name), program_json(name), read_stf(test.read_text()))


@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.stem)
def test_packets_leave_as_the_packet_test_says(test: Path) -> None:
    target = Embedded()
    try:
        assert difference(target, test) is None
    finally:
        target.close()


@pytest.mark.bmv2
@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.stem)
def test_bmv2_agrees_with_the_packet_test(test: Path, bmv2: Bmv2) -> None:
    assert difference(Original(bmv2), test) is None
