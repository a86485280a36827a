"""Network namespaces for peers, and the cables between them.

Each namespace is held by a process, which has process and mount namespaces of its own too: when it
ends, the kernel ends all that was started inside, and interfaces, addresses and the files under
/run go with it. It ends with the test process, however that ends, so nothing stays behind.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from controlplane.lab.testbed.namespace import inside, ip_batch, set_sysctls
from controlplane.lab.testbed.offload import turn_off_offloads

Result = TypeVar("Result")

BRIDGE: Final = "br0"

MEANWHILE: Final[list[Callable[[], None]]] = []
"""What goes on while a command runs: engines, which their neighbours would miss (wire.py)."""

_SLICE: Final = 0.01
"""Seconds between two looks at them."""

_DIES_WITH_US: Final = ("setpriv", "--pdeathsig", "KILL")
_HOLDER: Final = ("unshare", "--pid", "--mount", "--fork", "--kill-child")
_HELD: Final = "mount -t tmpfs run /run && ip link set lo up && echo ready && exec sleep infinity"
_SYSCTLS: Final = {
    "ipv6/conf/all/disable_ipv6": 1,
    "ipv6/conf/default/disable_ipv6": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
}


class Namespace:
    """One node of a test network: `with Namespace() as ours: ...`."""

    def __init__(self, network_of: int | None = None) -> None:
        """With a network of its own, or that of another process."""
        network = ["--net"]
        entered = [] if network_of is None else ["nsenter", "-t", str(network_of), *network]
        new = network if network_of is None else []
        self._holder = subprocess.Popen(
            [*_DIES_WITH_US, *entered, *_HOLDER, *new, "sh", "-c", _HELD],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n", "no namespaces can be made here"
        (child,) = (
            Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children").read_text().split()
        )
        self.pid = int(child)
        self.inside(partial(set_sysctls, _SYSCTLS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what runs inside; its interfaces, and the far ends of its cables, are gone then."""
        self._holder.kill()
        self._holder.communicate()

    def run(self, *command: str) -> str:
        """What a command prints that runs inside; an error with what it complains of."""
        entered = ["nsenter", "--net", "--pid", "--mount", "-t", str(self.pid), *command]
        pipe = subprocess.PIPE
        process = subprocess.Popen(entered, stdout=pipe, stderr=pipe, text=True)
        said, complaint = _ended(process)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {complaint.strip() or said.strip()}")
        return said

    def inside(self, action: Callable[[], Result]) -> Result:
        """Call an action in the network namespace: sockets that it opens belong there."""
        return inside(self.pid, action)

    def path(self, path: str) -> Path:
        """Where a file of the namespace, `/run/...`, is seen from outside."""
        return Path(f"/proc/{self.pid}/root{path}")

    def address(self, interface: str, address: str) -> None:
        """Give an interface an address with its prefix length; `lo` may have several."""
        self.inside(partial(ip_batch, [f"address replace {address} dev {interface}"]))

    def counter(self, name: str) -> int:
        """One of the kernel's counters, as nstat(8) names them: `TcpExtTCPMD5Failure`."""
        lines = self.run("cat", "/proc/net/netstat", "/proc/net/snmp").splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group, *keys = names.replace(":", "").split()
            counters = dict(zip((f"{group}{key}" for key in keys), values.split()[1:], strict=True))
            if name in counters:
                return int(counters[name])
        raise KeyError(name)

    def link(self, interface: str, settings: str) -> None:
        """Settings as ip(8) has them: `down`, `up`, `mtu 1400` ..."""
        self.inside(partial(ip_batch, [f"link set dev {interface} {settings}"]))

    def route(self, route: str) -> None:
        """Add a route as ip(8) has it: `192.0.2.0/24 via 10.0.0.9`."""
        self.inside(partial(ip_batch, [f"route add {route}"]))


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process has written when it ended, to both of its outputs."""
    while True:
        try:
            return process.communicate(timeout=_SLICE)
        except subprocess.TimeoutExpired:
            for live_on in MEANWHILE:
                live_on()


def cable(one: Namespace, other: Namespace, name: str, other_name: str) -> None:
    """A veth pair, both ends up; taking one end down is a link failure at the other."""
    pair = f"link add name {name} type veth peer name {other_name} netns {other.pid}"
    one.inside(partial(ip_batch, [pair]))
    for namespace, interface in ((one, name), (other, other_name)):
        namespace.inside(partial(turn_off_offloads, interface))
        namespace.link(interface, "up")


def lan(switch: Namespace, members: dict[str, tuple[Namespace, str]]) -> None:
    """A broadcast network: a bridge in a namespace of its own, a cable to each member by port."""
    switch.inside(partial(ip_batch, [f"link add name {BRIDGE} type bridge mcast_snooping 0"]))
    switch.link(BRIDGE, "up")
    for port, (member, interface) in members.items():
        cable(switch, member, port, interface)
        switch.link(port, f"master {BRIDGE}")
