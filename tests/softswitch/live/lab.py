"""A switch process between virtual links, in a network namespace of its own.

Port n of the switch is the interface `sw<n>`; its other end `h<n>` is in the same namespace and is
read and written by the test through packet sockets.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest

CPU_PORT = 510
DEVICE_ID = 1
PATIENCE = 20.0  # seconds until a state that must come counts as missing

T = TypeVar("T")


def eventually(state: Callable[[], T | None]) -> T:
    """Wait until `state` gives something, and return it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = state()
        if found:
            return found
        assert time.monotonic() < deadline, "the expected state did not come"
        time.sleep(0.01)


def require_namespaces() -> None:
    """Skip where the machine grants no network namespaces."""
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"no network namespaces here: {probe.stderr.strip()}")


class Namespace:
    """A network namespace, as long as the holder process lives."""

    def __init__(self, links: int) -> None:
        require_namespaces()
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo ready; exec sleep 1000000"],
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        self._holder.stdout.readline()
        self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
        self.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        self.run("ip", "link", "set", "lo", "up")
        for number in range(1, links + 1):
            self.add_link(number)

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()

    def command(self, *arguments: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net", *arguments]

    def popen(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def run(self, *arguments: str) -> str:
        return subprocess.run(
            self.command(*arguments), check=True, capture_output=True, text=True
        ).stdout

    def add_link(self, number: int) -> None:
        self.run("ip", "link", "add", f"sw{number}", "type", "veth", "peer", f"h{number}")
        for end in ("sw", "h"):
            self.run("ip", "link", "set", f"{end}{number}", "up", "arp", "off")

    def far_end(self, number: int) -> socket.socket:
        """A packet socket on the test's end of a link."""
        return packet_socket(self._holder.pid, f"h{number}")

    def udp_socket(self) -> socket.socket:
        return self.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def inside(self, make: Callable[[], T]) -> T:
        return inside(self._holder.pid, make)


def inside(pid: int, make: Callable[[], T]) -> T:
    """Make sockets in a process's network namespace: they belong to that of the thread that made
    them."""
    made: list[T] = []

    def enter() -> None:
        with Path(f"/proc/{pid}/ns/net").open("rb") as handle:
            set_namespace(handle.fileno())
        made.append(make())

    thread = Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]


def packet_socket(pid: int, interface: str) -> socket.socket:
    """A packet socket on an interface in a process's network namespace."""
    made = inside(pid, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    made.bind((interface, 3))
    made.settimeout(PATIENCE)
    return made


def set_namespace(descriptor: int) -> None:
    """setns(2) for the calling thread, which Python has from 3.12 on."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def switch_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "softswitch", *arguments]


class SwitchUnderTest:
    """`python -m softswitch` in a namespace."""

    def __init__(self, namespace: Namespace, directory: Path, ports: int) -> None:
        self.socket_file = directory / "switch.sock"
        self.address = f"unix:{self.socket_file}"
        interfaces = [f"-i{number}@sw{number}" for number in range(1, ports + 1)]
        target = ["--grpc-server-addr", self.address, "--cpu-port", str(CPU_PORT)]
        device = ["--device-id", str(DEVICE_ID)]
        self.process = namespace.popen(
            *switch_command("--no-p4", *interfaces, *device, "--", *target)
        )
        eventually(self._listening)

    def _listening(self) -> bool:
        assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
        return self.socket_file.exists()

    def resident_megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        if self.process.stderr:
            self.process.stderr.close()
        return code


@contextmanager
def running_switch(directory: Path, ports: int) -> Iterator[tuple[Namespace, SwitchUnderTest]]:
    with ExitStack() as stack:
        namespace = Namespace(ports)
        stack.callback(namespace.close)
        switch = SwitchUnderTest(namespace, directory, ports)
        stack.callback(switch.stop)
        yield namespace, switch
