"""`mvpn p4 shell` as a command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab import control
from controlplane.lab.load import load
from controlplane.lab.p4_shell import REQUIREMENT
from controlplane.lab.sim_world import SimWorld
from tests.cli.test_trace import CORE
from tests.lab.fake_world import FakeWorld


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control, "FOLDER", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def running(folder: Path) -> Iterator[None]:
    with control.serving(load(CORE).plan, FakeWorld(lambda *_: [])):
        yield


def install(folder: Path) -> Path:
    """A shell that is there already."""
    home = folder / "mvpn-p4-shell" / REQUIREMENT
    python = home / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (home / "installed").touch()
    return python


@pytest.mark.usefixtures("running")
def test_the_shell_is_run_on_the_switch_as_a_controller_that_reads(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = install(folder)
    run: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda program, command: run.append([str(program), *command]))
    main(["p4", "shell", "pe1"])
    words = "-m p4runtime_sh --grpc-addr unix:/run/pe1.sock --device-id 7 --election-id 0,0"
    assert run == [[str(python), str(python), *words.split()]]


@pytest.mark.usefixtures("running")
def test_a_shell_that_cannot_be_installed_is_said_in_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mvpn-p4-shell").write_text("in the way")
    assert main(["p4", "shell", "pe1"]) == 1
    assert f"{REQUIREMENT} cannot be installed in" in capsys.readouterr().err


def test_a_simulated_switch_has_no_address(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = load(CORE).plan
    with control.serving(plan, SimWorld(plan)):
        assert main(["p4", "shell", "pe1"]) == 1
    assert "pe1 is simulated, its switch listens nowhere" in capsys.readouterr().err
