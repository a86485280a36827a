"""Link states of a switch's ports: a namespace with veth pairs, of which one end is a port."""

from __future__ import annotations

import asyncio
import errno
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from controlplane.lab.testbed.namespace import inside, ip_batch
from controlplane.live import ports
from controlplane.live.ports import PortWatcher, SwitchPorts
from tests.live.stacks import until

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

Told = list[tuple[int, bool]]


@pytest.fixture
def switch() -> Iterator[SwitchPorts]:
    """Ports 1 and 2 are eth1 and eth2, whose far ends are far1 and far2; all of them are up."""
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", "echo; exec cat"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it is in its namespace now
        made = SwitchPorts(process.pid, {"eth1": 1, "eth2": 2})
        for number in (1, 2):
            do(made, f"link add eth{number} type veth peer name far{number}")
            do(made, f"link set eth{number} up", f"link set far{number} up")
        yield made
    finally:
        process.kill()
        process.communicate()


def do(switch: SwitchPorts, *commands: str) -> None:
    inside(switch.process, partial(ip_batch, commands))


def watch(switch: SwitchPorts, *steps: tuple[str, Told]) -> None:
    """Watch from the start; after each command this is what has been told since the one before."""

    async def scenario() -> None:
        told: Told = []
        watcher = PortWatcher(switch, lambda port, up: told.append((port, up)))
        try:
            for command, expected in steps:
                if command:
                    do(switch, command)
                await until(lambda expected=expected: told == expected)  # type: ignore[misc]
                told.clear()
        finally:
            watcher.close()

    asyncio.run(scenario())


def test_ports_with_a_link_are_not_worth_a_word(switch: SwitchPorts) -> None:
    watch(switch, ("", []), ("link set eth2 down", [(2, False)]))


def test_a_port_that_has_no_link_at_the_start_is_told(switch: SwitchPorts) -> None:
    do(switch, "link set eth1 down")
    watch(switch, ("", [(1, False)]), ("link set eth1 up", [(1, True)]))


@pytest.mark.parametrize("end", ["eth1", "far1"])
def test_either_end_that_goes_down_takes_the_link_with_it(switch: SwitchPorts, end: str) -> None:
    watch(
        switch,
        (f"link set {end} down", [(1, False)]),
        (f"link set {end} up", [(1, True)]),
        (f"link set {end} down", [(1, False)]),
    )


def test_an_interface_that_is_removed_has_no_link(switch: SwitchPorts) -> None:
    watch(switch, ("link del far1", [(1, False)]))


def test_other_interfaces_and_other_changes_are_nobodys_business(switch: SwitchPorts) -> None:
    watch(
        switch,
        ("link set eth1 mtu 1400", []),
        ("link set lo up", []),
        ("link set eth1 down", [(1, False)]),
    )


class Overrun(socket.socket):
    """A netlink socket whose buffer the kernel has found full once."""

    def __init__(self) -> None:
        super().__init__(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self.setblocking(False)
        self.asked = 0
        self.overrun = True

    def send(self, *request: Any) -> int:
        self.asked += 1
        return super().send(*request)

    def recv(self, *size: Any) -> bytes:
        if self.overrun:
            self.overrun = False
            raise OSError(errno.ENOBUFS, "No buffer space available")
        return super().recv(*size)


def test_when_the_kernel_had_to_drop_something_all_is_asked_for_again(
    switch: SwitchPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = inside(switch.process, Overrun)
    monkeypatch.setattr(ports, "inside", lambda _process, _action: made)

    async def scenario() -> None:
        watcher = PortWatcher(switch, lambda _port, _up: None)
        await until(lambda: made.asked == 2)
        watcher.close()

    asyncio.run(scenario())


def test_a_namespace_that_is_gone_cannot_be_watched() -> None:
    async def scenario() -> None:
        with pytest.raises(OSError):
            PortWatcher(SwitchPorts(2**22 + 1, {}), lambda _port, _up: None)

    asyncio.run(scenario())
