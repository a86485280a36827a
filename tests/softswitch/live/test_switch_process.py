"""A switch process between real links: what it forwards, and what it survives."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from finsy.proto import p4r
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from tests.softswitch.live.lab import (
    DEVICE_ID,
    PATIENCE,
    Namespace,
    SwitchUnderTest,
    eventually,
    running_switch,
    switch_command,
)
from tests.softswitch.p4runtime.client import Controller, connected
from tests.softswitch.p4runtime.control import (
    HERE,
    INSERT,
    MODIFY,
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

MAX_RESIDENT_MEGABYTES = 80


class Bench:
    """A running switch, its primary controller, and sockets at the far ends of its links."""

    def __init__(self, namespace: Namespace, switch: SwitchUnderTest, primary: Controller) -> None:
        self.namespace, self.switch, self.primary = namespace, switch, primary
        self.ends = {number: namespace.far_end(number) for number in (1, 2, 3)}

    def write(self, kind: p4r.Update.Type.ValueType, item: p4r.TableEntry) -> None:
        self.primary.write(update(kind, p4r.Entity(table_entry=item)))

    def passes(self, from_: int, to: int) -> bool:
        """Whether a frame to STATION gets through within a moment; older ones are passed over."""
        frame = ethernet(time.monotonic_ns().to_bytes(8, "big"))
        try:
            self.ends[from_].send(frame)
            self.ends[to].settimeout(0.2)
            while self.ends[to].recv(2000) != frame:
                pass
        except OSError:
            return False
        return True


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running_switch(tmp_path, 3) as (namespace, switch):
        with connected(switch.address, DEVICE_ID) as primary:
            primary.arbitrate()
            primary.set_pipeline()
            made = Bench(namespace, switch, primary)
            made.write(MODIFY, default("stations", forward(2)))
            yield made


def test_frames_pass_unchanged_and_in_order(bench: Bench) -> None:
    sent = [ethernet(bytes([number]) * (number + 1)) for number in range(200)]
    for frame in sent:
        bench.ends[1].send(frame)
    assert [bench.ends[2].recv(2000) for _ in sent] == sent


def test_a_group_replicates(bench: Bench) -> None:
    group = p4r.MulticastGroupEntry(
        multicast_group_id=1, replicas=[p4r.Replica(port=b"\2"), p4r.Replica(port=b"\3")]
    )
    replication = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
    bench.primary.write(update(INSERT, p4r.Entity(packet_replication_engine_entry=replication)))
    bench.write(INSERT, entry("stations", STATION, action("replicate", b"\1")))
    bench.ends[1].send(ethernet())
    assert bench.ends[2].recv(2000) == bench.ends[3].recv(2000) == ethernet()


def test_punted_frames_reach_the_controller_with_their_vlan_tag(bench: Bench) -> None:
    bench.write(INSERT, entry("stations", STATION, action("punt", b"\1")))
    tagged = ethernet(bytes.fromhex("a123 9999") + b"data", ether_type=0x8100)
    bench.ends[1].send(tagged)
    assert bench.primary.receive().packet.payload == tagged


def test_a_packet_out_leaves_on_its_port(bench: Bench) -> None:
    values = ((1, b"\0"), (2, b"\3"), (3, b"\0"))
    metadata = [p4r.PacketMetadata(metadata_id=i, value=value) for i, value in values]
    bench.primary.send(p4r.PacketOut(payload=ethernet(), metadata=metadata))
    assert bench.ends[3].recv(2000) == ethernet()


def test_what_a_kernel_sends_has_its_checksum(bench: Bench) -> None:
    run = bench.namespace.run
    run("ip", "addr", "add", "10.0.0.1/24", "dev", "h1")
    station = "02:00:00:00:00:01"
    run("ip", "neigh", "add", "10.0.0.2", "lladdr", station, "dev", "h1")
    with bench.namespace.udp_socket() as sender:
        sender.sendto(b"datagram", ("10.0.0.2", 5000))
    packet = Ether(bench.ends[2].recv(2000))
    checksum = packet[UDP].chksum
    del packet[UDP].chksum
    assert packet[IP].dst == "10.0.0.2"
    assert checksum == Ether(bytes(packet))[UDP].chksum


def test_a_link_that_goes_down_and_up_carries_frames_again(bench: Bench) -> None:
    assert bench.passes(1, 2)
    for name in ("sw1", "sw2"):
        bench.namespace.run("ip", "link", "set", name, "down")
        assert not bench.passes(1, 2)
        bench.namespace.run("ip", "link", "set", name, "up")
        assert eventually(lambda: bench.passes(1, 2))


def test_an_interface_that_vanishes_is_found_again_when_it_comes_back(bench: Bench) -> None:
    bench.namespace.run("ip", "link", "del", "sw2")
    bench.ends[1].send(ethernet())  # to nowhere
    bench.namespace.add_link(2)
    bench.ends[2] = bench.namespace.far_end(2)
    assert eventually(lambda: bench.passes(1, 2))


def test_a_program_is_replaced_while_traffic_runs(bench: Bench) -> None:
    """Frames meet the old program or the new one, which drops until it has its entry."""
    sent, stop = [ethernet(number.to_bytes(4)) for number in range(1 << 16)], Event()

    def send() -> None:
        for frame in sent:
            if stop.wait(0.0005):
                return
            bench.ends[1].send(frame)

    sender = Thread(target=send)
    sender.start()
    for _ in range(5):
        assert bench.ends[2].recv(2000) in sent
        bench.primary.set_pipeline()
        bench.write(MODIFY, default("stations", forward(2)))
    stop.set()
    sender.join()
    assert eventually(lambda: bench.passes(1, 2))


def test_forwarding_goes_on_without_a_controller(tmp_path: Path) -> None:
    with running_switch(tmp_path, 3) as (namespace, switch):
        with connected(switch.address, DEVICE_ID) as primary:
            primary.arbitrate()
            primary.set_pipeline()
            bench = Bench(namespace, switch, primary)
            bench.write(MODIFY, default("stations", forward(2)))
        assert bench.passes(1, 2)


def test_a_switch_process_stays_small(bench: Bench) -> None:
    assert bench.passes(1, 2)
    assert bench.switch.resident_megabytes() < MAX_RESIDENT_MEGABYTES


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running_switch(tmp_path, 1) as (_, switch):
        with connected(switch.address, DEVICE_ID) as controller:
            controller.arbitrate()
            switch.process.send_signal(number)
            assert switch.process.wait(PATIENCE) == 0
        assert not switch.socket_file.exists()


class TestFailingToStart:
    """Each reason is one line on standard error, and exit code 1."""

    @pytest.fixture
    def namespace(self) -> Iterator[Namespace]:
        namespace = Namespace(1)
        yield namespace
        namespace.close()

    def failure(self, namespace: Namespace, *arguments: str, **environment: str) -> str:
        process = namespace.popen(*switch_command(*arguments), **environment)
        _, message = process.communicate()
        assert process.returncode == 1
        assert message.startswith("softswitch: ")
        assert message.count("\n") == 1
        return message

    def test_an_interface_that_is_not_there(self, namespace: Namespace) -> None:
        message = self.failure(namespace, "--no-p4", "-i", "1@nosuch")
        assert "port 1: interface nosuch: there is no such interface" in message

    def test_no_right_to_open_an_interface(self, namespace: Namespace) -> None:
        command = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
        process = namespace.popen(*command, *switch_command("--no-p4", "-i", "1@sw1"))
        _, message = process.communicate()
        assert process.returncode == 1
        assert "port 1: no right to open interface sw1" in message

    def test_a_truncated_program(self, namespace: Namespace, tmp_path: Path) -> None:
        program = tmp_path / "truncated.json"
        program.write_bytes(PROGRAM[:-100])
        assert str(program) in self.failure(namespace, str(program))

    def test_a_program_that_is_not_there(self, namespace: Namespace) -> None:
        assert "No such file" in self.failure(namespace, "/nonexistent.json")

    def test_no_compiler(self, namespace: Namespace, tmp_path: Path) -> None:
        environment = {"CC": "/nonexistent/cc", "XDG_CACHE_HOME": str(tmp_path)}
        message = self.failure(namespace, str(HERE / "control.json"), **environment)
        assert "no C compiler" in message

    def test_an_address_in_use(self, namespace: Namespace, tmp_path: Path) -> None:
        address = f"unix:{tmp_path}/switch.sock"
        with running_switch(tmp_path, 1):
            message = self.failure(namespace, "--no-p4", "--grpc-server-addr", address)
        assert "another server is using it" in message

    def test_an_address_that_makes_no_sense(self, namespace: Namespace) -> None:
        message = self.failure(namespace, "--no-p4", "--grpc-server-addr", "300.1.1.1:1")
        assert "cannot listen on 300.1.1.1:1" in message
