"""`--record` and `mvpn replay`: what is recorded is told in words, damage in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab.errors import LabError
from controlplane.lab.recordings import recording_to
from controlplane.rib.route import RouteProtocol
from controlplane.router.events import RoutesReplaced
from controlplane.router.record import write_step

LAB = """\
routers: {r1: {role: ce}}
hosts: {a: {}, b: {}}
links:
  - {ends: [r1, a]}
  - {ends: [r1, b]}
streams:
  tv: {from: a, to: 232.1.1.1, rate: 10, count: 5, at: 1}
events:
  - {at: 0, join: tv, hosts: b}
  - {at: 2, restart: r1}
expect:
  - {receive: tv, hosts: b}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recordings of a small lab; one of an earlier run lay there."""
    lab, folder = (
        tmp_path_factory.mktemp("lab") / "tiny.yaml",
        tmp_path_factory.mktemp("recordings"),
    )
    lab.write_text(LAB)
    (folder / "r1.3.jsonl").touch()
    assert main(["lab", "check", str(lab), "--target", "sim", "--record", str(folder)]) == 0
    return folder


@pytest.fixture
def damaged(folder: Path, tmp_path: Path) -> Callable[[bytes], Path]:
    """A recording with octets behind its last line."""

    def damage(octets: bytes) -> Path:
        path = tmp_path / "r1.jsonl"
        path.write_bytes((folder / "r1.jsonl").read_bytes() + octets)
        return path

    return damage


def test_there_is_a_file_for_each_life_of_this_run_alone(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"r1.jsonl", "r1.2.jsonl"}


def test_a_replay_tells_each_step_with_its_time_and_what_came_of_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(folder / "r1.jsonl")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "     0.000 s  start"
    join = lines.index(
        "     0.003 s  from eth2, igmp: 10.0.2.11 > 224.0.0.22 IGMP report v3: "
        "allow new sources 232.1.1.1 from 10.0.1.11"
    )
    assert lines[join + 1] == (
        "              fib + default (10.0.1.11, 232.1.1.1) from eth1: eth2 in place"
    )


def test_a_replay_is_the_same_in_every_process(folder: Path) -> None:
    """Sets of addresses and names are ordered by a hash that Python salts anew."""
    command = [sys.executable, "-m", "controlplane.cli.main", "replay", str(folder / "r1.jsonl")]
    told = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": salt}, capture_output=True, check=True
        ).stdout
        for salt in ("1", "2", "3")
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b'{"at":9.0,"step":{"ty', "Unterminated string"),
        (b"\xff\xfe\n", "Expecting value"),
        (b'{"at":9.0,"step":{"type":"Explode"}}\n', ".step: not a "),
    ],
)
def test_a_damaged_recording_is_replayed_up_to_the_damage_and_refused_with_code_2(
    folder: Path,
    damaged: Callable[[bytes], Path],
    capsys: pytest.CaptureFixture[str],
    octets: bytes,
    why: str,
) -> None:
    path = damaged(octets)
    number = len((folder / "r1.jsonl").read_text().splitlines()) + 1
    assert main(["replay", str(path)]) == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"{path}: line {number} of the recording: {why}")
    assert told.err.count("\n") == 1
    assert told.out


def test_a_missing_recording_is_a_line_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "nothing.jsonl"]) == 2
    assert capsys.readouterr().err == "nothing.jsonl: No such file or directory\n"


def test_where_the_router_failed_the_replay_ends_with_the_step_and_the_whole_error(
    damaged: Callable[[bytes], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    nonsense = RoutesReplaced(vrf="green", protocol=RouteProtocol.STATIC, routes=())
    assert main(["replay", str(damaged(write_step(9.0, nonsense).encode()))]) == 1
    out = capsys.readouterr().out
    assert "     9.000 s  routes of STATIC in green: 0\nTraceback " in out
    assert out.endswith("KeyError: 'green'\n")


def test_a_folder_that_cannot_be_made_is_told_before_the_lab_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = tmp_path / "tiny.yaml"
    lab.write_text(LAB)
    assert main(["lab", "check", str(lab), "--target", "sim", "--record", str(lab)]) == 1
    assert capsys.readouterr().err == f"mvpn: {lab}: File exists\n"


def test_a_full_disk_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "r1.jsonl").symlink_to("/dev/full")
    with pytest.raises(LabError, match=r"r1\.jsonl: No space left on device"):
        with recording_to(tmp_path) as record:
            assert record is not None
            record("r1")("{}\n")
