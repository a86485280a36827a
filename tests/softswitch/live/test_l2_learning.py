"""The example of docs/softswitch.md, mininet/l2-learning, run as the page says.

h1 -- 1 s1 3 ---- 3 s2 1 -- h3
h2 -- 2                2 -- h4
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.softswitch.live.lab import PATIENCE, eventually, packet_socket, require_namespaces

pytestmark = pytest.mark.live

EXAMPLE = Path(__file__).parents[3] / "mininet" / "l2-learning"
SOCKETS = Path("/run/l2-learning")

H1, H4, ALL = bytes.fromhex("000000000001"), bytes.fromhex("000000000004"), b"\xff" * 6
GUEST = bytes.fromhex("020000000009")
EXPERIMENTAL = b"\x88\xb5"


class Script:
    """One of the example's scripts, and all that it has said."""

    def __init__(self, name: str, directory: Path) -> None:
        self._said = directory / f"{name}.txt"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, str(EXAMPLE / name)],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until it has said this."""
        return eventually(lambda: self._find(pattern))

    def _find(self, pattern: str) -> re.Match[str] | None:
        found = re.search(pattern, self._said.read_text())
        assert found or self.process.poll() is None, self._said.read_text()
        return found

    def leave(self) -> int:
        """End its input, which ends the command line of Mininet."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def terminate(self) -> int:
        self.process.terminate()
        return self.leave()


@contextmanager
def example(directory: Path) -> Iterator[tuple[Script, Script]]:
    """The network and its controller."""
    network = Script("network.py", directory)
    try:
        controller = Script("controller.py", directory)
        try:
            yield network, controller
        finally:
            assert controller.terminate() == 0
    finally:
        assert network.leave() == 0


def frame(destination: bytes, source: bytes, text: bytes) -> bytes:
    return (destination + source + EXPERIMENTAL + text).ljust(60, b"\0")


def host_pids(network: Script) -> list[int]:
    network.type("py [host.pid for host in net.hosts]")
    return [int(pid) for pid in network.says(r"\[(\d+(?:, \d+)+)\]")[1].split(", ")]


def processes_of_the_example() -> list[str]:
    lines = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [line.decode() for line in lines if str(SOCKETS).encode() in line]


def receive_by_all(hosts: list[socket.socket], wanted: bytes) -> None:
    for host in hosts:
        assert host.recv(2048) == wanted


def unknown_stations_are_flooded_to_and_learned(
    hosts: list[socket.socket], controller: Script
) -> None:
    h1, h2, h3, h4 = hosts
    h1.send(first := frame(H4, H1, b"first"))
    receive_by_all([h2, h3, h4], first)
    controller.says("s1: 00:00:00:00:00:01 is at port 1")
    controller.says("s2: 00:00:00:00:00:01 is at port 3")

    h4.send(reply := frame(H1, H4, b"reply"))
    h4.send(after := frame(ALL, H4, b"after"))
    receive_by_all([h1], reply)
    receive_by_all([h1, h2, h3], after)  # h2 and h3 have seen no reply before


def a_station_that_moves_is_followed(hosts: list[socket.socket], controller: Script) -> None:
    h1, h2, h3, h4 = hosts
    h1.send(here := frame(ALL, GUEST, b"here"))
    receive_by_all([h2, h3, h4], here)
    controller.says("s1: 02:00:00:00:00:09 is at port 1")
    controller.says("s2: 02:00:00:00:00:09 is at port 3")
    h2.send(there := frame(ALL, GUEST, b"there"))
    receive_by_all([h1, h3, h4], there)
    controller.says("s1: 02:00:00:00:00:09 is at port 2")

    h4.send(visit := frame(GUEST, H4, b"visit"))
    h4.send(after := frame(ALL, H4, b"after the visit"))
    receive_by_all([h2], visit)
    receive_by_all([h1, h2, h3], after)


def test_the_switches_learn_every_host_reaches_all_and_nothing_is_left(tmp_path: Path) -> None:
    require_namespaces()
    if shutil.which("mnexec") is None:
        pytest.skip("no mnexec here, which Debian's package mininet has")
    with ExitStack() as sockets:
        with example(tmp_path) as (network, controller):
            for switch in ("s1", "s2"):
                controller.says(f"{switch}: learning")
            pids = host_pids(network)
            hosts = [
                sockets.enter_context(packet_socket(pid, f"h{number}-eth0"))
                for number, pid in enumerate(pids, 1)
            ]
            unknown_stations_are_flooded_to_and_learned(hosts, controller)
            a_station_that_moves_is_followed(hosts, controller)
            network.type("pingall")
            network.says(r"Results: 0% dropped \(12/12 received\)")
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not processes_of_the_example()
    assert not SOCKETS.exists()
    assert not [name for _, name in socket.if_nameindex() if re.fullmatch(r"[hs]\d-eth\d", name)]
