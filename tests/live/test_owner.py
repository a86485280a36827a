"""Who runs a lab: a process id counts together with its start time."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from controlplane.lab.errors import LabError
from controlplane.lab.testbed import owner as owners
from controlplane.lab.testbed.owner import Owner, accepts, claim, clean, release


def test_this_process_owns_its_labs_and_is_alive() -> None:
    owner = Owner.of_this_process("demo")
    assert owner.pid == os.getpid()
    assert owner.alive


def test_a_process_id_that_is_used_again_is_not_the_owner() -> None:
    owner = Owner.of_this_process("demo")
    assert not replace(owner, started=owner.started - 1).alive


def test_a_process_that_is_gone_is_not_alive() -> None:
    assert not Owner("demo", 2**22 + 1, 1).alive


@pytest.mark.parametrize("lab", ["demo", "a lab", "rosen-ssm 2 3"])
def test_a_mark_is_read_as_it_was_written(lab: str) -> None:
    owner = Owner(lab, 12, 3456)
    assert Owner.parse(owner.mark) == owner


@pytest.mark.parametrize("text", ["", "demo", "demo 1", "demo x 1", "demo 1 x", "demo 1 -1"])
def test_what_is_no_mark_is_none(text: str) -> None:
    assert Owner.parse(text) is None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where labs have their folders in this test."""
    monkeypatch.setattr(owners, "RUN", tmp_path / "mvpn")
    return tmp_path / "mvpn"


def test_of_many_that_start_a_lab_at_once_one_does(folder: Path) -> None:
    def attempt(_number: int) -> Owner | None:
        try:
            return claim("demo")
        except LabError:
            return None

    with ThreadPoolExecutor(8) as pool:
        (owner,) = filter(None, pool.map(attempt, range(8)))
    assert (folder / "demo" / "owner").read_text() == owner.mark
    release(owner)
    assert list(folder.iterdir()) == []


def test_cleaning_up_is_for_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "demo").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="clean up as root"):
        clean()
    assert (folder / "demo").exists()


def test_a_listener_that_takes_nobody_in_is_one_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "hung.sock"
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(path))
        assert not accepts(path)
        hung.listen(0)
        assert all(accepts(path) for _ in range(5))
    assert not accepts(path)
