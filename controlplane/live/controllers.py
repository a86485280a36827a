"""The controllers of all routers of a lab, in one event loop in one thread.

Every method may be called from any other thread. What the route provider last gave a VRF and which
ports have no link is kept here, since a router that restarts is told both anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from controlplane.engine.notice import TimedNotice
from controlplane.fib.model import Fib
from controlplane.live.clock import Clock
from controlplane.live.driver import LiveRouter
from controlplane.live.loop import LoopThread
from controlplane.live.ports import PortWatcher, SwitchPorts
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.counters import Counters
from controlplane.rib.route import Route, RouteProtocol
from controlplane.router.events import PortChanged, RoutesReplaced
from controlplane.router.lives import Lives
from controlplane.router.show import Row

Provided = Mapping[RouteProtocol, tuple[Route, ...]]
"""What a route provider gives a VRF: the whole of each of its protocols."""


class RouterFailed(Exception):
    """A router has stopped because of a mistake in it."""


class Controllers:
    """`routes` is by router and VRF."""

    def __init__(self, routes: Mapping[tuple[str, str], Provided]) -> None:
        self._routes = dict(routes)
        self._down: set[tuple[str, int]] = set()
        self._routers: dict[str, LiveRouter] = {}
        self._watchers: list[PortWatcher] = []
        self._thread = LoopThread()
        self._clock: Clock | None = None

    def start(self, lives: Lives, switch: SwitchAddress, ports: SwitchPorts) -> None:
        """Bring a router up when its switch is there, and keep that in step."""
        self._thread.call(self._start(lives, switch, ports))

    def stop(self) -> None:
        """End all of them; the switches go on."""
        self._thread.call(self._stop_watching())
        self._thread.stop()

    def failures(self) -> dict[str, str]:
        """Routers that stopped because of a mistake in them, and what it was."""
        return {name: router.failure for name, router in self._routers.items() if router.failure}

    def replace_routes(self, router: str, vrf: str, routes: Provided) -> None:
        """The route provider's routes of a VRF are now these."""
        self._routes[router, vrf] = routes
        self._thread.call(self._handle(router, *_events(vrf, routes)))

    def restart(self, router: str) -> None:
        """Forget everything that a router has learned; its switch goes on meanwhile."""
        self._thread.call(self._restart(router))

    def show(self, router: str, noun: str, vrf: str | None) -> list[Row]:
        """Rows as in `router/show`; ShowError when there is no such noun or VRF."""
        return self._thread.call(self._show(router, noun, vrf))

    def fib(self, router: str) -> Fib:
        """What a router has last told its switch to do."""
        return self._routers[router].router.fib

    def in_step(self) -> bool:
        """Whether every switch does all that its router has told it so far."""
        return self._thread.call(self._in_step())

    def notices(self, router: str) -> list[TimedNotice]:
        """What a router and its session have told so far."""
        return self._thread.call(self._notices(router))

    def counters(self, router: str) -> Counters | None:
        """What a router's switch has counted; None while there is no connection to it."""
        return self._thread.call(self._routers[router].counters())

    # -- in the event loop

    async def _start(self, lives: Lives, switch: SwitchAddress, ports: SwitchPorts) -> None:
        name = lives.config.name
        router = LiveRouter(lives, switch, self._clock_of_all(), lambda: self._supply(name))
        self._routers[name] = router
        self._watchers.append(PortWatcher(ports, partial(self._port_changed, name)))
        self._thread.spawn(router.run())

    def _clock_of_all(self) -> Clock:
        self._clock = self._clock or Clock(asyncio.get_running_loop())
        return self._clock

    async def _stop_watching(self) -> None:
        for watcher in self._watchers:
            watcher.close()

    def _port_changed(self, router: str, port: int, up: bool) -> None:
        (self._down.discard if up else self._down.add)((router, port))
        self._routers[router].handle(PortChanged(port=port, up=up))

    async def _show(self, router: str, noun: str, vrf: str | None) -> list[Row]:
        driver = self._routers[router]
        if driver.failure is not None:
            raise RouterFailed(f"router {router} has failed: {driver.failure}")
        return driver.show(noun, vrf)

    async def _in_step(self) -> bool:
        return all(router.session.synced for router in self._routers.values())

    async def _notices(self, router: str) -> list[TimedNotice]:
        return list(self._routers[router].told)

    async def _restart(self, router: str) -> None:
        await self._routers[router].restart()

    async def _handle(self, router: str, *events: RoutesReplaced) -> None:
        for event in events:
            self._routers[router].handle(event)

    def _supply(self, router: str) -> None:
        """Tell a router that has just come up what it cannot know."""
        driver = self._routers[router]
        for name, port in self._down:
            if name == router:
                driver.handle(PortChanged(port=port, up=False))
        for (name, vrf), routes in self._routes.items():
            if name == router:
                for event in _events(vrf, routes):
                    driver.handle(event)


def _events(vrf: str, routes: Provided) -> Sequence[RoutesReplaced]:
    return [
        RoutesReplaced(vrf=vrf, protocol=protocol, routes=of_it)
        for protocol, of_it in routes.items()
    ]
