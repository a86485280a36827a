"""Engines for the test programs, and BMv2 as a second opinion where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import finsy
import pytest
from finsy.proto import p4i, p4r

from softswitch.bmv2json import Pipeline, read_pipeline
from softswitch.engine import Engine
from softswitch.program import Program
from softswitch.switch import Switch
from tests.softswitch.bmv2 import BMV2, Bmv2

PROGRAMS = Path(__file__).parent.parent / "programs"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs BMv2 where it is not installed."""
    if shutil.which(BMV2) is None:
        skip = pytest.mark.skip(reason=f"{BMV2} is not on PATH")
        for item in items:
            if item.get_closest_marker("bmv2"):
                item.add_marker(skip)


def program_json(name: str) -> bytes:
    """What p4c made of a test program."""
    return (PROGRAMS / f"{name}.json").read_bytes()


def p4info(name: str) -> p4i.P4Info:
    """The P4Info of a test program."""
    return finsy.P4Schema(PROGRAMS / f"{name}.p4info.txtpb").p4info


@pytest.fixture(scope="session")
def pipeline() -> Callable[[str], Pipeline]:
    """Reads a test program by its name."""
    return lambda name: read_pipeline(program_json(name).decode())


@pytest.fixture
def start(pipeline: Callable[[str], Pipeline]) -> Iterator[Callable[[str], Engine]]:
    """Starts an engine on a test program; closed at the end of the test."""
    engines: list[Engine] = []

    def make(name: str) -> Engine:
        engines.append(Engine(Program(pipeline(name))))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


# -- BMv2 ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def bmv2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bmv2]:
    """One running BMv2 for all tests."""
    switch = Bmv2(tmp_path_factory.mktemp("bmv2"))
    yield switch
    switch.close()


@pytest.fixture
def same(bmv2: Bmv2) -> Callable[[str, Sequence[p4r.Update], Sequence[tuple[int, bytes]]], None]:
    """Runs frames through both switches and compares what leaves."""

    def compare(
        name: str, updates: Sequence[p4r.Update], frames: Sequence[tuple[int, bytes]]
    ) -> None:
        ours = Switch()
        ours.set_pipeline(p4info(name), program_json(name))
        bmv2.load(p4info(name), program_json(name))
        if updates:
            ours.write(updates)
            bmv2.write(updates)
        for port, frame in frames:
            copies, _ = ours.process(port, frame, 0)
            theirs = bmv2.process(port, frame, len(copies))
            # BMv2 sends in parallel, a thread for some of the ports each.
            assert sorted(theirs) == sorted(copies), frame.hex()
        assert bmv2.unexpected() == []
        ours.close()

    return compare
