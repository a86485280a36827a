"""tshark reads every message that is sent here, and finds nothing to say against one."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from scapy.packet import Raw
from scapy.utils import wrpcap

from controlplane.net.mac import BROADCAST, MacAddress, multicast_mac
from controlplane.wire.arp import ArpOperation, ArpPacket
from controlplane.wire.bfd import CONTROL_PORT, Authentication, ControlPacket, SessionState
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.gre import GrePacket
from controlplane.wire.icmp import IcmpEcho, IcmpTimeExceeded, IcmpUnreachable, UnreachableCode
from controlplane.wire.igmp import (
    GroupRecord,
    IgmpType,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
)
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.udp import UdpDatagram

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not on PATH")

ME, HOST = IPv4Address("10.1.1.1"), IPv4Address("10.1.1.10")
MY_MAC, HOST_MAC = MacAddress.parse("02:00:00:00:00:01"), MacAddress.parse("02:00:00:00:00:0a")
GROUP, ALL_SYSTEMS = IPv4Address("232.1.1.1"), IPv4Address("224.0.0.1")


def ip(destination: IPv4Address, protocol: int, payload: bytes, options: bytes = b"") -> Ipv4Packet:
    return Ipv4Packet(
        source=ME,
        destination=destination,
        protocol=protocol,
        payload=payload,
        ttl=1 if destination.is_multicast else 64,
        options=options,
    )


def igmp(destination: IPv4Address, message: ShortMessage | QueryV3 | ReportV3) -> Ipv4Packet:
    return ip(destination, IpProtocol.IGMP, message.encode(), ROUTER_ALERT)


def bfd(message: ControlPacket) -> Ipv4Packet:
    udp = UdpDatagram(source_port=50_000, destination_port=CONTROL_PORT, payload=message.encode())
    return ip(HOST, IpProtocol.UDP, udp.encode(ME, HOST))


def frame(packet: Ipv4Packet, vlan: int = 0) -> bytes:
    to = packet.destination
    return EthernetFrame(
        destination=multicast_mac(to) if to.is_multicast else HOST_MAC,
        source=MY_MAC,
        ethertype=EtherType.IPV4,
        payload=packet.encode(),
        vlan=vlan,
    ).encode()


UDP = UdpDatagram(source_port=4000, destination_port=5000, payload=b"numbered")
INNER = ip(GROUP, IpProtocol.UDP, UDP.encode(ME, GROUP))
GRE = GrePacket(protocol_type=EtherType.IPV4, payload=INNER.encode())
REQUEST = ArpPacket(
    operation=ArpOperation.REQUEST,
    sender_mac=MY_MAC,
    sender_address=ME,
    target_mac=MacAddress(0),
    target_address=HOST,
)
ARP = EthernetFrame(
    destination=BROADCAST, source=MY_MAC, ethertype=EtherType.ARP, payload=REQUEST.encode()
)
ECHO = IcmpEcho(is_reply=False, identifier=1, sequence=2, data=bytes(32))
QUOTED = ip(HOST, IpProtocol.UDP, UDP.encode(ME, HOST)).encode()
TOO_BIG = IcmpUnreachable(
    code=UnreachableCode.FRAGMENTATION_NEEDED, quoted=QUOTED, next_hop_mtu=1476
)
STACK = LabelStack(
    (LabelStackEntry(label=17, ttl=1, traffic_class=6), LabelStackEntry(label=24, ttl=7))
)
LABELLED = EthernetFrame(
    destination=HOST_MAC,
    source=MY_MAC,
    ethertype=EtherType.MPLS,
    payload=STACK.encode() + QUOTED,
)
BFD_UP = ControlPacket(
    state=SessionState.UP,
    detect_mult=3,
    my_discriminator=1,
    your_discriminator=2,
    desired_min_tx=300_000,
    required_min_rx=50_000,
    poll=True,
)
BFD_SIGNED = replace(
    BFD_UP, diagnostic=7, authentication=Authentication(kind=1, data=b"\x07secret")
)
V3_QUERY = QueryV3(
    max_response_code=10,
    robustness=2,
    interval_code=125,
    group=GROUP,
    suppress=True,
    sources=(HOST, ME),
)
V3_REPORT = ReportV3(
    records=tuple(GroupRecord(kind=kind, group=GROUP, sources=(HOST,)) for kind in RecordType)
)

FRAMES: list[tuple[bytes, dict[str, list[str]]]] = [
    (ARP.encode(), {"arp.opcode": ["1"], "arp.dst.proto_ipv4": ["10.1.1.10"]}),
    (
        frame(INNER, vlan=7),
        {"vlan.id": ["7"], "udp.checksum.status": ["1"], "ip.checksum.status": ["1"]},
    ),
    (
        frame(ip(HOST, IpProtocol.GRE, GRE.encode())),
        {"gre.proto": ["0x0800"], "ip.dst": ["10.1.1.10", "232.1.1.1"], "udp.port": ["4000"]},
    ),
    (frame(ip(HOST, IpProtocol.ICMP, ECHO.encode())), {"icmp.type": ["8"], "icmp.seq": ["2"]}),
    (
        frame(ip(HOST, IpProtocol.ICMP, IcmpTimeExceeded(quoted=QUOTED).encode())),
        {"icmp.type": ["11"], "icmp.checksum.status": ["1"], "udp.dstport": ["5000"]},
    ),
    (
        frame(ip(HOST, IpProtocol.ICMP, TOO_BIG.encode())),
        {"icmp.code": ["4"], "icmp.mtu": ["1476"], "icmp.checksum.status": ["1"]},
    ),
    (
        frame(ip(HOST, IpProtocol.ICMP, IcmpTimeExceeded(quoted=QUOTED, labels=STACK).encode())),
        {
            "icmp.length": ["32"],
            "icmp.ext.checksum.status": ["1"],
            "icmp.mpls.label": ["17", "24"],
            "icmp.mpls.ttl": ["1", "7"],
            "icmp.mpls.exp": ["6", "0"],
        },
    ),
    (
        LABELLED.encode(),
        {
            "mpls.label": ["17", "24"],
            "mpls.exp": ["6", "0"],
            "mpls.bottom": ["0", "1"],
            "mpls.ttl": ["1", "7"],
            "udp.dstport": ["5000"],
        },
    ),
    (
        frame(bfd(BFD_UP)),
        {
            "bfd.version": ["1"],
            "bfd.sta": ["0x03"],
            "bfd.flags.p": ["1"],
            "bfd.detect_time_multiplier": ["3"],
            "bfd.my_discriminator": ["0x00000001"],
            "bfd.your_discriminator": ["0x00000002"],
            "bfd.desired_min_tx_interval": ["300000"],
            "bfd.required_min_rx_interval": ["50000"],
        },
    ),
    (
        frame(bfd(BFD_SIGNED)),
        {"bfd.diag": ["0x07"], "bfd.flags.a": ["1"], "bfd.auth.password": ["secret"]},
    ),
    (
        frame(igmp(ALL_SYSTEMS, ShortMessage(kind=IgmpType.QUERY, group=IPv4Address(0)))),
        {"igmp.version": ["1"], "igmp.type": ["0x11"]},
    ),
    (
        frame(igmp(GROUP, ShortMessage(kind=IgmpType.QUERY, group=GROUP, max_response_code=10))),
        {"igmp.version": ["2"], "igmp.max_resp": ["10"], "igmp.maddr": ["232.1.1.1"]},
    ),
    (
        frame(igmp(GROUP, ShortMessage(kind=IgmpType.REPORT_V2, group=GROUP))),
        {"igmp.type": ["0x16"], "igmp.checksum.status": ["1"]},
    ),
    (
        frame(igmp(IPv4Address("224.0.0.2"), ShortMessage(kind=IgmpType.LEAVE_V2, group=GROUP))),
        {"igmp.type": ["0x17"], "igmp.checksum.status": ["1"]},
    ),
    (
        frame(igmp(GROUP, V3_QUERY)),
        {
            "igmp.version": ["3"],
            "igmp.qrv": ["2"],
            "igmp.qqic": ["125"],
            "igmp.saddr": ["10.1.1.10", "10.1.1.1"],
            "igmp.checksum.status": ["1"],
        },
    ),
    (
        frame(igmp(IPv4Address("224.0.0.22"), V3_REPORT)),
        {
            "igmp.record_type": ["1", "2", "3", "4", "5", "6"],
            "igmp.checksum.status": ["1"],
        },
    ),
]


@pytest.fixture(scope="module")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    capture = tmp_path_factory.mktemp("tshark") / "all.pcap"
    wrpcap(str(capture), [Raw(octets) for octets, _ in FRAMES], linktype=1)
    return [packet["_source"]["layers"] for packet in run_tshark(capture)]


def run_tshark(capture: Path) -> list[dict[str, Any]]:
    fields = sorted({name for _, expected in FRAMES for name in expected})
    checks = [f"{layer}.check_checksum:TRUE" for layer in ("ip", "udp")]
    command = ["tshark", "-r", str(capture), "-T", "json"]
    command += [argument for check in checks for argument in ("-o", check)]
    command += [
        argument for name in (*fields, "_ws.expert", "_ws.malformed") for argument in ("-e", name)
    ]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    packets: list[dict[str, Any]] = json.loads(done.stdout)
    return packets


@pytest.mark.parametrize("index", range(len(FRAMES)))
def test_tshark_reads_what_was_written_and_objects_to_nothing(
    dissected: list[dict[str, Any]], index: int
) -> None:
    layers, expected = dissected[index], FRAMES[index][1]
    seen = {name: layers.get(name, [])[: len(value)] for name, value in expected.items()}
    assert seen == expected
    assert "_ws.expert" not in layers
    assert "_ws.malformed" not in layers
