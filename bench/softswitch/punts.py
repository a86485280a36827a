"""Packet-in: how many a controller gets a second, and what a storm of them costs forwarding.

No policer is set: what the program polices in earnest would be no storm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Final

import grpc

from bench.figure import Figure
from bench.softswitch.forwarding import ROUNDS
from bench.softswitch.links import Links
from bench.softswitch.states import replicating, routing, stream_frame, unicast_frame
from bench.softswitch.targets import Switch, softswitch
from controlplane.fib.model import Receive

PACKET_INS: Final = 20_000
_SECONDS: Final = 2.0


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
    rates = [_packet_ins(links) for _ in range(ROUNDS)]
    what = "packet-ins to a client"
    yield Figure(what, median(rates) / 1e3, "k/s", at_least=PACKET_INS / 1e3)
    shares = [_share_beside_a_storm(links) for _ in range(ROUNDS)]
    what = "forwarding beside as many punts, of that without, a CPU second"
    yield Figure(what, median(shares), "x")


def _packet_ins(links: Links) -> float:
    with softswitch(links.folder) as switch:
        switch.controller.program(routing(1, Receive()))
        listener = Listener(switch)
        with links.sending(unicast_frame()):
            time.sleep(0.5)
            before, started = listener.count, time.perf_counter()
            time.sleep(_SECONDS)
            return (listener.count - before) / (time.perf_counter() - started)


def _share_beside_a_storm(links: Links) -> float:
    """Copies a CPU second, with as many packets for the CPU on the same link, of those without."""
    punting = routing(1, Receive())
    fib = replace(replicating(4), unicast=punting.unicast)
    with softswitch(links.folder) as switch:
        switch.controller.program(fib)
        Listener(switch)
        alone = links.measure(stream_frame(), switch.pid)
        with links.sending(unicast_frame()):
            beside = links.measure(stream_frame(), switch.pid)
    return beside.a_cpu_second / alone.a_cpu_second
