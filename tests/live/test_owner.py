"""Who runs a lab: a process id counts together with its start time."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from controlplane.lab.testbed.owner import Owner


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
