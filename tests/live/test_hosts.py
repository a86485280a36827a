"""Hosts on a LAN: what their kernels say and what they hear, seen in a capture of the LAN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address

import pytest
from scapy.layers.inet import IP, UDP
from scapy.packet import Packet
from scapy.utils import rdpcap

from controlplane.lab.errors import LabError
from controlplane.lab.live_world import LiveWorld
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.testbed.capture import count_frames
from controlplane.wire import igmp
from controlplane.wire.igmp import (
    GroupRecord,
    IgmpMessage,
    IgmpType,
    RecordType,
    ReportV3,
    ShortMessage,
)
from controlplane.wire.reader import Reader
from tests.live.ear import Ear
from tests.live.paths import arrives_whole, open_path
from tests.live.plans import GROUP, SOURCE, stream, three_hosts, two_hosts

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

_IGMP, _UDP = 2, 17


@contextmanager
def running(plan: NetworkPlan) -> Iterator[LiveWorld]:
    """A started world, stopped in the end."""
    world = LiveWorld(plan, target="softswitch")
    try:
        world.start()
        world.set_zero()
        yield world
    finally:
        world.stop()


def packets(world: LiveWorld, protocol: int) -> list[Packet]:
    """The LAN's IPv4 packets of a protocol; ends the capture."""
    return [
        frame[IP] for frame in rdpcap(str(world.captures()["lan"])) if frame[IP].proto == protocol
    ]


def ear_of(stack: ExitStack, world: LiveWorld, host: str) -> Ear:
    """What a host's interface hears from now on."""
    assert world._network is not None
    return Ear(stack, world._network.namespace(host), "eth0")


def says(message: IgmpMessage) -> Callable[[Packet], bool]:
    """Whether a frame brings this message."""

    def said(frame: Packet) -> bool:
        if IP not in frame or frame[IP].proto != _IGMP:
            return False
        return igmp.decode(Reader(bytes(frame[IP].payload))) == message

    return said


def arrived(world: LiveWorld, host: str, count: int) -> bool:
    return world.wait(lambda: len(world.received(host, "stream 1").numbers) >= count, limit=30)


def test_a_join_of_a_source_makes_the_kernel_send_an_igmpv3_report() -> None:
    allow = GroupRecord(kind=RecordType.ALLOW_NEW_SOURCES, group=GROUP, sources=(SOURCE,))
    with running(three_hosts()) as world, ExitStack() as stack:
        ear = ear_of(stack, world, "h1")
        world.join("h2", GROUP, SOURCE)
        ear.hear(says(ReportV3(records=(allow,))))
        world.send(stream())
        assert arrived(world, "h2", 100)


def test_a_leave_makes_the_kernel_block_the_source_and_stops_its_packets() -> None:
    block = GroupRecord(kind=RecordType.BLOCK_OLD_SOURCES, group=GROUP, sources=(SOURCE,))
    with running(three_hosts()) as world, ExitStack() as stack:
        ear = ear_of(stack, world, "h1")
        world.join("h2", GROUP, SOURCE)
        world.join("h3", GROUP, SOURCE)
        world.leave("h2", GROUP, SOURCE)
        ear.hear(says(ReportV3(records=(block,))))
        world.send(stream())
        assert arrived(world, "h3", 100)
        assert not world.received("h2", "stream 1").numbers


def test_a_host_of_igmp_version_2_reports_the_group_alone() -> None:
    with running(three_hosts(igmp_version=2)) as world, ExitStack() as stack:
        ear = ear_of(stack, world, "h1")
        world.join("h2", GROUP, None)
        ear.hear(says(ShortMessage(kind=IgmpType.REPORT_V2, group=GROUP)))
        world.send(stream())
        assert arrived(world, "h2", 100)


@pytest.mark.parametrize("source", [IPv4Address("10.0.0.9"), IPv4Address("10.0.0.3")])
def test_a_host_does_not_get_the_packets_of_a_source_that_it_did_not_ask_for(
    source: IPv4Address,
) -> None:
    with running(three_hosts()) as world:
        world.join("h2", GROUP, source)
        world.join("h3", GROUP, SOURCE)
        world.send(stream())
        assert arrived(world, "h3", 100)
        assert not world.received("h2", "stream 1").numbers


def test_two_streams_of_10000_packets_at_2000_a_second_arrive_whole() -> None:
    with running(three_hosts()) as world:
        world.join("h2", GROUP, SOURCE)
        world.join("h3", GROUP, SOURCE)
        streams = [stream(number=number, count=10_000, rate=2000) for number in (1, 2)]
        for sent in streams:
            world.send(sent)
        assert all(arrives_whole(world, host, sent) for host in ("h2", "h3") for sent in streams)
        assert count_frames(world.captures()["lan"]) >= 20_000


def test_times_of_arrival_and_of_sending_are_on_one_axis() -> None:
    with running(two_hosts()) as world:
        world.join("h2", GROUP, SOURCE)
        begun = world.now()
        world.send(stream(count=10))
        assert arrived(world, "h2", 10)
        sent, received = world.sent_times("stream 1"), world.received("h2", "stream 1")
        assert begun < sent[0] and begun + 0.009 < sent[-1]
        assert all(0 <= there - here for here, there in zip(sent, received.times, strict=True))
        assert received.times[-1] < world.now()


def test_a_packet_has_the_size_and_the_checksum_that_it_has_on_a_cable() -> None:
    with running(two_hosts()) as world:
        world.join("h2", GROUP, SOURCE)
        world.send(stream(count=1))
        assert arrived(world, "h2", 1)
        (packet,) = packets(world, _UDP)
        checksum = packet[UDP].chksum
        del packet[UDP].chksum
        assert (packet.len, packet.ttl) == (100, 32)
        assert IP(bytes(packet))[UDP].chksum == checksum


def test_nobody_sends_anything_that_was_not_asked_for() -> None:
    with running(three_hosts()) as world:
        assert not rdpcap(str(world.captures()["lan"]))


def test_a_link_that_was_down_carries_packets_again() -> None:
    with running(two_hosts()) as world:
        world.join("h2", GROUP, SOURCE)
        world.set_link("lan", up=False)
        world.send(stream(number=1, count=10))
        assert world.wait(lambda: not world.sending("stream 1"), limit=30)
        world.set_link("lan", up=True)
        open_path(world, "h2")
        world.send(again := stream(number=2, count=10))
        assert arrives_whole(world, "h2", again)
        assert not world.received("h2", "stream 1").numbers


def test_a_capture_that_ended_before_its_time_is_named() -> None:
    with running(three_hosts()) as world:
        assert world._processes is not None
        (dumpcap,) = (one for one in world._processes._children if one.name == "capture-lan")
        dumpcap.process.kill()
        dumpcap.process.wait()
        with pytest.raises(LabError, match=r"^capture-lan ended: "):
            world.captures()
