"""A data plane of three ports in a namespace, which forwards from one to another."""

from __future__ import annotations

import json
from contextlib import ExitStack

from finsy.proto import p4r

from softswitch.dataplane import DataPlane, PortCounters
from softswitch.interface import PortSpec
from softswitch.p4runtime.service import P4Runtime
from tests.softswitch.live.lab import Namespace
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

IN, OUT, OTHER = 1, 2, 3
FRAMES = 20
FRAME = ethernet()


class Ports:
    """A data plane of three ports: IN to OUT, or with `replicate` IN to OUT and OTHER."""

    def __init__(self, namespace: Namespace, plane: DataPlane, service: P4Runtime) -> None:
        self.namespace = namespace
        self.ends = {number: namespace.far_end(number) for number in (IN, OUT, OTHER)}
        self.plane, self._service = plane, service
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
        return self.plane.counters()[port]

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


def open_ports(stack: ExitStack) -> Ports:
    """The ports, as long as the stack."""
    namespace = Namespace(3)
    stack.callback(namespace.close)
    specs = [PortSpec(number, f"sw{number}") for number in (IN, OUT, OTHER)]
    plane = namespace.inside(lambda: _started(specs))
    service = P4Runtime(1, lambda forwarding: plane.set_engine(forwarding.engine))
    stack.callback(service.close)
    stack.callback(plane.close)
    config = p4r.ForwardingPipelineConfig(p4info=P4INFO, p4_device_config=PROGRAM)
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, config)
    return Ports(namespace, plane, service)


def _started(specs: list[PortSpec]) -> DataPlane:
    plane = DataPlane(specs, None, lambda frame: None, lambda message: None)
    plane.start()
    return plane
