"""Playing a lab: start it, wait until it is ready, let things happen, judge what was seen.

The runner keeps one agenda of instants: streams and events of the file, and the starts and limits
of expectations about state. Between two instants the world lives on; while an expectation is open,
it is polled. Traffic is judged at the end, over the times at which things really happened: a live
host may join a little later than the file says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import count
from math import inf
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.lab.file.expect import (
    StateExpectation,
    TrafficExpectation,
    WatchedExpectation,
)
from controlplane.lab.file.play import (
    Event,
    Join,
    Leave,
    LinkCut,
    LinkDown,
    LinkFaults,
    LinkUp,
    Restart,
)
from controlplane.lab.judge.state import StateJudge
from controlplane.lab.judge.traffic import TrafficJudge
from controlplane.lab.judge.words import watched_words
from controlplane.lab.load import Lab
from controlplane.lab.questions import Question
from controlplane.lab.snapshot import Snapshot, take_snapshot
from controlplane.lab.tables import Tables
from controlplane.lab.timeline.collect import timelines
from controlplane.lab.timeline.model import Timeline
from controlplane.lab.verdict import Row, Verdict
from controlplane.lab.watch import LOOK_ON, Judge, Watch
from controlplane.lab.world import World
from controlplane.lab.worlds import SIMULATOR

_DRAIN: Final[Duration] = 0.25
"""When for so long none has arrived, no packet is on its way any more."""
_SENDING_LIMIT: Final[Duration] = 30.0
"""How far behind its time a stream may be on a loaded machine."""

Progress = Callable[[str], None]


class Run:
    """One lab, played once in one world; `while_up` is entered while that world is up."""

    def __init__(
        self,
        lab: Lab,
        world: World,
        target: str,
        progress: Progress,
        while_up: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._lab = lab
        self._world = world
        self._target = target
        self._progress = progress
        self._while_up = while_up
        self._state = StateJudge(lab.layout, lab.routes)
        self._given = lab.routes.given(lab.routes.routes())
        self._probes = count(1)
        self._watches = {
            at: self._watch(expectation)
            for at, expectation in enumerate(lab.file.expect)
            if isinstance(expectation, WatchedExpectation)
        }
        """By the position of their expectation in the file."""
        self._down: frozenset[str] = frozenset()
        self._cut: set[str] = set()
        self._happened: dict[str, Instant] = {}
        self._played: dict[int, Instant] = {}
        self._startup: Duration = 0.0
        self._members: set[str] = set()
        self.snapshot: Snapshot | None = None
        """The trees as they were before anything was taken away."""
        self.timelines: list[Timeline] = []
        """What followed on each failure of a link."""

    def play(self) -> Verdict:
        """Play the lab and judge it; the world is stopped whatever happens."""
        with self.started() as start_rows:
            ready = all(row.ok for row in start_rows)
            rows = self._play_and_judge() if ready else [_not_played()]
        return Verdict(
            lab=self._lab.name,
            target=self._target,
            rows=[*start_rows, *rows],
            figures={"startup": round(self._startup, 3)},
        )

    @contextmanager
    def started(self) -> Iterator[list[Row]]:
        """The network while the block runs, ready or not; the rows say which."""
        try:
            self._progress(f"starting {self._lab.name} on {self._target}: {self._size()}")
            self._say_who_stands_in()
            self._world.start()
            with self._while_up():
                yield self._wait_until_ready()
        finally:
            self._world.stop()

    def _size(self) -> str:
        plan = self._lab.plan
        return f"{len(plan.routers)} routers, {len(plan.hosts)} hosts, {len(plan.links)} links"

    def _say_who_stands_in(self) -> None:
        if self._target == SIMULATOR and self._lab.plan.frr:
            names = ", ".join(sorted(self._lab.plan.frr))
            self._progress(f"no FRR in the simulator: our own routers stand in for {names}")

    # -- until the network is ready

    def _wait_until_ready(self) -> list[Row]:
        """The rows of the start conditions, once all of them hold or the limit has come.

        What a router shows, its switch may not do yet: packets would be lost there.
        """
        begun, limit = self._world.now(), self._lab.file.startup
        watches = [
            Watch(
                condition,
                f"start: {watched_words(condition)}",
                self._judge_of(condition),
                begun,
                limit,
            )
            for condition in self._lab.file.start
        ]
        ready = self._world.wait(lambda: self._look(watches) and self._world.in_step(), limit)
        self._startup = self._world.now() - begun
        took = f"ready after {self._startup:.2f} s"
        self._progress(took if ready else f"not ready in {limit:g} s")
        rows = [watch.row() for watch in watches]
        return [*rows, _out_of_step()] if not ready and all(row.ok for row in rows) else rows

    def _look(self, watches: Iterable[Watch]) -> bool:
        """Look at the network for each of them; True when all hold in time."""
        tables, clock = Tables(self._world), self._world.now
        return all([watch.look(tables, clock) for watch in watches])

    def _watch(self, expectation: WatchedExpectation) -> Watch:
        """What counts from an event has no start until that happens."""
        start = inf if isinstance(expectation.after, str) else expectation.after
        judge = self._judge_of(expectation)
        return Watch(expectation, watched_words(expectation), judge, start, expectation.within)

    def _judge_of(self, expectation: WatchedExpectation) -> Judge:
        if isinstance(expectation, StateExpectation):
            return partial(self._state.judge, expectation)
        question = Question(self._lab.layout, self._world, expectation, self._probes)
        return lambda _tables: question.look()

    # -- from then on

    def _play_and_judge(self) -> list[Row]:
        self._world.set_zero()
        for at in self._agenda():
            self._live_until(at)
            self._act(at)
        self._finish()
        if self.snapshot is None:
            self.snapshot = self._take_snapshot()
        self.timelines = timelines(self._lab, self._world, self._played)
        self._progress("judging what was received and captured")
        return list(self._rows())

    def _agenda(self) -> list[Instant]:
        """Every instant at which something happens or is due."""
        file = self._lab.file
        moments = {event.at for event in file.events}
        for stream in file.streams.values():
            moments |= {stream.at, stream.end}
        for watch in self._watches.values():
            start = file.time_of(watch.expectation.after) or 0.0
            moments |= {start, start + watch.within}
        return sorted(moments)

    def _live_until(self, at: Instant) -> None:
        """Live on, looking at the expectations that are open now.

        Those whose moment is the end of this time wait for what happens then.
        """
        now = self._world.now()
        watches = [watch for watch in self._watches.values() if watch.is_open(now)]
        self._world.wait(lambda: self._look_at_open(watches), max(0.0, at - now))
        self._world.advance_to(at)

    def _look_at_open(self, watches: Iterable[Watch]) -> bool:
        """Look at those that are not settled; True when nothing is left to look for."""
        now = self._world.now()
        return self._look(watch for watch in watches if watch.is_open(now))

    def _finish(self) -> None:
        """The last looks, also at what is late, and the last packets."""
        limits = [watch.limit for watch in self._watches.values()]
        self._live_until(max([self._world.now(), *limits]))
        late = [watch for watch in self._watches.values() if watch.is_open(self._world.now())]
        self._world.wait(lambda: self._look_at_open(late), LOOK_ON)
        names = [stream.name for stream in self._lab.streams]
        self._world.wait(lambda: not any(map(self._world.sending, names)), _SENDING_LIMIT)
        before = -1
        while (arrived := self._arrived()) > before:
            before = arrived
            self._world.advance_to(self._world.now() + _DRAIN)

    def _arrived(self) -> int:
        """Packets of all streams at all hosts."""
        return sum(
            len(self._world.received(host, stream.name).numbers)
            for stream in self._lab.streams
            for host in self._lab.plan.hosts
        )

    # -- what happens

    def _act(self, at: Instant) -> None:
        """All that happens at an instant: events in the order of the file, then streams."""
        for number, event in enumerate(self._lab.file.events):
            if event.at == at:
                self._progress(f"{at:6.2f} s  {event.words()}")
                self._played[number] = self._world.now()
                self._note(event)
                self._carry_out(event)
        for stream in self._lab.streams:
            spec = self._lab.file.streams[stream.name]
            if spec.at == at:
                self._progress(f"{at:6.2f} s  {stream.name}: {spec.words()}")
                self._world.send(stream)

    def _note(self, event: Event) -> None:
        if not isinstance(event, Join | LinkUp) and self.snapshot is None:
            self.snapshot = self._take_snapshot()
        if event.name is not None:
            self._happened[event.name] = now = self._world.now()
            for watch in self._watches.values():
                if watch.expectation.after == event.name:
                    watch.start = now

    def _take_snapshot(self) -> Snapshot:
        return take_snapshot(self._lab.layout, self._world, frozenset(self._members))

    def _carry_out(self, event: Event) -> None:
        match event:
            case Join(join=target, source=source, hosts=hosts):
                group, address = self._lab.channel(target, source)
                for host in hosts:
                    self._world.join(host, group, address)
                    self._members.add(host)
            case Leave(leave=target, source=source, hosts=hosts):
                group, address = self._lab.channel(target, source)
                for host in hosts:
                    self._world.leave(host, group, address)
            case LinkDown(link_down=link):
                self._set_link(link, up=False)
            case LinkCut(link_cut=link):
                self._cut_link(link)
            case LinkUp(link_up=link):
                self._mend_link(link)
            case LinkFaults(link_faults=link, faults=faults):
                self._world.set_faults(self._lab.wires[link], faults)
            case Restart(restart=router):
                self._world.restart(router)

    def _set_link(self, link: str, *, up: bool) -> None:
        """Break or mend a wire with all its VLANs, and let the route provider take note."""
        wire = self._lab.wires[link]
        self._world.set_link(wire, up)
        self._reroute(wire, up=up)

    def _cut_link(self, link: str) -> None:
        wire = self._lab.wires[link]
        self._cut.add(wire)
        self._world.cut_link(wire, cut=True)
        self._reroute(wire, up=False)

    def _mend_link(self, link: str) -> None:
        wire = self._lab.wires[link]
        if wire not in self._cut:
            self._set_link(link, up=True)
            return
        self._cut.remove(wire)
        self._world.cut_link(wire, cut=False)
        self._reroute(wire, up=True)

    def _reroute(self, wire: str, *, up: bool) -> None:
        """What the route provider gives changes with the wires that work."""
        links = {name for name, its in self._lab.wires.items() if its == wire}
        self._down = self._down - links if up else self._down | links
        provider = self._lab.routes
        before, self._given = self._given, provider.given(provider.routes(self._down))
        self._state.links_changed(self._down)
        for (router, vrf), routes in self._given.items():
            if routes != before[router, vrf]:
                self._world.replace_routes(router, vrf, routes)

    # -- the verdict

    def _rows(self) -> Iterator[Row]:
        """A row or more for each expectation, in the order of the file."""
        traffic = TrafficJudge(self._lab, self._world, self._happened)
        for at, expectation in enumerate(self._lab.file.expect):
            if at in self._watches:
                yield self._watches[at].row()
            elif isinstance(expectation, TrafficExpectation):
                yield from traffic.rows(expectation)
        yield from traffic.malformed()


def _out_of_step() -> Row:
    return Row("start: every switch does what its router has told it", "not in time", False)


def _not_played() -> Row:
    return Row("all that follows", "not played: the network was not ready", False)
