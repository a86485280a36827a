"""A World without a network: routers show, and packets meet, what the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from controlplane.engine.time import Duration, Instant
from controlplane.fib.model import Fib
from controlplane.lab.probes.probe import Probe
from controlplane.lab.world import Received, Stream, Told
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.faults import Faults, fault_words
from controlplane.rib.route import Route
from controlplane.wire.ipv4 import Ipv4Packet

STEP = 0.05

Show = Callable[[str, str, str | None, Instant], list[dict[str, Any]]]
Answer = Callable[[Ipv4Packet, Instant], Ipv4Packet | None]
"""What comes back of a probe's packet; ROUND_TRIP later."""

ROUND_TRIP = 0.004


class FakeWorld:
    """Time jumps in steps. Every packet reaches the hosts that are members, 10 ms later."""

    def __init__(self, show: Show, answer: Answer = lambda packet, now: None) -> None:
        self._show = show
        self._answer = answer
        self._clock = 0.0
        self._zero = 0.0
        self.log: list[tuple[float, str]] = []
        self.streams: dict[str, tuple[Stream, float]] = {}
        self.members: list[tuple[float, float, str, IPv4Address]] = []
        self.running = False
        self.told: list[Told] = []
        self.in_step_from = 0.0
        self.faults: dict[str, Faults | None] = {}
        self.replaced: list[tuple[str, str, tuple[Route, ...]]] = []

    def _note(self, what: str) -> None:
        self.log.append((round(self.now(), 3), what))

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def now(self) -> Instant:
        return self._clock - self._zero

    def set_zero(self) -> None:
        self._zero = self._clock

    def advance_to(self, at: Instant) -> None:
        self._clock = max(self._clock, self._zero + at)

    def wait(self, holds: Callable[[], bool], limit: Duration) -> bool:
        end = self._clock + limit
        while not holds():
            if self._clock >= end:
                return False
            self._clock = min(end, self._clock + STEP)
        return True

    def join(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None:
        self._note(f"join {host} {group} {source}")
        self.members.append((self.now(), float("inf"), host, group))

    def leave(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None:
        self._note(f"leave {host} {group} {source}")
        self.members = [
            (start, self.now() if (name, joined) == (host, group) else end, name, joined)
            for start, end, name, joined in self.members
        ]

    def send(self, stream: Stream) -> None:
        self._note(f"send {stream.name}")
        self.streams[stream.name] = (stream, self.now())

    def sending(self, stream: str) -> bool:
        return self.sent_times(stream)[-1] > self.now()

    def sent_times(self, stream: str) -> Sequence[Instant]:
        what, started = self.streams[stream]
        return [started + number / what.rate for number in range(what.count)]

    def received(self, host: str, stream: str) -> Received:
        group = self.streams[stream][0].destination
        got = [
            (number, at + 0.01)
            for number, at in enumerate(self.sent_times(stream))
            if any(
                start <= at < end
                for start, end, name, joined in self.members
                if (name, joined) == (host, group)
            )
        ]
        return Received([number for number, _ in got], [at for _, at in got])

    def probe(self, host: str, probe: Probe) -> FakeProbe:
        self._note(f"probe from {host}")
        return FakeProbe(self, self._answer, probe)

    def set_link(self, link: str, up: bool) -> None:
        self._note(f"link {link} {'up' if up else 'down'}")

    def cut_link(self, link: str, *, cut: bool) -> None:
        self._note(f"link {link} {'cut' if cut else 'mended'}")

    def set_faults(self, link: str, faults: Faults | None) -> None:
        self._note(f"faults {link} {fault_words(faults)}")
        self.faults[link] = faults

    def link_faults(self, link: str) -> list[dict[str, Any]]:
        return [{"router": "pe1", "port": 1, "faults": fault_words(self.faults.get(link))}]

    def restart(self, router: str) -> None:
        self._note(f"restart {router}")

    def replace_routes(self, router: str, vrf: str, routes: Sequence[Route]) -> None:
        self.replaced.append((router, vrf, tuple(routes)))

    def show(self, router: str, noun: str, vrf: str | None) -> list[dict[str, Any]]:
        """Routers of tests send no data MDTs."""
        return [] if noun == "mvpn data-mdt" else self._show(router, noun, vrf, self.now())

    def in_step(self) -> bool:
        return self.now() >= self.in_step_from

    def switch(self, router: str) -> SwitchAddress:
        return SwitchAddress(f"unix:/run/{router}.sock", 7)

    def fib(self, router: str) -> Fib:
        return Fib()

    def notices(self) -> Sequence[Told]:
        return self.told

    def captures(self) -> dict[str, Path]:
        return {}


class FakeProbe:
    """Lives in the looks at it; the answers come at the next one, with the time that they took."""

    def __init__(self, world: FakeWorld, answer: Answer, probe: Probe) -> None:
        self._world = world
        self._answer = answer
        self._probe = probe
        self._coming: list[tuple[Ipv4Packet, Instant]] = []

    def look(self) -> bool:
        now = self._world.now()
        for came, at in self._coming:
            self._probe.hear(came, at)
        self._coming.clear()
        packet = self._probe.advance(now)
        if packet is not None and (answer := self._answer(packet, now)) is not None:
            self._coming.append((answer, now + ROUND_TRIP))
        return self._probe.running
