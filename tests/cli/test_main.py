"""The command line: exit codes, and words for people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.cli import lab as lab_command
from controlplane.cli.main import main
from controlplane.lab import control
from controlplane.lab.errors import LabError
from controlplane.lab.run import Run
from controlplane.lab.verdict import Row, Verdict

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "mininet" / "labs" / "rosen-ssm.yaml"

TINY = """\
routers: {r1: {role: ce}}
hosts: {a: {}, b: {}}
links:
  - {ends: [r1, a]}
  - {ends: [r1, b]}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


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
    assert main(["lab", "check", str(tiny)]) == 1
    assert capsys.readouterr().err == "mvpn: no C compiler\n"


def test_an_interrupted_lab_is_a_line_and_code_130(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: Run) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab_command, "make_world", lambda *_: None)
    monkeypatch.setattr(Run, "play", interrupt)
    assert main(["lab", "check", str(tiny), "--target", "sim"]) == 130
    assert capsys.readouterr().err == "mvpn: interrupted, everything is cleaned up\n"


@pytest.mark.parametrize("option", ["--pcap", "--svg"])
def test_a_place_that_cannot_be_written_to_is_told_before_the_lab_starts(
    tiny: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    place = tiny / "x" / "y"
    assert main(["lab", "check", str(tiny), "--target", "sim", option, str(place)]) == 1
    assert "Not a directory" in capsys.readouterr().err


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
        monkeypatch.setattr(control, "socket_folder", lambda: tmp_path)

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
