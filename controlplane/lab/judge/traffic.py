"""Expectations about traffic, held against what hosts received and links carried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import assert_never

from controlplane.engine.time import Instant
from controlplane.lab.checks.expectations import CORE
from controlplane.lab.file.expect import (
    Carried,
    Gre,
    NotCarried,
    Receive,
    ReceiveNothing,
    TrafficExpectation,
)
from controlplane.lab.judge.capture import judge_name, read_captures
from controlplane.lab.judge.carriage import Crossing, LinkCapture, Outer, of_stream, once_each
from controlplane.lab.judge.reception import judge_nothing, judge_received
from controlplane.lab.judge.window import window_of
from controlplane.lab.judge.words import names, traffic_words
from controlplane.lab.load import Lab
from controlplane.lab.verdict import Row
from controlplane.lab.world import World


class TrafficJudge:
    """Judges at the end of a run; `happened` says when its named events took place."""

    def __init__(self, lab: Lab, world: World, happened: Mapping[str, Instant]) -> None:
        self._lab = lab
        self._world = world
        self._happened = happened
        self._numbers = {stream.name: stream.number for stream in lab.streams}

    def rows(self, expectation: TrafficExpectation) -> Iterator[Row]:
        """The verdict on one expectation: a row for each host that receives, else one."""
        match expectation:
            case Receive():
                yield from self._receive(expectation)
            case ReceiveNothing():
                yield self._receive_nothing(expectation)
            case Carried():
                yield self._carried(expectation)
            case NotCarried():
                yield self._not_carried(expectation)
            case _:
                assert_never(expectation)

    def malformed(self) -> Iterator[Row]:
        """Every frame of every capture is a proper packet; no row when nothing was captured."""
        if not self._captures:
            return
        faults = [
            f"{link}: {len(capture.malformed):,}, the first is {capture.malformed[0]}"
            for link, capture in self._captures.items()
            if capture.malformed
        ]
        frames = sum(capture.frames for capture in self._captures.values())
        good = f"{frames:,} frames of {len(self._captures)} links, by {judge_name()}"
        words = names(faults, "; ") or good
        yield Row("no malformed packet on any captured link", words, not faults)

    # -- hosts

    def _receive(self, expectation: Receive) -> Iterator[Row]:
        window = window_of(expectation, self._happened)
        sent = self._world.sent_times(expectation.receive)
        for host in expectation.hosts:
            received = self._world.received(host, expectation.receive)
            seen = judge_received(received, sent, window, expectation.repeats or 0)
            alone = expectation.model_copy(update={"hosts": [host]})
            yield Row(traffic_words(alone), seen.words, seen.ok, seen.seconds)

    def _receive_nothing(self, expectation: ReceiveNothing) -> Row:
        window = window_of(expectation, self._happened)
        faults = []
        for stream in expectation.receive_nothing:
            sent = self._world.sent_times(stream)
            for host in expectation.hosts:
                words = judge_nothing(self._world.received(host, stream), sent, window)
                if words is not None:
                    faults.append(f"{host} got {words} of {stream}")
        return _row(expectation, faults, "nothing")

    # -- links

    @cached_property
    def _captures(self) -> dict[str, LinkCapture]:
        ports = frozenset(stream.port for stream in self._lab.streams)
        return read_captures(self._world.captures(), ports)

    def _carried(self, expectation: Carried) -> Row:
        stream, core = expectation.carried, self._core_links()
        window = window_of(expectation, self._happened)
        sent = self._world.sent_times(stream)
        required, counted = window.required(sent), window.counted(sent)
        faults = [] if required else ["no packet was sent in this time"]
        for link in expectation.links:
            outer = self._outer(expectation.gre) if link in core else None
            crossings = self._crossings(link, stream, counted)
            faults += [f"{link}: {fault}" for fault in once_each(crossings, required, outer)]
        elsewhere = core - set(expectation.links)
        faults += self._stray(elsewhere, stream, window.forbidden(sent))
        good = f"{len(required):,} packets, one copy a link, none on other core links"
        return _row(expectation, faults, f"{good}, by {judge_name()}")

    def _not_carried(self, expectation: NotCarried) -> Row:
        stream = expectation.not_carried
        window = window_of(expectation, self._happened)
        forbidden = window.forbidden(self._world.sent_times(stream))
        links = set(expectation.links) - {CORE}
        if CORE in expectation.links:
            links |= self._core_links()
        faults = [] if forbidden else ["no packet was sent in this time"]
        faults += self._stray(links, stream, forbidden)
        return _row(expectation, faults, f"none of {len(forbidden):,} packets, by {judge_name()}")

    def _crossings(self, link: str, stream: str, numbers: range) -> list[Crossing]:
        wires, links = self._lab.wires, self._lab.layout.link
        others = (name for name, wire in wires.items() if wire == wires[link] and name != link)
        vlans = frozenset(links[name].spec.vlan for name in others)
        return of_stream(self._captures[wires[link]], self._numbers[stream], numbers, vlans)

    def _stray(self, links: set[str], stream: str, numbers: range) -> Iterator[str]:
        """Packets where none should be."""
        for link in sorted(links):
            if stray := self._crossings(link, stream, numbers):
                yield f"unexpected on {link}: {len(stray):,}, the first is {stray[0].number:,}"

    def _core_links(self) -> set[str]:
        return {link.name for link in self._lab.layout.links if link.core}

    def _outer(self, gre: Gre | None) -> Outer:
        return None if gre is None else (self._lab.layout.address(gre.source), gre.group)


def _row(expectation: TrafficExpectation, faults: list[str], good: str) -> Row:
    return Row(traffic_words(expectation), names(faults, "; ") or good, not faults)
