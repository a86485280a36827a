"""BGP engines and streams between them in memory, on a virtual clock.

Routers have a loopback, 10.0.0.N for the Nth, and links with interfaces of their own; sessions run
between loopbacks or over a link. Streams deliver octets in order, cut anywhere, into a window that
a router which reads slowly does not empty; they may be reset or fall silent. Next hops are as far
as the test says, and one hop away if it says nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from itertools import count
from random import Random
from typing import Any

from controlplane.engine.engine import InterfaceDown, InterfaceUp
from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamName,
    StreamOpened,
    accepted_name,
)
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import (
    BestPath,
    BestPathsChanged,
    BgpConfig,
    BgpInput,
    BgpOutput,
    NextHopsResolved,
    NextHopsTracked,
    Originated,
    PeerConfig,
    PeerTimers,
    RoutesOriginated,
)
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Family, NlriKey
from tests.protocols.bgp.ends import Half, Router

DELAY: Duration = 0.01
TIMERS = PeerTimers(min_advertisement=0.0)


class Network:
    """`metric` says how far a next hop is from a router, None for one that no route leads to."""

    def __init__(self, seed: int = 1) -> None:
        self.now: Instant = 0.0
        self.rng = Random(seed)
        self.routers: dict[str, Router] = {}
        self.links: dict[str, tuple[str, str]] = {}
        self.apart: set[frozenset[str]] = set()
        self.metric: Callable[[str, IPv4Address], int | None] = lambda router, hop: 1
        self._heap: list[tuple[Instant, int, Callable[[], None]]] = []
        self._held: list[Callable[[], None]] = []
        self._sequence = count()
        self._numbers = count(1)

    # -- before the start

    def router(self, name: str, asn: int = 65000, **settings: Any) -> IPv4Address:
        """There is a router; `settings` are those of its `BgpConfig`."""
        loopback = IPv4Address("10.0.0.0") + len(self.routers) + 1
        config = BgpConfig(asn=asn, router_id=loopback, **settings)
        interfaces = {"lo": _loopback(loopback)}
        self.routers[name] = Router(name, loopback, config, interfaces)
        return loopback

    def session(
        self,
        one: str,
        other: str,
        *,
        of_one: dict[str, Any] | None = None,
        of_other: dict[str, Any] | None = None,
        **both: Any,
    ) -> None:
        """Both are to have a session between their loopbacks; settings are those of PeerConfig."""
        ends = (self.routers[one].loopback, self.routers[other].loopback)
        self._peer(one, other, ends, both | (of_one or {}))
        self._peer(other, one, (ends[1], ends[0]), both | (of_other or {}))

    def link(
        self,
        one: str,
        other: str,
        *,
        of_one: dict[str, Any] | None = None,
        of_other: dict[str, Any] | None = None,
        **both: Any,
    ) -> str:
        """Both are on the link 10.1.N.0/24, their interfaces are called after it, and have a
        session over it."""
        number, name = len(self.links) + 1, f"{one}-{other}"
        self.links[name] = (one, other)
        ends = []
        for host, router in enumerate((one, other), start=1):
            address = IPv4Interface(f"10.1.{number}.{host}/24")
            ends.append(address.ip)
            self.routers[router].interfaces[name] = Interface(
                name=name, index=number, kind=InterfaceKind.ETHERNET, address=address
            )
        both |= {"interface": name}
        self._peer(one, other, (ends[0], ends[1]), both | (of_one or {}))
        self._peer(other, one, (ends[1], ends[0]), both | (of_other or {}))
        return name

    # -- while it runs

    def start(self, *names: str) -> None:
        """Start routers, all that are not started if none is named, or start them anew."""
        waiting = [name for name, router in self.routers.items() if router.engine is None]
        for name in names or waiting:
            router = self.routers[name]
            rng = Random(f"{name} {next(self._numbers)}")
            router.engine = BgpEngine(router.config, rng=rng)
            router.best, router.listens = {}, {}
        for name in names or waiting:
            for interface in self.routers[name].interfaces.values():
                self.tell(name, InterfaceUp(interface=interface))

    def crash(self, name: str, *, is_heard: bool = True) -> None:
        """The router is gone; its peers hear that its streams are, if it `is_heard`."""
        router = self.routers[name]
        router.engine, router.listens = None, {}
        for half in list(router.halves.values()):
            self._tear(half, by=name if is_heard else None)

    def reset(self, one: str, other: str) -> None:
        """The streams between two routers break, and both are told."""
        for half in self._between(one, other):
            if half.stream in self.routers[half.sender].halves:
                self._tear(half, by="")

    def silence(self, one: str, other: str) -> None:
        """Nothing gets from one router to the other any more, nor back, and nobody is told."""
        self.apart.add(frozenset((one, other)))

    def join(self, one: str, other: str) -> None:
        """What was lost between them is sent again."""
        self.apart.discard(frozenset((one, other)))
        held, self._held = self._held, []
        for again in held:
            again()

    def cut(self, link: str) -> None:
        """The link goes down; its routers see that."""
        self.silence(*self.links[link])
        for name in self.links[link]:
            self.tell(name, InterfaceDown(name=link))

    def mend(self, link: str) -> None:
        self.join(*self.links[link])
        for name in self.links[link]:
            self.tell(name, InterfaceUp(interface=self.routers[name].interfaces[link]))

    def stop_reading(self, name: str) -> None:
        self.routers[name].reads = False

    def read_again(self, name: str) -> None:
        """It reads all that came meanwhile, and what comes."""
        self.routers[name].reads = True
        for half in list(self.routers[name].halves.values()):
            if half.back is not None:
                self._read(half.back)

    def originate(self, name: str, family: Family, *keys: NlriKey, **attributes: Any) -> None:
        """Routes of the router's own, all with the same attributes."""
        shared = PathAttributes(**attributes)
        labelled = family in (Family.VPNV4, Family.VPNV4_MULTICAST)
        routes = tuple(
            Originated(key=key, attributes=shared, label=100 if labelled else None) for key in keys
        )
        self.tell(name, RoutesOriginated(family=family, changed=routes))

    def withdraw(self, name: str, family: Family, *keys: NlriKey) -> None:
        self.tell(name, RoutesOriginated(family=family, withdrawn=keys))

    def resolve(self, name: str) -> None:
        """The distances of next hops are others now."""
        router = self.routers[name]
        metrics = {hop: self.metric(name, hop) for hop in router.tracked}
        self.tell(name, NextHopsResolved(metrics=metrics))

    def tell(self, name: str, event: BgpInput) -> None:
        """Hand an input to a router, and set off what comes of it."""
        router = self.routers[name]
        if router.engine is not None:
            self._carry(router, router.engine.handle(event, self.now))

    def run(self, duration: Duration) -> None:
        """Let time pass."""
        until = self.now + duration
        while (at := self._next()) <= until:
            self.now = max(self.now, at)
            if self._heap and self._heap[0][0] <= self.now:
                heapq.heappop(self._heap)[2]()
            else:
                for router in self.routers.values():
                    if router.engine is not None:
                        self._carry(router, router.engine.advance(self.now))
        self.now = until

    def later(self, do: Callable[[], None], delay: Duration = DELAY) -> None:
        heapq.heappush(self._heap, (self.now + delay, next(self._sequence), do))

    # -- what came of it

    def view(self, name: str, peer: str) -> PeerView:
        """What a router has to show of another."""
        router = self.routers[name]
        assert router.engine is not None
        views = router.engine.peers(self.now)
        return next(view for view in views if view.address in self.routers[peer].addresses)

    def state(self, name: str, peer: str) -> str:
        return self.view(name, peer).state

    def best(self, name: str, family: Family) -> dict[NlriKey, BestPath]:
        return self.routers[name].best.get(family, {})

    def streams(self, one: str, other: str) -> int:
        """How many streams there are between two routers."""
        return len(self._between(one, other)) // 2

    # -- inside

    def _peer(
        self, name: str, peer: str, ends: tuple[IPv4Address, IPv4Address], settings: dict[str, Any]
    ) -> None:
        router = self.routers[name]
        usual: dict[str, Any] = {"timers": TIMERS, "remote_as": self.routers[peer].config.asn}
        one = PeerConfig(local=ends[0], address=ends[1], **(usual | settings))
        router.config = replace(router.config, peers=(*router.config.peers, one))

    def _next(self) -> Instant:
        engines = (router.engine for router in self.routers.values())
        deadlines = (engine.next_deadline() for engine in engines if engine is not None)
        first = min((d for d in deadlines if d is not None), default=float("inf"))
        return min(first, self._heap[0][0] if self._heap else float("inf"))

    def _carry(self, router: Router, outputs: Iterable[BgpOutput]) -> None:
        for output in outputs:
            router.outputs.append(output)
            match output:
                case Listen():
                    router.listens[output.local.address] = output
                case OpenStream():
                    self._open(router, output)
                case SendData():
                    self._send(router, output)
                case CloseStream():
                    self._close(router, output.stream)
                case BestPathsChanged():
                    best = router.best.setdefault(output.family, {})
                    best |= {path.key: path for path in output.changed}
                    for key in output.withdrawn:
                        best.pop(key, None)
                case NextHopsTracked():
                    self._track(router, output)
                case _:
                    pass

    def _track(self, router: Router, output: NextHopsTracked) -> None:
        router.tracked = (router.tracked | output.added) - output.removed
        if output.added:
            metrics = {hop: self.metric(router.name, hop) for hop in output.added}
            self.later(lambda: self.tell(router.name, NextHopsResolved(metrics=metrics)), 0.0)

    def _open(self, router: Router, output: OpenStream) -> None:
        self.later(lambda: self._connect(router, output))

    def _connect(self, router: Router, output: OpenStream) -> None:
        remote = output.remote.address
        owners = (one for one in self.routers.values() if remote in one.addresses)
        owner = next(owners, None)
        listen = owner.listens.get(remote) if owner and owner.engine else None
        if owner is None or listen is None:
            why = "connection refused"
        elif frozenset((router.name, owner.name)) in self.apart:
            why = "no answer"
        elif listen.md5_keys.get(output.local) != output.md5_key:
            why = "no answer"  # RFC 2385: segments with a wrong digest are not answered
        else:
            self._connected(router, owner, output)
            return
        self.tell(router.name, StreamClosed(stream=output.stream, why=why))

    def _connected(self, opener: Router, accepter: Router, output: OpenStream) -> None:
        near = Endpoint(output.local, 40000 + next(self._numbers))
        accepted = accepted_name(output.remote, near)
        out = Half(opener.name, output.stream, accepter.name, accepted)
        back = Half(accepter.name, accepted, opener.name, output.stream, back=out)
        out.back = back
        opener.halves[output.stream], accepter.halves[accepted] = out, back
        far = output.remote
        self.tell(accepter.name, StreamAccepted(stream=accepted, local=far, remote=near))
        self.tell(opener.name, StreamOpened(stream=output.stream, local=near, remote=far))

    def _send(self, router: Router, output: SendData) -> None:
        half = router.halves.get(output.stream)
        if half is not None:
            half.queue += output.data
            half.is_told = False
            router.backlog = max(router.backlog, len(half.queue))
            self._pump(half)

    def _close(self, router: Router, stream: StreamName) -> None:
        half = router.halves.pop(stream, None)
        if half is not None:
            half.is_closing = True
            self._pump(half)

    def _pump(self, half: Half) -> None:
        """Give the receiver's TCP what it takes; tell the sender when that was all."""
        length = min(len(half.queue), half.window)
        data, half.queue = bytes(half.queue[:length]), half.queue[length:]
        half.window -= length
        while data:
            cut = self.rng.randint(1, len(data))
            self.later(lambda piece=data[:cut]: self._deliver(half, piece))  # type: ignore[misc]
            data = data[cut:]
        if not half.queue and half.is_closing:
            self.later(lambda: self._hear_end(half, "the peer closed it"))
        elif not half.queue and not half.is_told:
            half.is_told = True
            self.later(lambda: self._hear_drained(half))

    def _hear_drained(self, half: Half) -> None:
        if half.stream in self.routers[half.sender].halves and not half.queue:
            self.tell(half.sender, StreamDrained(stream=half.stream))

    def _deliver(self, half: Half, data: bytes) -> None:
        if self._is_apart(half):
            self._held.append(lambda: self._deliver(half, data))
            return
        half.unread += data
        if self.routers[half.receiver].reads:
            self._read(half)

    def _read(self, half: Half) -> None:
        data, half.unread = bytes(half.unread), bytearray()
        half.window += len(data)
        if data and half.receives_as in self.routers[half.receiver].halves:
            self.tell(half.receiver, DataReceived(stream=half.receives_as, data=data))
        if half.queue:
            self._pump(half)

    def _hear_end(self, half: Half, why: str) -> None:
        if self._is_apart(half):
            self._held.append(lambda: self._hear_end(half, why))
            return
        receiver = self.routers[half.receiver]
        if receiver.halves.pop(half.receives_as, None) is not None:
            self.tell(receiver.name, StreamClosed(stream=half.receives_as, why=why))

    def _is_apart(self, half: Half) -> bool:
        return frozenset((half.sender, half.receiver)) in self.apart

    def _tear(self, half: Half, by: str | None) -> None:
        """The stream is gone at both ends; all are told but who did it, or nobody."""
        for name, stream in ((half.sender, half.stream), (half.receiver, half.receives_as)):
            gone = self.routers[name].halves.pop(stream, None)
            if gone is not None and by is not None and name != by:
                self.tell(name, StreamClosed(stream=stream, why="the peer reset it"))

    def _between(self, one: str, other: str) -> list[Half]:
        names = {one, other}
        halves = (half for router in self.routers.values() for half in router.halves.values())
        return [half for half in halves if {half.sender, half.receiver} == names]


def _loopback(address: IPv4Address) -> Interface:
    return Interface(
        name="lo", index=0, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(address)
    )
