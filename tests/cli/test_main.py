"""The command line: exit codes, and words for people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.cli import lab as lab_command
from controlplane.cli.main import main
from controlplane.lab import control, live_world
from controlplane.lab.errors import LabError
from controlplane.lab.run import Run
from controlplane.lab.verdict import Row, Verdict
from tests.lab.fake_world import FakeWorld

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "mininet" / "labs" / "rosen-ssm.yaml"

TINY = """\
routers: {r1: {role: ce}}
hosts: {a: {}, b: {}}
links:
  - {ends: [r1, a]}
  - {ends: [r1, b]}
"""


STREAM = """\
streams:
  s: {from: a, to: 232.1.1.1, rate: 10, count: 1}
"""
FULL = Path("/dev/full")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def mvpn(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "controlplane.cli.main", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def verdict(ok: bool) -> Verdict:
    return Verdict(lab="tiny", target="sim", rows=[Row("all is well", "it is", ok)])


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_the_verdict_is_printed_and_is_the_exit_code(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ok: bool,
    code: int,
) -> None:
    monkeypatch.setattr(lab_command, "make_world", lambda *_: None)
    monkeypatch.setattr(Run, "play", lambda _: verdict(ok))
    assert main(["lab", "check", str(tiny), "--target", "sim"]) == code
    assert f"tiny on sim: {int(ok)} of 1 expectations hold" in capsys.readouterr().out
    assert main(["lab", "check", str(tiny), "--target", "sim", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["ok"] is ok


def test_a_bad_lab_file_is_all_its_mistakes_and_code_2(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.write_text(TINY.replace("role: ce", "role: q").replace("[r1, b]", "[r1, c]"))
    assert main(["lab", "check", str(tiny)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "tiny.yaml:1: routers.r1.role: q should be 'pe', 'p' or 'ce'",
        "tiny.yaml:5: links[1].ends: no router or host is called c",
    ]


def test_a_missing_lab_file_is_a_line_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "check", "nothing.yaml"]) == 2
    assert capsys.readouterr().err == "nothing.yaml: No such file or directory\n"


def test_a_lab_that_cannot_run_is_a_line_and_code_1(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise LabError("no C compiler")

    monkeypatch.setattr(lab_command, "make_world", refuse)
    assert main(["lab", "check", str(tiny), "--target", "sim"]) == 1
    assert capsys.readouterr().err == "mvpn: no C compiler\n"


NO_RIGHTS = "live labs need root: network namespaces are made"


@pytest.fixture
def no_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_world, "missing_rights", lambda: NO_RIGHTS)


@pytest.mark.usefixtures("no_rights")
def test_where_no_live_lab_is_possible_it_is_played_in_the_simulator_and_that_is_said(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", "check", str(tiny)]) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith(f"{NO_RIGHTS}; the lab is played in the simulator\nstarting tiny")
    assert "tiny on sim: 5 of 5 expectations hold" in shown.out


@pytest.mark.usefixtures("no_rights")
@pytest.mark.parametrize("command", [["check", "--target", "softswitch"], ["up"]])
def test_a_live_lab_that_was_asked_for_is_not_replaced(
    tiny: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main(["lab", *command, str(tiny)]) == 1
    hint = "`mvpn lab check --target sim` needs no rights"
    assert capsys.readouterr().err == f"mvpn: {NO_RIGHTS}; {hint}\n"


def test_the_simulator_without_a_compiler_is_a_line_and_code_1(tiny: Path, tmp_path: Path) -> None:
    result = mvpn(
        "lab", "check", str(tiny), "--target", "sim", PATH="/nowhere", XDG_CACHE_HOME=str(tmp_path)
    )
    message = "mvpn: no C compiler found (cc, gcc, clang): install gcc, or set CC\n"
    assert (result.returncode, result.stderr) == (1, message)


def test_an_interrupted_lab_is_a_line_and_code_130(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: Run) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab_command, "make_world", lambda *_: None)
    monkeypatch.setattr(Run, "play", interrupt)
    assert main(["lab", "check", str(tiny), "--target", "sim"]) == 130
    assert capsys.readouterr().err == "mvpn: interrupted, everything is cleaned up\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_lab_that_is_told_to_end_is_taken_down(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    class World(FakeWorld):
        stopped = False

        def start(self) -> None:
            signal.raise_signal(number)

        def stop(self) -> None:
            self.stopped = True

    world, before = World(lambda *_: []), signal.getsignal(number)
    monkeypatch.setattr(lab_command, "make_world", lambda *_: world)
    with pytest.raises(SystemExit) as ending:
        main(["lab", "check", str(tiny), "--target", "sim"])
    assert (ending.value.code, world.stopped) == (128 + number, True)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("option", ["--pcap", "--svg"])
def test_a_place_that_cannot_be_written_to_is_told_before_the_lab_starts(
    tiny: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    place = tiny / "x" / "y"
    assert main(["lab", "check", str(tiny), "--target", "sim", option, str(place)]) == 1
    assert "Not a directory" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--pcap", "--svg"])
def test_a_folder_that_takes_no_files_is_told_before_the_lab_starts(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    place = tiny.parent / "folder" / "picture.svg"
    assert main(["lab", "check", str(tiny), "--target", "sim", option, str(place)]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"mvpn: {tiny.parent}") and message.endswith("be written to\n")


def test_a_folder_in_the_place_of_the_picture_is_told_before_the_lab_starts(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["lab", "check", str(tiny), "--target", "sim", "--svg", str(tiny.parent)]
    assert main(arguments) == 1
    assert capsys.readouterr().err == f"mvpn: {tiny.parent}: Is a directory\n"


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_a_picture_that_cannot_be_written_does_not_cost_the_verdict(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", "check", str(tiny), "--target", "sim", "--svg", str(FULL)]) == 1
    shown = capsys.readouterr()
    assert "tiny on sim: 5 of 5 expectations hold" in shown.out
    assert shown.err.endswith("mvpn: /dev/full: No space left on device\n")


def test_a_capture_that_cannot_be_written_is_named(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny.parent / "captures"
    (folder / "r1-a.pcap").mkdir(parents=True)
    tiny.write_text(f"{TINY}expect:\n  - {{not_carried: s, links: r1-a}}\n{STREAM}")
    assert main(["lab", "check", str(tiny), "--target", "sim", "--pcap", str(folder)]) == 1
    assert capsys.readouterr().err.endswith(f"mvpn: {folder}/r1-a.pcap: Is a directory\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["lab"],
        ["lab", "check"],
        ["lab", "check", "x.yaml", "--target", "tofino"],
        ["lab", "up", "x.yaml", "--target", "sim"],
        ["show", "pe1"],
        ["show", "pe1", "everything"],
    ],
)
def test_bad_usage_is_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert "usage: mvpn" in capsys.readouterr().err


def test_schema_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "LabFile"


class TestShow:
    @pytest.fixture(autouse=True)
    def _no_other_labs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(control, "FOLDER", tmp_path)

    def test_without_a_running_lab_it_says_how_to_start_one(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["show", "pe1", "mroute"]) == 1
        assert capsys.readouterr().err.startswith("mvpn: no lab is running; start one with")

    def test_of_several_labs_one_is_to_be_chosen(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("controlplane.cli.show.running_labs", lambda: ["a", "b"])
        assert main(["show", "pe1", "mroute"]) == 1
        assert "choose with --lab: a, b" in capsys.readouterr().err

    def test_json_is_the_rows(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = []

        def ask(*question: object) -> list[dict[str, str]]:
            asked.append(question)
            return [{"vrf": "red"}]

        monkeypatch.setattr("controlplane.cli.show.ask", ask)
        arguments = ["show", "pe1", "pim", "neighbor", "--vrf", "red", "--lab", "x", "--json"]
        assert main(arguments) == 0
        assert asked == [("x", "pe1", "pim neighbor", "red")]
        assert json.loads(capsys.readouterr().out) == [{"vrf": "red"}]


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "schema"]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(write)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_an_output_that_takes_nothing_more_is_a_line_and_code_1() -> None:
    command = [sys.executable, "-m", "controlplane.cli.main", "lab", "schema"]
    with FULL.open("w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    assert (result.returncode, result.stderr) == (1, b"mvpn: [Errno 28] No space left on device\n")


def test_an_output_that_is_closed_from_the_start_does_not_matter() -> None:
    command = ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-m", "controlplane.cli.main"]
    result = subprocess.run([*command, "lab", "schema"], stderr=subprocess.PIPE, cwd=ROOT)
    assert (result.returncode, result.stderr) == (0, b"")
