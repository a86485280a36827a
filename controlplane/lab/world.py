"""What a lab is played in: the simulator, or Mininet with live switches.

The runner (`lab/run.py`) plays one lab file against this and cannot tell which of the two it has.
Times are seconds since the network was ready; the simulator jumps, a live world waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final, Protocol

from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration, Instant
from controlplane.fib.model import Fib
from controlplane.lab.probes.probe import Probe
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.faults import Faults
from controlplane.rib.route import Route, RouteProtocol

PROVIDED: Final = (RouteProtocol.STATIC, RouteProtocol.COMPUTED)
"""The protocols whose routes a lab's route provider gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Numbered UDP packets from a host to a group (or a host): `count` of them at `rate` a second.

    The payload starts with the stream's number (4 octets) and the packet's (8 octets), and is
    padded so that the IP packet has `size` octets.
    """

    name: str
    number: int
    host: str
    destination: IPv4Address
    port: int
    rate: float
    count: int
    size: int
    ttl: int = 32


@dataclass(frozen=True, slots=True)
class Received:
    """What one host got of one stream: packet numbers in the order of arrival, and their times.

    `times` are on the world's axis, in seconds, one for each number.
    """

    numbers: Sequence[int]
    times: Sequence[Instant]


@dataclass(frozen=True, slots=True)
class Told:
    """A notice of a router, and when it came on the world's axis."""

    at: Instant
    router: str
    notice: Notice


class RunningProbe(Protocol):
    """A ping or a traceroute of a host that has begun."""

    def look(self) -> bool:
        """Take the answers that came, send what is due; True while the probe runs.

        A probe may live on between two looks, or in them alone.
        """


class World(Protocol):
    """A running network. Every method raises LabError with one line when it cannot do it."""

    def start(self) -> None:
        """Bring everything up: links, switches, controllers, hosts."""

    def stop(self) -> None:
        """Take everything down and leave nothing behind; also after a failed start."""

    def now(self) -> Instant:
        """The time on the world's axis; what `set_zero` was called at is 0."""

    def set_zero(self) -> None:
        """The network is ready: time starts here."""

    def advance_to(self, at: Instant) -> None:
        """Let the network live until then."""

    def wait(self, holds: Callable[[], bool], limit: Duration) -> bool:
        """Let the network live until the condition holds; False when the limit came first."""

    def join(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None: ...

    def leave(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None: ...

    def send(self, stream: Stream) -> None:
        """Start a stream now, and return."""

    def sending(self, stream: str) -> bool:
        """True until the last packet of a started stream has left its host."""

    def sent_times(self, stream: str) -> Sequence[Instant]:
        """When each packet of the stream left its host."""

    def received(self, host: str, stream: str) -> Received: ...

    def probe(self, host: str, probe: Probe) -> RunningProbe:
        """Let a host ping, or trace a route."""

    def set_link(self, link: str, up: bool) -> None: ...

    def cut_link(self, link: str, *, cut: bool) -> None:
        """Let a link lose every packet, with its ends none the wiser; or no longer."""

    def set_faults(self, link: str, faults: Faults | None) -> None:
        """From now on a link has these faults in both directions, or none."""

    def link_faults(self, link: str) -> list[dict[str, Any]]:
        """A row for each direction of each switch's port on a link: its faults, what they did."""

    def restart(self, router: str) -> None:
        """Restart a router with nothing remembered; its switch runs on, and follows the new one."""

    def replace_routes(self, router: str, vrf: str, routes: Sequence[Route]) -> None:
        """The route provider's routes of a VRF are now these."""

    def show(self, router: str, noun: str, vrf: str | None) -> list[dict[str, Any]]:
        """The rows of `mvpn show ROUTER NOUN`; see `router/show.py`."""

    def in_step(self) -> bool:
        """Whether every switch does all that its router has told it so far."""

    def switch(self, router: str) -> SwitchAddress:
        """Where a P4Runtime client finds a router's switch."""

    def fib(self, router: str) -> Fib:
        """What a router has last told its switch to do."""

    def notices(self) -> Sequence[Told]:
        """What routers have told so far, in the order of its times."""

    def captures(self) -> dict[str, Path]:
        """Capture files by link name, for the links that the lab judges or the user asked for."""


def by_protocol(routes: Sequence[Route]) -> dict[RouteProtocol, tuple[Route, ...]]:
    """The provider's routes as a RIB takes them: one replacement a protocol, empty ones too."""
    return {
        protocol: tuple(route for route in routes if route.protocol is protocol)
        for protocol in PROVIDED
    }
