"""A running lab answers questions over its socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controlplane.engine.time import Instant
from controlplane.lab import control
from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab
from controlplane.p4rt.address import SwitchAddress
from tests.lab.fake_world import FakeWorld


def show(router: str, noun: str, vrf: str | None, _now: Instant) -> list[dict[str, Any]]:
    if noun != "mroute":
        raise LabError(f"nothing to show under {noun!r}")
    return [{"router": router, "vrf": vrf}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control, "FOLDER", tmp_path / "mvpn")
    return tmp_path / "mvpn"


@pytest.fixture
def running(folder: Path, demo: Lab) -> Iterator[str]:
    with control.serving(demo.plan, FakeWorld(show)):
        yield demo.name


def test_rows_come_back_as_the_world_gave_them(running: str) -> None:
    assert control.ask(running, "pe1", "mroute", "red") == [{"router": "pe1", "vrf": "red"}]
    assert control.ask(running, "pe1", "mroute", None) == [{"router": "pe1", "vrf": None}]


def test_what_the_world_refuses_is_an_error_in_its_words(running: str) -> None:
    with pytest.raises(LabError, match="nothing to show under 'frob'"):
        control.ask(running, "pe1", "frob", None)


def test_where_a_switch_listens_is_told(running: str) -> None:
    assert control.ask_switch(running, "pe1") == SwitchAddress("unix:/run/pe1.sock", 7)


def test_an_unknown_router_is_an_error(running: str) -> None:
    with pytest.raises(LabError, match="no router is called pe9"):
        control.ask(running, "pe9", "mroute", None)


@pytest.mark.parametrize("request_line", [b"nonsense\n", b"[]\n", b"{}\n", b'"x"\n', b"\xff\n"])
def test_nonsense_is_answered_with_an_error(
    running: str, folder: Path, request_line: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / f"{running}.sock"))
        client.sendall(request_line)
        assert client.makefile("rb").readline().startswith(b'{"error": "not a request')


def test_labs_that_run_are_known_by_name(running: str) -> None:
    assert control.running_labs() == [running]


def test_nothing_is_left_when_a_lab_ends(folder: Path, demo: Lab) -> None:
    with control.serving(demo.plan, FakeWorld(show)):
        pass
    assert list(folder.iterdir()) == []
    assert control.running_labs() == []
    with pytest.raises(LabError, match="the lab rosen-ssm does not answer"):
        control.ask(demo.name, "pe1", "mroute", None)


def test_a_lab_runs_once(running: str, demo: Lab) -> None:
    with (
        pytest.raises(LabError, match="the lab rosen-ssm is running already"),
        control.serving(demo.plan, FakeWorld(show)),
    ):
        pass
    assert control.running_labs() == [running]


def test_a_lab_that_hangs_is_named_and_keeps_nobody_waiting(folder: Path) -> None:
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as hung, socket.socket(socket.AF_UNIX) as asking:
        hung.bind(str(folder / "hung.sock"))
        hung.listen(0)
        asking.connect(str(folder / "hung.sock"))
        assert control.running_labs() == ["hung"]
        with pytest.raises(LabError, match="the lab hung does not answer: "):
            control.ask("hung", "pe1", "mroute", None)


def test_the_socket_of_a_killed_lab_is_taken_over(folder: Path, demo: Lab) -> None:
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(folder / "rosen-ssm.sock"))
    with control.serving(demo.plan, FakeWorld(show)):
        assert control.ask(demo.name, "p1", "mroute", None)
