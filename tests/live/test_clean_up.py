"""A lab leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.lab.errors import LabError
from controlplane.lab.live_world import LiveWorld, clean
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.testbed.network import Network
from controlplane.lab.testbed.owner import RUN, VARIABLE
from tests.live.plans import three_hosts

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

ROOT = Path(__file__).parents[2]

RUN_LAB = """
import sys, time
from dataclasses import replace
from controlplane.lab.live_world import LiveWorld
from tests.live.plans import three_hosts
world = LiveWorld(replace(three_hosts(), name=sys.argv[1]), target="softswitch")
try:
    world.start()
    print("up", flush=True)
    time.sleep(600)
finally:
    world.stop()
"""


def interfaces() -> list[str]:
    """The interfaces of the machine's own namespace."""
    return sorted(path.name for path in Path("/sys/class/net").iterdir())


def processes_of(lab: str) -> list[int]:
    mark = f"{VARIABLE}={lab} ".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def lab_process(plan: NetworkPlan) -> subprocess.Popen[str]:
    """A process of its own that runs a lab; returns when it is up."""
    command = [sys.executable, "-c", RUN_LAB, plan.name]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def nothing_is_left(plan: NetworkPlan) -> bool:
    return not processes_of(plan.name) and not (RUN / plan.name).exists()


def test_a_stopped_lab_leaves_no_process_no_file_and_no_interface() -> None:
    before, plan = interfaces(), three_hosts()
    world = LiveWorld(plan, target="softswitch")
    world.start()
    assert processes_of(plan.name)
    assert interfaces() == before
    world.stop()
    assert nothing_is_left(plan)
    assert interfaces() == before


def test_stopping_twice_and_stopping_what_never_started_does_nothing() -> None:
    world = LiveWorld(three_hosts(), target="softswitch")
    world.stop()
    world.start()
    world.stop()
    world.stop()


@pytest.mark.parametrize("error", [LabError("no"), KeyboardInterrupt()])
def test_a_start_that_fails_halfway_leaves_nothing(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Network, _node: str) -> int:
        raise error

    plan = three_hosts()
    world = LiveWorld(plan, target="softswitch")
    monkeypatch.setattr(Network, "namespace", fail)
    with pytest.raises(type(error)):
        world.start()
    world.stop()
    assert nothing_is_left(plan)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_lab_that_is_told_to_end_takes_everything_down(number: signal.Signals) -> None:
    plan = three_hosts()
    process = lab_process(plan)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode in (128 + number, -number)
    assert nothing_is_left(plan)


def test_clean_removes_what_a_killed_lab_left_and_says_so() -> None:
    plan = three_hosts()
    process = lab_process(plan)
    process.kill()
    process.communicate()
    assert str(RUN / plan.name) in clean()
    assert nothing_is_left(plan)
    assert not [thing for thing in clean() if plan.name in thing]


def test_the_same_lab_starts_over_what_a_killed_run_left() -> None:
    plan = three_hosts()
    process = lab_process(plan)
    process.kill()
    process.communicate()
    world = LiveWorld(plan, target="softswitch")
    world.start()
    world.stop()
    assert nothing_is_left(plan)


def test_a_running_lab_is_neither_cleaned_nor_started_again() -> None:
    plan = three_hosts()
    world = LiveWorld(plan, target="softswitch")
    world.start()
    try:
        assert not [thing for thing in clean() if plan.name in thing]
        assert processes_of(plan.name)
        with pytest.raises(LabError, match=r"is running already \(process \d+\)"):
            LiveWorld(plan, target="softswitch").start()
    finally:
        world.stop()


def test_clean_removes_a_socket_that_nobody_listens_on() -> None:
    path = RUN / f"{three_hosts().name}.sock"
    RUN.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert str(path) not in clean()
    assert str(path) in clean()
    assert not path.exists()


def test_what_a_user_started_in_a_node_is_cleaned_as_well() -> None:
    plan = three_hosts()
    process = lab_process(plan)
    child = processes_of(plan.name)[0]
    mark = next(
        entry.decode().partition("=")[2]
        for entry in Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        if entry.startswith(f"{VARIABLE}=".encode())
    )
    forgotten = subprocess.Popen(["sleep", "600"], env={**os.environ, VARIABLE: mark})
    process.kill()
    process.communicate()
    assert f"process {forgotten.pid} of lab {plan.name}" in clean()
    assert forgotten.wait() == -signal.SIGKILL
