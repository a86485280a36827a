"""Packet-in: how many a controller gets a second, and what a storm of them costs forwarding.

The controller is one of grpcio's synchronous clients: each message passes from thread to thread.

No policer is set: what the program polices in earnest would be no storm. It comes on a link of its
own, and takes the sender's and the controller's time on the same machine. So forwarding is measured
twice beside it: by the copies that are lost of a stream at half of what the switch can do, and by
the time of the packet thread, against that with a storm of the same packets that are dropped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Final, NamedTuple, TypeAlias

import grpc

from bench.figure import Figure
from bench.softswitch.forwarding import ROUNDS, Start
from bench.softswitch.links import STORM, Flow, Links
from bench.softswitch.processes import on_one_core
from bench.softswitch.states import (
    beside,
    replicating,
    routing,
    stream_frame,
    unicast_frame,
)
from bench.softswitch.targets import Switch, bmv2, has_bmv2, softswitch
from controlplane.fib.model import Discard, Receive, UnicastAction

PACKET_INS: Final = 20_000
STORM_RATE: Final = 100_000
UNDISTURBED: Final = 0.9
_COPIES: Final = 4
_SECONDS: Final = 2.0

Place: TypeAlias = Callable[[], AbstractContextManager[None]]


class Listener:
    """A controller that takes every packet-in and counts it."""

    def __init__(self, switch: Switch) -> None:
        self.count = 0
        self._messages = switch.controller.messages
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            for message in self._messages:
                self.count += message.HasField("packet")
        except grpc.RpcError:
            return  # the switch has ended


def punt_figures(links: Links) -> Iterator[Figure]:
    yield from _rates(links)
    rounds = [_round(links) for _ in range(ROUNDS)]
    for what, lost in (
        ("copies lost of a stream at half load", [r.alone.lost for r in rounds]),
        ("  beside a storm of punts", [r.punting.lost for r in rounds]),
    ):
        yield Figure(what, 100 * median(lost), "%", at_most=0)
    cheaper = median(r.dropping.cpu_seconds / r.punting.cpu_seconds for r in rounds)
    what = "packet thread's time, storm dropped, of that with it punted"
    yield Figure(what, cheaper, "x", at_least=UNDISTURBED)


def _rates(links: Links) -> Iterator[Figure]:
    what, goal = "packet-ins to a client", PACKET_INS / 1e3
    yield Figure(what, _median_rate(links, softswitch, on_one_core), "k/s", at_least=goal)
    if has_bmv2():
        yield Figure("  BMv2's to the same", _median_rate(links, bmv2, on_one_core), "k/s")
    spread = _median_rate(links, softswitch, nullcontext)
    yield Figure("  to one whose threads are not kept on one core", spread, "k/s")


def _median_rate(links: Links, start: Start, place: Place) -> float:
    return median(_packet_ins(links, start, place) for _ in range(ROUNDS)) / 1e3


def _packet_ins(links: Links, start: Start, place: Place) -> float:
    with start(links.folder) as switch:
        switch.controller.program(routing(1, Receive()))
        listener = Listener(switch)
        with links.sending(unicast_frame(), rate=STORM_RATE), place():
            time.sleep(0.5)
            before, started = listener.count, time.perf_counter()
            time.sleep(_SECONDS)
            return (listener.count - before) / (time.perf_counter() - started)


class Round(NamedTuple):
    """The stream without a storm, with one that is dropped, and with one that is punted."""

    alone: Flow
    dropping: Flow
    punting: Flow


def _round(links: Links) -> Round:
    with softswitch(links.folder) as switch:
        switch.controller.program(replicating(_COPIES))
        capacity = links.measure(stream_frame(), switch.pid).a_second / _COPIES
        rate = round(capacity / 2)
        alone = links.flow(stream_frame(), rate, _COPIES, switch.pid)
    return Round(alone, _beside(links, Discard(), rate), _beside(links, Receive(), rate))


def _beside(links: Links, action: UnicastAction, rate: int) -> Flow:
    with softswitch(links.folder) as switch:
        switch.controller.program(beside(replicating(_COPIES), action))
        Listener(switch)
        with links.sending(unicast_frame(), STORM, STORM_RATE):
            time.sleep(0.5)
            return links.flow(stream_frame(), rate, _COPIES, switch.pid)
