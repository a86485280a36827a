"""A recording replays a router exactly."""

from __future__ import annotations

import json

import pytest

from controlplane.engine.time import Instant
from controlplane.rib.route import Blackhole, RouteProtocol, VpnNextHop
from controlplane.router.config import RouterConfig
from controlplane.router.events import Output, PortChanged, RouterInput, RoutesReplaced
from controlplane.router.plain import from_plain, to_plain
from controlplane.router.record import (
    Header,
    RecordedRouter,
    RecordError,
    Start,
    write_header,
    write_step,
)
from controlplane.router.replay import Replay, StepFailed
from tests.router.lab import (
    PES,
    RD,
    RECEIVER,
    WIRES,
    configs,
    give_routes,
    join,
    leave,
    route,
)
from tests.router.wire import End, Network

SEED = "1 pe2"


class Watched(RecordedRouter):
    """A recorded router that also keeps what it says."""

    def __init__(self, config: RouterConfig) -> None:
        self.lines: list[str] = []
        self.outputs: list[tuple[Instant, list[Output]]] = []
        super().__init__(Header(SEED, config), self.lines.append)

    def _keep(self, now: Instant, outputs: list[Output]) -> list[Output]:
        self.outputs.append((now, outputs))
        return outputs

    def start(self, now: Instant) -> list[Output]:
        return self._keep(now, super().start(now))

    def advance(self, now: Instant) -> list[Output]:
        return self._keep(now, super().advance(now))

    def handle(self, event: RouterInput, now: Instant) -> list[Output]:
        return self._keep(now, super().handle(event, now))


def test_a_replay_gives_every_output_of_the_run_again() -> None:
    network = Network(configs(), WIRES)
    watched = Watched(configs()[3])
    network.nodes["pe2"].router = watched
    network.start()
    give_routes(network)
    network.run(until=5.0)
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=7.0)
    leave(network, RECEIVER, "10.2.0.2")
    network.set_wire(End("pe2", 3), up=False)
    network.run(until=20.0)
    replay = Replay(watched.lines)
    assert [(recorded.at, outputs) for recorded, outputs in replay] == watched.outputs
    assert replay.router.fib == watched.fib
    assert any(outputs for _, outputs in watched.outputs)


@pytest.mark.parametrize("config", configs(), ids=lambda config: config.name)
def test_a_configuration_survives_being_written_down(config: RouterConfig) -> None:
    written = json.dumps(to_plain(config, RouterConfig))
    assert from_plain(json.loads(written), RouterConfig) == config


def test_a_line_says_what_happened_in_words_that_people_read() -> None:
    routes = (
        route("10.1.0.0/16", RouteProtocol.IBGP, VpnNextHop(PES["pe1"], RD)),
        route("10.2.0.0/16", RouteProtocol.IBGP, Blackhole()),
    )
    event = RoutesReplaced(vrf="red", protocol=RouteProtocol.IBGP, routes=routes)
    assert json.loads(write_step(1.5, event)) == {
        "at": 1.5,
        "step": {
            "type": "RoutesReplaced",
            "vrf": "red",
            "protocol": "IBGP",
            "routes": [
                {
                    "prefix": "10.1.0.0/16",
                    "protocol": "IBGP",
                    "next_hops": [{"type": "VpnNextHop", "pe": "10.255.0.1", "rd": "65000:1"}],
                    "metric": 0,
                    "way": "",
                },
                {
                    "prefix": "10.2.0.0/16",
                    "protocol": "IBGP",
                    "next_hops": [{"type": "Blackhole"}],
                    "metric": 0,
                    "way": "",
                },
            ],
        },
    }


HEADER = write_header(Header(SEED, configs()[0]))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1 of the recording: Expecting value"),
        (["[" * 100_000], "line 1 of the recording: maximum recursion depth exceeded"),
        ([HEADER, "9" * 5_000], "line 2 of the recording: Exceeds the limit"),
        (
            [HEADER.replace('"router_id":"10', '"router_id":"11')],
            "line 1 of the recording: no router can be of this: no loopback interface has",
        ),
        (["{}\n"], "line 1 of the recording: value: not a Header: {}"),
        ([HEADER, "{"], "line 2 of the recording: Expecting property name"),
        (
            [HEADER, '{"at": 1, "step": {"type": "Explode"}}'],
            "line 2 of the recording: .step: not a ",
        ),
        (
            [HEADER, '{"at": "soon", "step": {"type": "Start"}}'],
            "line 2 of the recording: .at: not a float: 'soon'",
        ),
        (
            [HEADER, write_step(0.0, PortChanged(port=1, up=True)).replace("true", "1")],
            "line 2 of the recording: .step.up: not a bool: 1",
        ),
    ],
)
def test_a_damaged_recording_is_refused_by_line_and_place(lines: list[str], message: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(Replay(lines))
    assert str(caught.value).startswith(message)


def test_the_step_at_which_a_router_fails_is_recorded_and_fails_again() -> None:
    lines: list[str] = []
    router = RecordedRouter(Header(SEED, configs()[0]), lines.append)
    router.start(0.0)
    nonsense = RoutesReplaced(vrf="green", protocol=RouteProtocol.STATIC, routes=())
    with pytest.raises(KeyError):
        router.handle(nonsense, 1.5)
    steps = iter(Replay(lines))
    assert next(steps)[0].step == Start()
    with pytest.raises(StepFailed, match=r"the router failed at 1\.5 s") as failed:
        next(steps)
    assert failed.value.recorded.step == nonsense
    assert isinstance(failed.value.__cause__, KeyError)
