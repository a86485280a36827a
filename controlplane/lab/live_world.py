"""A lab in Mininet: the World of live switches, of the kernel's own hosts and of real time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final

from controlplane.engine.time import Duration, Instant
from controlplane.fib.model import Fib
from controlplane.lab.counted import COUNTED, with_counters
from controlplane.lab.errors import LabError
from controlplane.lab.plan import LinkPlan, NetworkPlan
from controlplane.lab.probes.probe import Probe
from controlplane.lab.testbed.capture import Captures
from controlplane.lab.testbed.faults import LiveFaults, read_switch, tell_switch
from controlplane.lab.testbed.frr import FrrRouter, require_frr
from controlplane.lab.testbed.hosts import LiveHost
from controlplane.lab.testbed.network import Commands, Network
from controlplane.lab.testbed.owner import Owner, accepts, claim, clean, release
from controlplane.lab.testbed.probing import LiveProbe
from controlplane.lab.testbed.processes import Child, Processes, end_all, require_alive
from controlplane.lab.testbed.rights import missing_rights, require_program
from controlplane.lab.testbed.signals import Signals, unheard
from controlplane.lab.world import Received, RunningProbe, Stream, Told, by_protocol
from controlplane.live.controllers import Controllers, RouterFailed
from controlplane.live.ports import SwitchPorts
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.faults import Faults
from controlplane.rib.route import Route
from controlplane.router.lives import Lives, OpenRecording
from controlplane.router.show import ShowError

__all__ = ["LiveWorld", "clean", "missing_rights"]

_POLL: Final[Duration] = 0.05
_SWITCH_START_LIMIT: Final[Duration] = 60.0


class LiveWorld:
    """`pcap` is the folder for the captures of every link; without it, of the judged ones alone.

    Start it in the main thread: its processes end with the thread that started them.
    """

    def __init__(
        self,
        plan: NetworkPlan,
        *,
        target: str,
        pcap: Path | None = None,
        record: OpenRecording | None = None,
    ) -> None:
        self._plan = plan
        self._target = target
        self._pcap = pcap
        self._record = record
        self._zero: Instant = time.monotonic()
        self._undo = ExitStack()
        self._network: Network | None = None
        self._controllers: Controllers | None = None
        self._captures: Captures | None = None
        self._processes: Processes | None = None
        self._switches: dict[str, Child] = {}
        self._frr: dict[str, FrrRouter] = {}
        self._daemons: list[Child] = []
        """Those of FRR."""
        self._hosts: dict[str, LiveHost] = {}
        self._links = {link.name: link for link in plan.links}
        self._faults = LiveFaults(plan)
        self._streams: dict[str, Stream] = {}

    # -- World

    def start(self) -> None:
        if (reason := missing_rights()) is not None:
            raise LabError(reason)
        self._require_faults()
        if self._target == "bmv2":
            require_program("simple_switch_grpc", "build BMv2, or use --target softswitch")
        if self._plan.frr:
            require_frr()
        signals = Signals()
        self._undo.callback(signals.give_back)
        signals.take()
        owner = claim(self._plan.name)
        self._undo.callback(release, owner)
        commands = Commands(link=self._link_command, power=self.set_power)
        self._network = network = Network(self._plan, owner, self._target, commands)
        self._undo.callback(network.stop)
        network.build()
        self._start_processes(network, owner)
        self._wait_for_switches(network)
        self._start_controllers(network)

    def stop(self) -> None:
        failures = self._controllers.failures() if self._controllers else {}
        with unheard():
            self._undo.close()
        self._network = self._controllers = None
        if failures:
            words = [f"router {router} failed: {reason}" for router, reason in failures.items()]
            raise LabError("; ".join(words))

    def now(self) -> Instant:
        return time.monotonic() - self._zero

    def set_zero(self) -> None:
        self._zero = time.monotonic()

    def advance_to(self, at: Instant) -> None:
        time.sleep(max(0.0, at - self.now()))

    def wait(self, holds: Callable[[], bool], limit: Duration) -> bool:
        end = time.monotonic() + limit
        while not holds():
            require_alive([*self._switches.values(), *self._daemons])
            if time.monotonic() >= end:
                return False
            time.sleep(_POLL)
        return True

    def join(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None:
        self._hosts[host].join(group, source)

    def leave(self, host: str, group: IPv4Address, source: IPv4Address | None) -> None:
        self._hosts[host].leave(group, source)

    def send(self, stream: Stream) -> None:
        self._streams[stream.name] = stream
        for host in self._hosts.values():
            host.listen(stream.port)
        self._hosts[stream.host].send(stream)

    def sending(self, stream: str) -> bool:
        running, _ = self._sent(stream)
        return running

    def sent_times(self, stream: str) -> Sequence[Instant]:
        _, times = self._sent(stream)
        return self._on_axis(times)

    def received(self, host: str, stream: str) -> Received:
        log = self._hosts[host].received(self._streams[stream].number)
        return Received(log.numbers, self._on_axis(log.times))

    def probe(self, host: str, probe: Probe) -> RunningProbe:
        return LiveProbe(self._hosts[host], probe)

    def set_link(self, link: str, up: bool) -> None:
        network, _ = self._running()
        network.set_link(link, up)

    def restart(self, router: str) -> None:
        self._running()[1].restart(router)

    def replace_routes(self, router: str, vrf: str, routes: Sequence[Route]) -> None:
        if router not in self._frr:
            self._running()[1].replace_routes(router, vrf, by_protocol(routes))

    def show(self, router: str, noun: str, vrf: str | None) -> list[dict[str, Any]]:
        _, controllers = self._running()
        if router in self._frr:
            return self._frr[router].show(noun)
        try:
            rows = controllers.show(router, noun, vrf)
        except (RouterFailed, ShowError) as error:
            raise LabError(str(error)) from None
        counters = controllers.counters(router) if noun in COUNTED else None
        if counters is None:
            return rows
        return with_counters(rows, noun, vrf, self._plan.routers[router], counters)

    def cut_link(self, link: str, *, cut: bool) -> None:
        network, _ = self._running()
        network.cut(link, cut=cut)

    def set_faults(self, link: str, faults: Faults | None) -> None:
        self._refuse_faults_of_bmv2()
        network, _ = self._running()
        for place, words in self._faults.set(link, faults):
            if place.router in self._switches:
                tell_switch(network.address(place.router), place, words)

    def link_faults(self, link: str) -> list[dict[str, Any]]:
        self._refuse_faults_of_bmv2()
        network, _ = self._running()
        return [
            place.row(read_switch(network.address(place.router), place))
            for place in self._faults.places(link)
            if place.router in self._switches
        ]

    def in_step(self) -> bool:
        return self._running()[1].in_step()

    def switch(self, router: str) -> SwitchAddress:
        if router in self._frr:
            raise LabError(f"{router} is a router of FRR, it has no switch")
        network, _ = self._running()
        return SwitchAddress(network.address(router), network.device_id(router))

    def fib(self, router: str) -> Fib:
        return Fib() if router in self._frr else self._running()[1].fib(router)

    def notices(self) -> Sequence[Told]:
        _, controllers = self._running()
        told = (
            Told(traced.at - self._zero, router, traced.notice)
            for router in self._ours()
            for traced in controllers.notices(router)
        )
        return sorted(told, key=lambda one: one.at)

    def captures(self) -> dict[str, Path]:
        return self._captures.finish() if self._captures else {}

    # -- live labs alone

    def cli(self) -> None:
        """Mininet's command line on the running network, until its user leaves it."""
        network, _ = self._running()
        network.cli()

    def set_power(self, router: str, on: bool) -> None:
        """Switch a router's switch off, or on again with nothing in it; its controller goes on."""
        network, _ = self._running()
        child = self._switches.pop(router, None)
        if child is not None:
            end_all([child])
        if on and self._processes is not None:
            self._start_switch(router, network, self._processes)

    # -- starting

    def _start_processes(self, network: Network, owner: Owner) -> None:
        """Captures first, so that they see the first frame of all."""
        self._processes = processes = Processes(owner)
        self._undo.callback(processes.stop)
        taps = [network.tap(link.name) for link in self._plan.links if link.capture or self._pcap]
        folder = self._pcap or owner.folder / "captures"
        self._captures = Captures(taps, folder.absolute(), processes)
        for name in self._ours():
            self._start_switch(name, network, processes)
        for name in sorted(self._plan.frr):
            folder = owner.folder / f"frr-{name}"
            self._frr[name] = frr = FrrRouter(self._plan.routers[name], folder)
            self._daemons += frr.start(processes, network.namespace(name))
        self._hosts = {
            name: LiveHost(host, processes, network.namespace(name))
            for name, host in self._plan.hosts.items()
        }

    def _start_switch(self, router: str, network: Network, processes: Processes) -> None:
        command = [*network.switch_command(router), *self._faults.options(router)]
        namespace = network.namespace(router)
        self._switches[router] = processes.start(f"switch-{router}", command, namespace=namespace)

    def _wait_for_switches(self, network: Network) -> None:
        deadline = time.monotonic() + _SWITCH_START_LIMIT
        paths = [network.socket(name) for name in self._ours()]
        while not all(map(accepts, paths)):
            require_alive(self._switches.values())
            if time.monotonic() > deadline:
                raise LabError("the switches do not serve P4Runtime")
            time.sleep(_POLL)

    def _start_controllers(self, network: Network) -> None:
        routes = {of: by_protocol(routes) for of, routes in self._plan.routes.items()}
        self._controllers = controllers = Controllers(routes)
        self._undo.callback(controllers.stop)
        for name in self._ours():
            config = self._plan.routers[name]
            address = self.switch(name)
            ports = SwitchPorts(network.namespace(name), network.ports(name))
            controllers.start(Lives(config, self._plan.seed_of(name), self._record), address, ports)

    # -- the rest

    def _require_faults(self) -> None:
        """That the target can make the faults of the lab file, if there are any."""
        if any(link.faulty for link in self._plan.links):
            self._refuse_faults_of_bmv2()
            self._faults.require_places()

    def _refuse_faults_of_bmv2(self) -> None:
        if self._target == "bmv2":
            raise LabError("BMv2 makes no faults of links: use --target softswitch")

    def _ours(self) -> list[str]:
        """The routers that are a switch and a control plane of ours."""
        return [name for name in self._plan.routers if name not in self._plan.frr]

    def _running(self) -> tuple[Network, Controllers]:
        if self._network is None or self._controllers is None:
            raise LabError("the lab is not running")
        return self._network, self._controllers

    def _sent(self, stream: str) -> tuple[bool, Sequence[int]]:
        plan = self._streams[stream]
        return self._hosts[plan.host].sent(plan.number)

    def _on_axis(self, times: Sequence[int]) -> list[Instant]:
        return [at / 1e9 - self._zero for at in times]

    def _link_command(self, near: str, far: str, up: bool) -> str | None:
        """Mininet's `link A B up|down`: A and B may be the LAN's name as well."""
        link = self._link_between(near, far)
        if link is None:
            return f"there is no link between {near} and {far}"
        self.set_link(link.name, up)
        return None

    def _link_between(self, near: str, far: str) -> LinkPlan | None:
        for link in self._links.values():
            if {near, far} <= {link.name, *(end.node for end in link.ends)}:
                return link
        return None
