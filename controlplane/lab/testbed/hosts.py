"""A host of the lab, seen from the lab: requests to the agent that runs in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from threading import Lock
from typing import Any, Final

from controlplane.lab.errors import LabError
from controlplane.lab.plan import HostPlan
from controlplane.lab.testbed.processes import Child, Processes
from controlplane.lab.world import Stream

_AGENT: Final = Path(__file__).with_name("host_agent.py")


@dataclass(slots=True)
class Log:
    """Packet numbers and their times (CLOCK_MONOTONIC, ns), as far as they have been fetched."""

    numbers: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)


class LiveHost:
    """One host; `namespace` is a process in its network namespace."""

    def __init__(self, plan: HostPlan, processes: Processes, namespace: int) -> None:
        command = [sys.executable, "-I", "-S", str(_AGENT), str(plan.address.ip)]
        self._child: Child = processes.start(
            f"host-{plan.name}", command, namespace=namespace, talk=True
        )
        self._lock = Lock()
        self._received: dict[int, Log] = {}
        self._sent: dict[int, list[int]] = {}

    def join(self, group: IPv4Address, source: IPv4Address | None) -> None:
        self._ask(do="join", **_membership(group, source))

    def leave(self, group: IPv4Address, source: IPv4Address | None) -> None:
        self._ask(do="leave", **_membership(group, source))

    def listen(self, port: int) -> None:
        """Open the socket that streams to a port arrive at."""
        self._ask(do="listen", port=port)

    def send(self, stream: Stream) -> None:
        """Start a stream."""
        self._ask(
            do="send",
            number=stream.number,
            destination=str(stream.destination),
            port=stream.port,
            rate=stream.rate,
            count=stream.count,
            size=stream.size,
            ttl=stream.ttl,
        )

    def sent(self, stream: int) -> tuple[bool, Sequence[int]]:
        """Whether a stream is still on its way, and when each packet left."""
        times = self._sent.setdefault(stream, [])
        answer = self._ask(do="sent", number=stream, since=len(times))
        times.extend(answer["times"])
        return answer["running"], times

    def received(self, stream: int) -> Log:
        """What has arrived of a stream."""
        log = self._received.setdefault(stream, Log())
        answer = self._ask(do="received", number=stream, since=len(log.numbers))
        log.numbers.extend(answer["numbers"])
        log.times.extend(answer["times"])
        return log

    def emit(self, packet: bytes) -> int:
        """Send an IPv4 packet as it is; when it left."""
        at: int = self._ask(do="emit", packet=packet.hex())["at"]
        return at

    def icmp(self, since: int) -> list[tuple[bytes, int]]:
        """The ICMP packets that came since the first `emit`, but for so many of them, and when."""
        answer = self._ask(do="icmp", since=since)
        return list(zip(map(bytes.fromhex, answer["packets"]), answer["times"], strict=True))

    def _ask(self, **request: Any) -> dict[str, Any]:
        stdin, stdout = self._child.process.stdin, self._child.process.stdout
        assert stdin is not None and stdout is not None
        with self._lock:
            try:
                stdin.write(json.dumps(request).encode() + b"\n")
                stdin.flush()
                line = stdout.readline()
            except (OSError, ValueError):  # its end of the pipe is gone, or ours is closed
                line = b""
        if not line:
            raise LabError(f"{self._child.name} ended: {self._child.last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise LabError(f"{self._child.name}: {request['do']}: {answer['error']}")
        return answer


def _membership(group: IPv4Address, source: IPv4Address | None) -> dict[str, str | None]:
    return {"group": str(group), "source": str(source) if source else None}
