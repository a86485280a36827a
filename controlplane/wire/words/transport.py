"""UDP and TCP in words, and BFD, BGP, LDP and S-PMSI Joins by their ports."""

from __future__ import annotations

from typing import Final

from controlplane.wire.bgp.numbers import PORT as BGP_PORT
from controlplane.wire.ipv4 import Ipv4Packet
from controlplane.wire.reader import Reader
from controlplane.wire.tcp import TcpFlag, TcpSegment
from controlplane.wire.udp import UdpDatagram, WellKnownPort
from controlplane.wire.words.bfd import bfd_words
from controlplane.wire.words.bgp import bgp_stream_words
from controlplane.wire.words.ldp import ldp_datagram_words, ldp_stream_words
from controlplane.wire.words.multicast import s_pmsi_words
from controlplane.wire.words.phrases import tried

_FLAGS: Final = (TcpFlag.SYN, TcpFlag.FIN, TcpFlag.RST, TcpFlag.PSH, TcpFlag.ACK)


def udp_words(data: bytes, packet: Ipv4Packet) -> str:
    udp = UdpDatagram.decode(Reader(data), packet.source, packet.destination)
    match udp.destination_port:
        case WellKnownPort.BFD:
            return tried(bfd_words, "BFD", udp.payload)
        case WellKnownPort.LDP:
            return tried(ldp_datagram_words, "LDP", udp.payload)
        case WellKnownPort.S_PMSI:
            return tried(s_pmsi_words, "S-PMSI Join", udp.payload)
        case port:
            return f"UDP {udp.source_port} > {port}, {len(udp.payload)} octets"


def tcp_words(data: bytes, packet: Ipv4Packet) -> str:
    tcp = TcpSegment.decode(Reader(data), packet.source, packet.destination)
    flags = " ".join(flag.name or "" for flag in _FLAGS if flag in tcp.flags) or "no flags"
    signed = ", signed" if tcp.signature is not None else ""
    numbers = f"seq {tcp.sequence}, ack {tcp.acknowledgment}"
    ends = f"{tcp.source_port} > {tcp.destination_port}"
    return f"TCP {ends} {flags}, {numbers}{signed}{_carried(tcp)}"


def _carried(tcp: TcpSegment) -> str:
    if not tcp.payload:
        return ""
    ports = (tcp.source_port, tcp.destination_port)
    if BGP_PORT in ports:
        return f": {bgp_stream_words(tcp.payload)}"
    if WellKnownPort.LDP in ports:
        return f": {ldp_stream_words(tcp.payload)}"
    return f", {len(tcp.payload)} octets"
