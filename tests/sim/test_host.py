"""Hosts of the simulator on one LAN."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv4Interface

from controlplane.net.mac import MacAddress
from controlplane.sim.host import SimHost
from controlplane.sim.link import Link
from controlplane.sim.scheduler import Scheduler
from controlplane.sim.traffic import Recorder, StreamSender
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet

GROUP = IPv4Address("232.1.1.1")


class Lan:
    """Hosts 10.0.0.1 and so on, all on one link."""

    def __init__(self, count: int) -> None:
        self.scheduler = Scheduler()
        self.recorder = Recorder()
        self.link = Link(self.scheduler, random.Random(1), delay=0.001)
        self.hosts = [self._host(number) for number in range(1, count + 1)]

    def _host(self, number: int) -> SimHost:
        host = SimHost(
            mac=MacAddress(0x020000000000 + number),
            address=IPv4Interface(f"10.0.0.{number}/24"),
            gateway=IPv4Address("10.0.0.254"),
            igmp_version=3,
            scheduler=self.scheduler,
            rng=random.Random(number),
            on_datagram=self.recorder.at(str(number)),
        )
        host.listen(5000)
        host.connect(self.link.attach(host.receive))
        return host

    def stream(self, destination: IPv4Address, count: int = 3) -> StreamSender:
        return StreamSender(
            host=self.hosts[0],
            scheduler=self.scheduler,
            number=7,
            destination=destination,
            port=5000,
            interval=0.01,
            count=count,
            size=100,
            ttl=8,
        )


def test_unicast_goes_to_the_mac_address_that_arp_found() -> None:
    lan = Lan(3)
    frames: list[bytes] = []
    lan.link.taps.append(lambda at, frame: frames.append(frame))
    lan.stream(IPv4Address("10.0.0.2")).start()
    lan.scheduler.run(until=1.0)
    assert lan.recorder.reception("2", 7).numbers == [0, 1, 2]
    assert lan.recorder.reception("3", 7).numbers == []
    assert [frame[12:14].hex() for frame in frames] == ["0806", "0806", "0800", "0800", "0800"]


def test_only_hosts_that_joined_receive_a_group() -> None:
    lan = Lan(3)
    lan.hosts[1].membership.join(GROUP, IPv4Address("10.0.0.1"))
    lan.stream(GROUP).start()
    lan.scheduler.run(until=1.0)
    assert lan.recorder.reception("2", 7).numbers == [0, 1, 2]
    assert lan.recorder.reception("3", 7).numbers == []


def test_a_stream_keeps_its_rate() -> None:
    lan = Lan(2)
    sender = lan.stream(GROUP, count=4)
    lan.scheduler.run(until=2.0)
    sender.start()
    assert sender.running
    lan.scheduler.run(until=3.0)
    assert not sender.running
    assert sender.times == [2.0, 2.01, 2.02, 2.03]


def test_garbage_is_counted_and_dropped() -> None:
    lan = Lan(2)
    send = lan.link.attach(lambda frame: None)
    bad_checksum = bytearray(
        Ipv4Packet(
            source=IPv4Address("10.0.0.9"),
            destination=IPv4Address("224.0.0.1"),
            protocol=IpProtocol.IGMP,
            payload=b"\x11",
        ).encode()
    )
    bad_checksum[10] ^= 0xFF
    send(b"")
    send(b"\xff" * 12 + b"\x08\x00" + bad_checksum)
    lan.scheduler.run(until=1.0)
    assert [host.malformed for host in lan.hosts] == [2, 2]
