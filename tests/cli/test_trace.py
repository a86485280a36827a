"""`mvpn trace` as a command: what it asks a running lab, and what it prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab import control
from controlplane.lab.load import load
from controlplane.lab.sim_world import SimWorld
from controlplane.sim.direct import DirectTarget

CORE = Path(__file__).parents[2] / "mininet" / "labs" / "core-ospf-ldp.yaml"


@pytest.fixture(scope="module")
def world() -> Iterator[SimWorld]:
    world = SimWorld(load(CORE).plan, make_target=DirectTarget)
    world.start()
    world.advance_to(10.0)
    yield world
    world.stop()


@pytest.fixture
def running(world: SimWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(control, "FOLDER", tmp_path)
    with control.serving(load(CORE).plan, world):
        yield


@pytest.mark.usefixtures("running")
def test_the_only_lab_that_runs_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "p1", "default", "192.0.2.6"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "p1: 192.0.2.6"


@pytest.mark.usefixtures("running")
def test_a_tree_may_be_several_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "p1", "default", "(10.1.1.10,", "232.1.1.1)"]) == 0
    assert capsys.readouterr().out == "p1: (10.1.1.10, 232.1.1.1)\n  no multicast route\n"


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pe9", "default", "10.1.1.10"), "no router is called pe9"),
        (("pe1", "red", "10.1.1.10"), "pe1 has no VRF red; there are default"),
        (("pe1", "default", "h2"), "h2 is neither an address nor (SOURCE, GROUP)"),
    ],
)
def test_what_cannot_be_traced_is_said_in_a_line(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", *arguments]) == 1
    assert words in capsys.readouterr().err
