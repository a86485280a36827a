"""Completing what a sender left to hardware, with scapy as the judge of every checksum."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from softswitch.build import build_io_library

NEEDS_CSUM = 1
GSO_NONE, GSO_TCPV4, GSO_UDP, GSO_TCPV6 = 0, 1, 3, 4


class VnetHeader(ctypes.Structure):
    """struct virtio_net_hdr"""

    _fields_ = (
        ("flags", ctypes.c_uint8),
        ("gso_type", ctypes.c_uint8),
        ("hdr_len", ctypes.c_uint16),
        ("gso_size", ctypes.c_uint16),
        ("csum_start", ctypes.c_uint16),
        ("csum_offset", ctypes.c_uint16),
    )


LIBRARY = ctypes.CDLL(str(build_io_library()))
LIBRARY.offload_finish.restype = ctypes.c_bool
EACH = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)


def finish(frame: bytes, header: VnetHeader) -> list[bytes] | None:
    """The frames that a wire would have carried; None where this one is refused."""
    buffer = ctypes.create_string_buffer(frame, len(frame))
    frames: list[bytes] = []
    each = EACH(lambda _, address, length: frames.append(ctypes.string_at(address, length)))
    accepted = LIBRARY.offload_finish(buffer, len(frame), ctypes.byref(header), each, None)
    return frames if accepted else None


def rebuilt(frame: bytes) -> bytes:
    """The frame with all lengths and checksums computed by scapy."""
    packet = Ether(frame)
    layer: Packet | None = packet
    while layer is not None and not isinstance(layer, Raw):
        for name in ("len", "plen", "chksum"):
            if name in layer.fields:
                del layer.fields[name]
        layer = layer.payload if layer.payload else None
    return bytes(Ether(bytes(packet)))


def pseudo_sum(packet: Packet, protocol: int, length: int) -> int:
    """The sum that the kernel leaves in the field: addresses, protocol and length, folded."""
    network = bytes(packet)
    octets = network[12:20] if packet.version == 4 else network[8:40]
    total = sum(int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2))
    total += protocol + length
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def unfinished(packet: Packet, transport: type[Packet]) -> tuple[bytes, int]:
    """The frame with only the pseudo header summed up, and where its transport starts."""
    frame = bytearray(bytes(packet))
    network = packet[IP] if IP in packet else packet[IPv6]
    start = len(frame) - len(packet[transport])
    field = start + (16 if transport is TCP else 6)
    protocol = 6 if transport is TCP else 17
    partial = pseudo_sum(network, protocol, len(packet[transport]))
    frame[field : field + 2] = partial.to_bytes(2, "big")
    return bytes(frame), start


ETHERNET = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = IP(src="10.0.0.1", dst="10.0.0.2", id=7)
V6 = IPv6(src="2001:db8::1", dst="2001:db8::2")


@pytest.mark.parametrize(
    "packet",
    [
        ETHERNET / V4 / UDP(sport=1, dport=2) / Raw(b"odd"),
        ETHERNET / V6 / UDP(sport=1, dport=2) / Raw(b"even"),
        ETHERNET / Dot1Q(vlan=5) / V4 / UDP(sport=1, dport=2) / Raw(b"tagged"),
    ],
    ids=["IPv4", "IPv6", "VLAN"],
)
def test_a_missing_checksum_is_completed(packet: Packet) -> None:
    whole = bytes(Ether(bytes(packet)))
    frame, start = unfinished(Ether(whole), UDP)
    header = VnetHeader(flags=NEEDS_CSUM, csum_start=start, csum_offset=6)
    assert frame != whole
    assert finish(frame, header) == [whole]


def test_a_checksum_of_zero_is_written_as_all_ones() -> None:
    packet = ETHERNET / V4 / UDP(sport=1, dport=2) / Raw(b"\0\0")
    checksum = Ether(bytes(packet))[UDP].chksum
    packet[Raw].load = checksum.to_bytes(2, "big")
    whole = bytes(packet)
    frame, start = unfinished(Ether(whole), UDP)
    [finished] = finish(frame, VnetHeader(flags=NEEDS_CSUM, csum_start=start, csum_offset=6)) or []
    assert finished[start + 6 : start + 8] == b"\xff\xff"


def test_a_complete_frame_is_left_alone() -> None:
    assert finish(b"anything", VnetHeader()) == [b"anything"]


@pytest.mark.parametrize(
    ("make", "gso_type"),
    [(lambda: ETHERNET / V4, GSO_TCPV4), (lambda: ETHERNET / V6, GSO_TCPV6),
     (lambda: ETHERNET / Dot1Q(vlan=9) / V4, GSO_TCPV4)],
    ids=["IPv4", "IPv6", "VLAN"],
)  # fmt: skip
def test_tcp_data_above_the_segment_size_is_cut_into_segments(
    make: Callable[[], Packet], gso_type: int
) -> None:
    data = bytes(range(250))
    options = [("NOP", None), ("NOP", None), ("Timestamp", (1, 2))]
    tcp = TCP(sport=1, dport=2, seq=0xFFFFFFF0, flags="FPAC", options=options)
    frame, start = unfinished(Ether(bytes(make() / tcp / Raw(data))), TCP)
    header = VnetHeader(
        flags=NEEDS_CSUM, gso_type=gso_type, gso_size=100, csum_start=start, csum_offset=16
    )
    segments = finish(frame, header)
    assert segments is not None
    packets = [Ether(segment) for segment in segments]
    assert [bytes(packet[TCP].payload) for packet in packets] == [
        data[:100],
        data[100:200],
        data[200:],
    ]
    assert [packet[TCP].seq for packet in packets] == [0xFFFFFFF0, 0x54, 0xB8]
    assert [str(packet[TCP].flags) for packet in packets] == ["AC", "A", "FPA"]
    if gso_type == GSO_TCPV4:
        assert [packet[IP].id for packet in packets] == [7, 8, 9]
    assert segments == [rebuilt(segment) for segment in segments]


def test_tags_without_end_are_refused() -> None:
    frame = bytes(12) + b"\x81\x00" * 40
    assert finish(frame, VnetHeader(gso_type=GSO_TCPV4, gso_size=10, csum_start=40)) is None


@pytest.mark.parametrize(
    "header",
    [
        VnetHeader(flags=NEEDS_CSUM, csum_start=50, csum_offset=16),
        VnetHeader(gso_type=GSO_UDP, gso_size=100),
        VnetHeader(gso_type=GSO_TCPV4, gso_size=0, csum_start=34),
        VnetHeader(gso_type=GSO_TCPV4, gso_size=100, csum_start=14),
        VnetHeader(gso_type=GSO_TCPV4, gso_size=100, csum_start=60),
    ],
    ids=["checksum outside", "UDP segments", "size 0", "transport in network", "no transport"],
)
def test_what_makes_no_sense_is_refused(header: VnetHeader) -> None:
    frame = bytes(ETHERNET / V4 / TCP(sport=1, dport=2))
    assert finish(frame, header) is None
