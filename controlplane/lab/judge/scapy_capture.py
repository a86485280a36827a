"""Reading captures by scapy, where there is no tshark.

scapy is lenient: what it cannot decode it leaves as raw octets. So it finds fewer faults than
tshark: IPv4 packets that are cut short, and wrong header checksums.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import GRE, Dot1Q
from scapy.packet import Packet
from scapy.utils import PcapReader

from controlplane.lab.judge.carriage import Crossing, LinkCapture
from controlplane.net.stream import NUMBERS
from controlplane.wire.checksum import internet_checksum


def read_capture(path: Path, ports: frozenset[int]) -> LinkCapture:
    """The numbered packets and the malformed frames of a capture file."""
    crossings, malformed, frames = [], [], 0
    with PcapReader(str(path)) as reader:
        for packet in reader:
            frames += 1
            if IP in packet and (fault := _fault(packet[IP])):
                malformed.append(f"frame {frames} ({fault})")
            if (crossing := _crossing(packet, ports)) is not None:
                crossings.append(crossing)
    return LinkCapture(crossings, frames, malformed)


def _fault(packet: Packet) -> str | None:
    octets = packet.original
    if len(octets) < packet.len:
        return "cut short"
    return "checksum" if internet_checksum(octets[: packet.ihl * 4]) else None


def _crossing(packet: Packet, ports: frozenset[int]) -> Crossing | None:
    if UDP not in packet or packet[UDP].dport not in ports:
        return None
    payload = bytes(packet[UDP].payload)
    if len(payload) < NUMBERS.size:
        return None
    header = packet[IP]
    outer = (IPv4Address(header.src), IPv4Address(header.dst)) if GRE in packet else None
    stream, number = NUMBERS.unpack_from(payload)
    return Crossing(stream, number, outer, packet[Dot1Q].vlan if Dot1Q in packet else 0)
