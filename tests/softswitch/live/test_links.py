"""Ports whose links go down and up, or away: who loses frames and who does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from finsy.proto import p4r

from softswitch.dataplane import DataPlane, PortCounters
from softswitch.interface import PortSpec
from softswitch.p4runtime.service import P4Runtime
from tests.softswitch.live.lab import Namespace, eventually
from tests.softswitch.p4runtime.control import (
    INSERT,
    MODIFY,
    P4INFO,
    PROGRAM,
    STATION,
    action,
    default,
    entry,
    ethernet,
    forward,
    update,
)

pytestmark = pytest.mark.live

IN, OUT, OTHER = 1, 2, 3
FRAMES = 20
FRAME = ethernet()


class Ports:
    """A data plane of three ports: IN to OUT, or with `replicate` IN to OUT and OTHER."""

    def __init__(self, namespace: Namespace, plane: DataPlane, service: P4Runtime) -> None:
        self.namespace = namespace
        self.ends = {number: namespace.far_end(number) for number in (IN, OUT, OTHER)}
        self._plane, self._service = plane, service
        self._write(MODIFY, default("stations", forward(OUT)))

    def replicate(self) -> None:
        replicas = [p4r.Replica(port=bytes([port])) for port in (OUT, OTHER)]
        group = p4r.MulticastGroupEntry(multicast_group_id=1, replicas=replicas)
        entity = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
        self._service.apply([update(INSERT, p4r.Entity(packet_replication_engine_entry=entity))])
        self._write(INSERT, entry("stations", STATION, action("replicate", b"\1")))

    def set_link(self, port: int, state: str) -> None:
        self.namespace.run("ip", "link", "set", f"sw{port}", state)

    def counters(self, port: int) -> PortCounters:
        return self._plane.counters()[port]

    def pass_through(self, port: int) -> None:
        """One frame in, which must come out."""
        self.ends[IN].send(FRAME)
        assert self.ends[port].recv(2000) == FRAME

    def passes(self, port: int) -> bool:
        """Whether a frame in comes out within a moment."""
        self.ends[port].settimeout(0.2)
        try:
            self.pass_through(port)
        except TimeoutError:
            return False
        return True

    def kernel_received(self, port: int) -> int:
        """Frames that the interface of a port has received, by the kernel's count."""
        text = self.namespace.run("ip", "-s", "-j", "link", "show", f"sw{port}")
        return int(json.loads(text)[0]["stats64"]["rx"]["packets"])

    def _write(self, kind: p4r.Update.Type.ValueType, item: p4r.TableEntry) -> None:
        self._service.apply([update(kind, p4r.Entity(table_entry=item))])


@pytest.fixture
def ports() -> Iterator[Ports]:
    with ExitStack() as stack:
        namespace = Namespace(3)
        stack.callback(namespace.close)
        specs = [PortSpec(number, f"sw{number}") for number in (IN, OUT, OTHER)]
        plane = namespace.inside(lambda: started(specs))
        service = P4Runtime(1, lambda forwarding: plane.set_engine(forwarding.engine))
        stack.callback(service.close)
        stack.callback(plane.close)
        config = p4r.ForwardingPipelineConfig(p4info=P4INFO, p4_device_config=PROGRAM)
        service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, config)
        yield Ports(namespace, plane, service)


def started(specs: list[PortSpec]) -> DataPlane:
    plane = DataPlane(specs, None, lambda frame: None, lambda message: None)
    plane.start()
    return plane


def test_a_port_that_is_down_drops_and_counts_its_copies_alone(ports: Ports) -> None:
    ports.replicate()
    ports.set_link(OUT, "down")
    for _ in range(FRAMES):
        ports.pass_through(OTHER)
    assert eventually(lambda: ports.counters(OTHER).tx_packets == FRAMES)
    assert eventually(lambda: ports.counters(OUT).tx_dropped == FRAMES)
    assert ports.counters(OUT).tx_packets == 0


def test_the_first_frame_after_a_link_has_come_up_leaves(ports: Ports) -> None:
    for _ in range(5):
        ports.set_link(OUT, "down")
        ports.set_link(OUT, "up")
        ports.pass_through(OUT)
    assert ports.counters(OUT).tx_dropped == 0


def test_what_the_kernel_receives_on_a_link_that_has_come_up_the_switch_receives(
    ports: Ports,
) -> None:
    """The sender's kernel may discard frames until its own end has noticed; none reach us then."""
    for _ in range(5):
        ports.set_link(IN, "down")
        ports.set_link(IN, "up")
        assert eventually(lambda: ports.passes(OUT))
    assert eventually(lambda: ports.counters(IN).rx_packets == ports.kernel_received(IN))


def test_the_other_end_of_a_link_may_go_down_and_up(ports: Ports) -> None:
    ports.namespace.run("ip", "link", "set", f"h{OUT}", "down")
    ports.ends[IN].send(FRAME)
    assert eventually(lambda: ports.counters(IN).rx_packets == 1)
    ports.namespace.run("ip", "link", "set", f"h{OUT}", "up")
    ports.ends[OUT] = ports.namespace.far_end(OUT)
    assert eventually(lambda: ports.passes(OUT))


def test_a_flapping_port_costs_the_others_no_frame(ports: Ports) -> None:
    for _ in range(FRAMES):
        ports.set_link(OTHER, "down")
        ports.pass_through(OUT)
        ports.set_link(OTHER, "up")
        ports.pass_through(OUT)
    assert eventually(lambda: ports.counters(OUT).tx_packets == 2 * FRAMES)


def test_a_port_whose_interface_is_gone_drops_and_the_others_go_on(ports: Ports) -> None:
    ports.replicate()
    ports.namespace.run("ip", "link", "del", f"sw{OUT}")
    for _ in range(FRAMES):
        ports.pass_through(OTHER)
    assert eventually(lambda: ports.counters(OUT).tx_dropped == FRAMES)


@pytest.mark.parametrize("port", [IN, OUT])
def test_an_interface_that_comes_back_works_in_both_directions(ports: Ports, port: int) -> None:
    ports.namespace.run("ip", "link", "del", f"sw{port}")
    ports.namespace.add_link(port)
    ports.ends[port] = ports.namespace.far_end(port)
    assert eventually(lambda: ports.passes(OUT))
