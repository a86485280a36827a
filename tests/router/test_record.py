"""A recording replays a router exactly."""

from __future__ import annotations

import json
from random import Random

import pytest

from controlplane.engine.time import Instant
from controlplane.rib.route import Blackhole, RouteProtocol, VpnNextHop
from controlplane.router.config import RouterConfig
from controlplane.router.events import Output, PortChanged, RouterInput, RoutesReplaced
from controlplane.router.plain import from_plain, to_plain
from controlplane.router.record import (
    Advance,
    Header,
    RecordError,
    Start,
    Step,
    replay,
    write_header,
    write_step,
)
from controlplane.router.router import Router
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


class RecordingRouter(Router):
    """A router that keeps what it is told and what it says."""

    def __init__(self, config: RouterConfig, rng: Random) -> None:
        super().__init__(config, rng)
        self.lines = [write_header(Header(SEED, config))]
        self.outputs: list[tuple[Instant, list[Output]]] = []

    def _keep(self, step: Step, now: Instant, outputs: list[Output]) -> list[Output]:
        self.lines.append(write_step(now, step))
        self.outputs.append((now, outputs))
        return outputs

    def start(self, now: Instant) -> list[Output]:
        return self._keep(Start(), now, super().start(now))

    def advance(self, now: Instant) -> list[Output]:
        return self._keep(Advance(), now, super().advance(now))

    def handle(self, event: RouterInput, now: Instant) -> list[Output]:
        return self._keep(event, now, super().handle(event, now))


def test_a_replay_gives_every_output_of_the_run_again() -> None:
    network = Network(configs(), WIRES)
    recorder = RecordingRouter(configs()[3], Random(SEED))
    network.nodes["pe2"].router = recorder
    network.start()
    give_routes(network)
    network.run(until=5.0)
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=7.0)
    leave(network, RECEIVER, "10.2.0.2")
    network.set_wire(End("pe2", 3), up=False)
    network.run(until=20.0)
    assert list(replay(recorder.lines)) == recorder.outputs
    assert any(outputs for _, outputs in recorder.outputs)


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
                    "next_hop": {"type": "VpnNextHop", "pe": "10.255.0.1", "rd": "65000:1"},
                    "metric": 0,
                },
                {
                    "prefix": "10.2.0.0/16",
                    "protocol": "IBGP",
                    "next_hop": {"type": "Blackhole"},
                    "metric": 0,
                },
            ],
        },
    }


HEADER = write_header(Header(SEED, configs()[0]))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1 of the recording: Expecting value"),
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
        list(replay(lines))
    assert str(caught.value).startswith(message)
