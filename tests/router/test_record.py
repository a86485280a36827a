"""A recording replays a router exactly."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from controlplane.engine.stream import (
    DataReceived,
    Endpoint,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
    StreamOpened,
    Why,
)
from controlplane.engine.time import Instant
from controlplane.fib.counts import CountersRead, RouteCount
from controlplane.mvpn.s_pmsi.notices import FlowSwitched
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.interned import packed_address
from controlplane.rib.route import Blackhole, RouteProtocol, VpnNextHop
from controlplane.router.config import RouterConfig
from controlplane.router.events import (
    HostPacketOut,
    Noticed,
    Output,
    PortChanged,
    RouterInput,
    RoutesReplaced,
    StreamEvent,
)
from controlplane.router.plain import from_plain, to_plain
from controlplane.router.record import (
    Header,
    RecordedRouter,
    RecordError,
    Start,
    read_step,
    write_header,
    write_step,
)
from controlplane.router.replay import Replay, StepFailed
from controlplane.router.show import show
from tests.router.core import LOOPBACKS, core, core_configs
from tests.router.core_packets import packet
from tests.router.lab import (
    PES,
    RD,
    RECEIVER,
    STREAM,
    WIRES,
    configs,
    give_routes,
    join,
    leave,
    route,
)
from tests.router.test_data_mdt import BY_RATE, Stream, with_data_mdt
from tests.router.test_data_mdt import network as data_mdt_network
from tests.router.wire import End, Network

SEED = "1 pe2"
HERE, THERE = Endpoint(LOOPBACKS["p1"], 50_000), Endpoint(LOOPBACKS["pe1"], 646)
INTERNED = Endpoint(packed_address(LOOPBACKS["pe1"].packed), 646)


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


def test_a_replay_of_a_pe_reads_the_same_counters_again() -> None:
    net = data_mdt_network()
    config = net.nodes["pe1"].router.config
    watched = Watched(config)
    net.nodes["pe1"].router = watched
    net.start()
    give_routes(net)
    net.run(until=net.now + 5.0)
    Stream(net).send(net.now + 6.0, 0.02)
    replay = Replay(watched.lines)
    assert [(recorded.at, outputs) for recorded, outputs in replay] == watched.outputs
    assert "CountersRead" in {json.loads(line)["step"]["type"] for line in watched.lines[1:]}
    told = {
        type(out.notice) for _, said in watched.outputs for out in said if isinstance(out, Noticed)
    }
    assert FlowSwitched in told


KEYS = {LOOPBACKS["pe1"]: b"secret", LOOPBACKS["p2"]: b"another"}


def signing(config: RouterConfig) -> RouterConfig:
    """p1 and its peers sign their sessions."""
    assert config.ldp is not None
    me = LOOPBACKS["p1"]
    keys = KEYS if config.router_id == me else {me: KEYS.get(config.router_id, b"")}
    return replace(config, ldp=replace(config.ldp, md5_keys=keys))


def test_a_replay_of_a_core_router_goes_through_its_sessions_again() -> None:
    """Streams, host packets, ports and the keys of sessions, of a run in which all of them fail."""
    network = core(pe1=signing, p1=signing, p2=signing)
    watched = Watched(network.nodes["p1"].router.config)
    network.nodes["p1"].router = watched
    network.start()
    network.run(until=2.0)
    ldp = show(watched, "ldp neighbor", None, network.now)
    assert [row["state"] for row in ldp] == ["Operational", "Operational"]
    datagram = packet(LOOPBACKS["p1"], LOOPBACKS["pe2"], 255).encode()
    network.give("p1", HostPacketOut(vrf=DEFAULT_VRF, datagram=datagram))
    network.streams.reset("p2")
    network.run(until=4.0)
    network.set_wire(End("p1", 1), up=False)
    network.cut_wire(End("p1", 2))
    network.run(until=6.0)
    steps = {json.loads(line)["step"]["type"] for line in watched.lines[1:]}
    assert steps == {"Start", "Advance", "PacketIn", "PortChanged", "StreamEvent", "HostPacketOut"}
    replay = Replay(watched.lines)
    assert [(recorded.at, outputs) for recorded, outputs in replay] == watched.outputs
    assert replay.router.fib == watched.fib
    assert replay.router.config.ldp == watched.config.ldp


def test_a_key_is_written_as_octets_beside_its_peer() -> None:
    config = signing(core_configs()["p1"])
    assert to_plain(config, RouterConfig)["ldp"]["md5_keys"] == {
        "192.0.2.1": "736563726574",
        "192.0.2.3": "616e6f74686572",
    }


@pytest.mark.parametrize(
    "event",
    [
        StreamEvent(vrf="default", event=StreamOpened(stream="1", local=HERE, remote=THERE)),
        StreamEvent(vrf="default", event=StreamAccepted(stream="1", local=HERE, remote=THERE)),
        StreamEvent(vrf="default", event=StreamOpened(stream="1", local=HERE, remote=INTERNED)),
        StreamEvent(vrf="default", event=DataReceived(stream="1", data=b"\0\1\xff")),
        StreamEvent(vrf="default", event=StreamDrained(stream="1")),
        StreamEvent(vrf="default", event=StreamClosed(stream="1", why=Why.RESET)),
        HostPacketOut(vrf="default", datagram=b"\x45\0"),
        CountersRead(1.5, (RouteCount(1, STREAM, 3, 300),)),
    ],
    ids=lambda event: type(getattr(event, "event", event)).__name__,
)
def test_what_a_driver_tells_survives_being_written_down(event: RouterInput) -> None:
    assert read_step(2, write_step(1.5, event)).step == event


@pytest.mark.parametrize(
    "config",
    [*configs(), *core_configs().values(), with_data_mdt(configs()[1], BY_RATE)],
    ids=lambda config: f"{config.router_id}",
)
def test_a_configuration_survives_being_written_down(config: RouterConfig) -> None:
    written = json.dumps(to_plain(config, RouterConfig))
    assert from_plain(json.loads(written), RouterConfig) == config


def test_a_line_says_what_happened_in_words_that_people_read() -> None:
    routes = (
        route("10.1.0.0/16", RouteProtocol.IBGP, VpnNextHop(PES["pe1"], RD, 24)),
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
                    "next_hops": [
                        {"type": "VpnNextHop", "pe": "10.255.0.1", "rd": "65000:1", "label": 24}
                    ],
                    "metric": 0,
                    "way": "",
                    "backups": [],
                },
                {
                    "prefix": "10.2.0.0/16",
                    "protocol": "IBGP",
                    "next_hops": [{"type": "Blackhole"}],
                    "metric": 0,
                    "way": "",
                    "backups": [],
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
