"""A lab in the simulator: the World that needs no rights, no time and no other process."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from controlplane.engine.time import Duration, Instant
from controlplane.fib.model import Fib
from controlplane.lab.errors import LabError
from controlplane.lab.plan import HostPlan, LinkEnd, LinkPlan, NetworkPlan
from controlplane.lab.probes.probe import Probe
from controlplane.lab.world import Received, RunningProbe, Stream, Told, by_protocol
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.faults import Faults
from controlplane.p4rt.memory import MemoryTarget
from controlplane.rib.route import Route
from controlplane.router.events import PortChanged, RoutesReplaced
from controlplane.router.lives import Lives, OpenRecording
from controlplane.router.show import show
from controlplane.sim.host import SimHost
from controlplane.sim.link import Link, Tap
from controlplane.sim.pcap import Capture
from controlplane.sim.probing import SimProbe
from controlplane.sim.scheduler import Scheduler
from controlplane.sim.switch import SimSwitch, Target
from controlplane.sim.traffic import Recorder, StreamSender

_POLL: Final[Duration] = 0.05


class SimWorld:
    """`pcap` is the folder for the captures of every link; without it, of the judged ones alone.

    `make_target` makes each router's switch: by default one that runs the program on every frame,
    or a DirectTarget, which hands control packets over.
    """

    def __init__(
        self,
        plan: NetworkPlan,
        *,
        pcap: Path | None = None,
        record: OpenRecording | None = None,
        make_target: Callable[[], Target] = MemoryTarget,
    ) -> None:
        self._plan = plan
        self._pcap = pcap
        self._cleanup = ExitStack()
        self._zero: Instant = 0.0
        self._scheduler = Scheduler()
        self._recorder = Recorder()
        self._senders: dict[str, StreamSender] = {}
        self._captures: dict[str, Capture] = {}
        self._routes: dict[tuple[str, str], tuple[Route, ...]] = dict(plan.routes)
        self._switches = {
            name: SimSwitch(
                Lives(config, plan.seed_of(name), record),
                self._scheduler,
                make_target(),
                self._rng(f"{name} tcp"),
            )
            for name, config in plan.routers.items()
        }
        for switch in self._switches.values():
            self._cleanup.callback(switch.target.close)
        self._hosts = {name: self._host(host) for name, host in plan.hosts.items()}
        self._links = {link.name: self._link(link) for link in plan.links}
        self._faults: dict[str, Faults] = {}
        self._cut: set[str] = set()
        for link in plan.links:
            if link.faults is not None:
                self.set_faults(link.name, link.faults)

    # -- building

    def _rng(self, name: str) -> random.Random:
        return random.Random(self._plan.seed_of(name))

    def _host(self, plan: HostPlan) -> SimHost:
        return SimHost(
            mac=plan.mac,
            address=plan.address,
            gateway=plan.gateway,
            igmp_version=plan.igmp_version,
            scheduler=self._scheduler,
            rng=self._rng(plan.name),
            on_datagram=self._recorder.at(plan.name),
        )

    def _link(self, plan: LinkPlan) -> Link:
        link = Link(self._scheduler, self._rng(plan.name), plan.delay)
        for end in plan.ends:
            self._connect(end, link)
        if plan.capture or self._pcap:
            capture = Capture()
            link.taps.append(capture.add)
            self._captures[plan.name] = capture
        return link

    def _connect(self, end: LinkEnd, link: Link) -> None:
        """Tie the two directions of one end: what the node is given, and what it sends."""
        if end.port is None:
            host = self._hosts[end.node]
            host.connect(link.attach(host.receive))
        else:
            switch = self._switches[end.node]
            switch.connect(end.port, link.attach(switch.receiver(end.port)))

    # -- World

    def start(self) -> None:
        for name, switch in self._switches.items():
            switch.start()
            self._supply(name)

    def stop(self) -> None:
        self._cleanup.close()

    def now(self) -> Instant:
        return self._scheduler.now - self._zero

    def set_zero(self) -> None:
        self._zero = self._scheduler.now

    def advance_to(self, at: Instant) -> None:
        self._scheduler.run(self._zero + at)

    def wait(self, holds: Callable[[], bool], limit: Duration) -> bool:
        end = self._scheduler.now + limit
        while not holds():
            if self._scheduler.now >= end:
                return False
            self._scheduler.run(min(end, self._scheduler.now + _POLL))
        return True

    def join(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None:
        self._hosts[host].membership.join(group, source)

    def leave(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None:
        self._hosts[host].membership.leave(group, source)

    def send(self, stream: Stream) -> None:
        for host in self._hosts.values():
            host.listen(stream.port)
        sender = StreamSender(
            host=self._hosts[stream.host],
            scheduler=self._scheduler,
            number=stream.number,
            destination=stream.destination,
            port=stream.port,
            interval=1 / stream.rate,
            count=stream.count,
            size=stream.size,
            ttl=stream.ttl,
        )
        self._senders[stream.name] = sender
        sender.start()

    def sending(self, stream: str) -> bool:
        return self._senders[stream].running

    def sent_times(self, stream: str) -> Sequence[Instant]:
        return self._on_axis(self._senders[stream].times)

    def received(self, host: str, stream: str) -> Received:
        reception = self._recorder.reception(host, self._senders[stream].number)
        return Received(reception.numbers, self._on_axis(reception.times))

    def probe(self, host: str, probe: Probe) -> RunningProbe:
        running = SimProbe(self._hosts[host], self._scheduler, probe)
        running.start()
        return running

    def set_link(self, link: str, up: bool) -> None:
        self._links[link].up = up
        plan = next(plan for plan in self._plan.links if plan.name == link)
        for end in plan.ends:
            if end.port is not None:
                self._switches[end.node].handle(PortChanged(port=end.port, up=up))

    def restart(self, router: str) -> None:
        self._switches[router].restart()
        self._supply(router)

    def replace_routes(self, router: str, vrf: str, routes: Sequence[Route]) -> None:
        self._routes[router, vrf] = tuple(routes)
        self._replace(router, vrf, routes)

    def show(self, router: str, noun: str, vrf: str | None) -> list[dict[str, Any]]:
        switch = self._switches[router]
        return show(switch.router, noun, vrf, self._scheduler.now)

    def cut_link(self, link: str, *, cut: bool) -> None:
        (self._cut.add if cut else self._cut.discard)(link)
        self.set_loss(link, 1.0 if cut else self._faults.get(link, Faults()).loss)

    def set_faults(self, link: str, faults: Faults | None) -> None:
        plan = next(plan for plan in self._plan.links if plan.name == link)
        self._faults[link] = now = faults or Faults()
        its = self._links[link]
        its.loss, its.doubled = 1.0 if link in self._cut else now.loss, now.duplicate
        its.rate, its.limit = now.rate, now.limit if faults else None
        # The target takes the jitter from both sides of the delay, a link adds it.
        its.delay, its.jitter = plan.delay + now.delay - now.jitter, 2 * now.jitter
        its.rng.seed(self._plan.seed_of(f"{link} {now.seed}"))

    def link_faults(self, link: str) -> list[dict[str, Any]]:
        raise LabError(f"{link} is simulated, it does not count what it loses")

    def set_loss(self, link: str, share: float) -> None:
        """From now on a link loses this share of its frames, in both directions."""
        self._links[link].loss = share

    def disturb(self, link: str, *, doubled: float, jitter: Duration) -> None:
        """From now on a link doubles this share of its frames, and has some overtake others."""
        self._links[link].doubled, self._links[link].jitter = doubled, jitter

    def tap(self, link: str, tap: Tap) -> None:
        """Show every frame that goes onto a link from now on."""
        self._links[link].taps.append(tap)

    def notices(self) -> Sequence[Told]:
        told = (
            Told(traced.at - self._zero, router, traced.notice)
            for router, switch in self._switches.items()
            for traced in switch.trace
        )
        return sorted(told, key=lambda one: one.at)

    def in_step(self) -> bool:
        """A switch of the simulator does at once what it is told."""
        return True

    def switch(self, router: str) -> SwitchAddress:
        raise LabError(f"{router} is simulated, its switch listens nowhere")

    def fib(self, router: str) -> Fib:
        return self._switches[router].router.fib

    def captures(self) -> dict[str, Path]:
        folder = self._pcap or Path(self._cleanup.enter_context(TemporaryDirectory(prefix="mvpn-")))
        paths = {name: folder / f"{name}.pcap" for name in self._captures}
        for name, path in paths.items():
            try:
                self._captures[name].write(path)
            except OSError as error:
                raise LabError(f"{path}: {error.strerror}") from None
        return paths

    # -- the rest

    def _on_axis(self, times: Sequence[Instant]) -> list[Instant]:
        return [at - self._zero for at in times]

    def _supply(self, router: str) -> None:
        """Tell a router that has just come up what it cannot know."""
        for plan in self._plan.links:
            for end in plan.ends:
                if end.node == router and end.port is not None and not self._links[plan.name].up:
                    self._switches[router].handle(PortChanged(port=end.port, up=False))
        for (name, vrf), routes in self._routes.items():
            if name == router:
                self._replace(router, vrf, routes)

    def _replace(self, router: str, vrf: str, routes: Sequence[Route]) -> None:
        for protocol, of_it in by_protocol(routes).items():
            event = RoutesReplaced(vrf=vrf, protocol=protocol, routes=of_it)
            self._switches[router].handle(event)
