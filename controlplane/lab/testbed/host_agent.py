"""What runs inside a lab host: joins, leaves, sends and receives with the kernel's own sockets.

A program of its own that needs nothing but the standard library, so that it starts fast:
`python -I -S host_agent.py ADDRESS`. Requests come as JSON lines on standard input, each is
answered by one JSON line; the end of input ends the program. One loop serves requests, receives
and sends; streams are paced by absolute times, so a late packet does not delay the next.

A packet of a stream starts with the stream's number (4 octets) and its own (8 octets). Memberships
are held by sockets of their own, one for each (source, group). The sockets that receive take what
the host has joined on its interface, through whichever socket (IP_MULTICAST_ALL, the default of
ip(7)): the kernel's source filter decides what they get. Packets of pings and traceroutes are made
by the lab and come whole; from the first on, the ICMP that the host receives is kept for it.
Times are CLOCK_MONOTONIC in ns.
"""

from __future__ import annotations

import heapq
import json
import os
import select
import socket
import struct
import sys
import time
from array import array
from typing import Any, Final

_HEADER: Final = struct.Struct("!IQ")
_UDP_OVERHEAD: Final = 28  # IPv4 and UDP headers
_TIMESPEC: Final = struct.Struct("@qq")
_BATCH: Final = 256
_LONGEST_PACKET: Final = 65535
_RECEIVE_BUFFER: Final = 64 << 20

# asm-generic/socket.h and linux/in.h; the socket module does not name them.
_SO_RCVBUFFORCE: Final = 33
_SO_TIMESTAMPNS: Final = 35
_IP_MTU_DISCOVER: Final = 10
_WITHOUT_DF: Final = 0  # IP_PMTUDISC_DONT: routers may cut what is too long for the core
_IP_ADD_SOURCE_MEMBERSHIP: Final = 39


class Sender:
    """A stream on its way out."""

    def __init__(self, request: dict[str, Any], address: str) -> None:
        self.number, self.count = int(request["number"]), int(request["count"])
        self.interval = 1e9 / float(request["rate"])
        self.start = time.monotonic_ns()
        self.times = array("q")
        self._padding = bytes(int(request["size"]) - _UDP_OVERHEAD - _HEADER.size)
        self._destination = (str(request["destination"]), int(request["port"]))
        self._socket = _sending_socket(address, int(request["ttl"]))

    @property
    def due(self) -> int:
        """When the next packet is to leave."""
        return self.start + round(len(self.times) * self.interval)

    @property
    def running(self) -> bool:
        return len(self.times) < self.count

    def send(self) -> None:
        header = _HEADER.pack(self.number, len(self.times))
        self.times.append(time.monotonic_ns())
        try:
            self._socket.sendto(header + self._padding, self._destination)
        except OSError:
            pass  # the link is down: sent and lost, as it would be behind a switch


class Received:
    """The packets of one stream, in the order of arrival."""

    def __init__(self) -> None:
        self.numbers = array("Q")
        self.times = array("q")


class RawIcmp:
    """Whole IPv4 packets out, and the ICMP packets that came, with their times."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.times = array("q")
        self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._in = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._in.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._in.setblocking(False)

    def fileno(self) -> int:
        return self._in.fileno()

    def send(self, packet: bytes) -> int:
        """When it left; it is lost without a word where there is no way."""
        destination = socket.inet_ntoa(packet[16:20])
        at = time.monotonic_ns()
        try:
            self._out.sendto(packet, (destination, 0))
        except OSError:
            pass  # as `Sender.send`
        return at

    def receive(self) -> None:
        while True:
            try:
                packet, ancillary, _, _ = self._in.recvmsg(_LONGEST_PACKET, 64)
            except BlockingIOError:
                return
            self.packets.append(packet)
            self.times.append(_arrival(ancillary))


class Agent:
    def __init__(self, address: str) -> None:
        self._address = address
        self._memberships: dict[tuple[str, str | None], socket.socket] = {}
        self._receivers: dict[int, socket.socket] = {}
        self._received: dict[int, Received] = {}
        self._senders: dict[int, Sender] = {}
        self._due: list[tuple[int, int]] = []
        self._icmp: RawIcmp | None = None
        self._input = b""

    def run(self) -> None:
        """Serve until the input ends."""
        while True:
            sources: list[Any] = [sys.stdin, *self._receivers.values()]
            sources += [self._icmp] if self._icmp else []
            ready = select.select(sources, [], [], self._until_due())[0]
            for receiver in ready:
                if isinstance(receiver, RawIcmp):
                    receiver.receive()
                elif receiver is not sys.stdin:
                    self._receive(receiver)
            self._send_due()
            if sys.stdin in ready and not self._read_requests():
                return

    # -- requests

    def _read_requests(self) -> bool:
        chunk = os.read(sys.stdin.fileno(), 1 << 16)
        *lines, self._input = (self._input + chunk).split(b"\n")
        for line in lines:
            sys.stdout.write(json.dumps(self._answer(json.loads(line))) + "\n")
        sys.stdout.flush()
        return bool(chunk)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        action = getattr(self, f"do_{request['do']}")
        try:
            return action(request) or {}
        except OSError as error:
            return {"error": str(error)}

    def do_join(self, request: dict[str, Any]) -> None:
        group, source = request["group"], request["source"]
        if (group, source) not in self._memberships:
            self._memberships[group, source] = _membership(self._address, group, source)

    def do_leave(self, request: dict[str, Any]) -> None:
        membership = self._memberships.pop((request["group"], request["source"]), None)
        if membership is not None:
            membership.close()

    def do_listen(self, request: dict[str, Any]) -> None:
        port = int(request["port"])
        if port not in self._receivers:
            self._receivers[port] = _receiving_socket(port)

    def do_send(self, request: dict[str, Any]) -> None:
        sender = Sender(request, self._address)
        self._senders[sender.number] = sender
        heapq.heappush(self._due, (sender.due, sender.number))

    def do_sent(self, request: dict[str, Any]) -> dict[str, Any]:
        sender = self._senders[request["number"]]
        return {"running": sender.running, "times": list(sender.times[request["since"] :])}

    def do_received(self, request: dict[str, Any]) -> dict[str, Any]:
        received = self._received.get(request["number"], Received())
        since = slice(request["since"], None)
        return {"numbers": list(received.numbers[since]), "times": list(received.times[since])}

    def do_emit(self, request: dict[str, Any]) -> dict[str, Any]:
        self._icmp = self._icmp or RawIcmp()
        return {"at": self._icmp.send(bytes.fromhex(request["packet"]))}

    def do_icmp(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._icmp is None:
            return {"packets": [], "times": []}
        since = slice(request["since"], None)
        packets = [packet.hex() for packet in self._icmp.packets[since]]
        return {"packets": packets, "times": list(self._icmp.times[since])}

    # -- packets

    def _until_due(self) -> float | None:
        if not self._due:
            return None
        return max(0.0, (self._due[0][0] - time.monotonic_ns()) / 1e9)

    def _send_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic_ns():
            sender = self._senders[heapq.heappop(self._due)[1]]
            if sender.running:
                sender.send()
                heapq.heappush(self._due, (sender.due, sender.number))

    def _receive(self, receiver: socket.socket) -> None:
        """Take a batch, so that a full buffer keeps neither requests nor senders waiting."""
        for _ in range(_BATCH):
            try:
                data, ancillary, _, _ = receiver.recvmsg(_HEADER.size, 64)
            except BlockingIOError:
                return
            if len(data) == _HEADER.size:
                stream, number = _HEADER.unpack(data)
                received = self._received.setdefault(stream, Received())
                received.numbers.append(number)
                received.times.append(_arrival(ancillary))


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> int:
    """When the kernel got the packet, from its wall clock to the monotonic one.

    Whoever is held up between the two looks has it too late by that: never before it was sent.
    """
    wall = time.time_ns()
    now = time.monotonic_ns()
    for _, kind, data in ancillary:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return now - wall + int(seconds) * 1_000_000_000 + int(nanoseconds)
    return now


def _sending_socket(address: str, ttl: int) -> socket.socket:
    sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sending.bind((address, 0))
    sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
    sending.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    sending.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _WITHOUT_DF)
    return sending


def _receiving_socket(port: int) -> socket.socket:
    receiving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiving.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    receiving.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    receiving.setblocking(False)
    receiving.bind(("", port))
    return receiving


def _membership(address: str, group: str, source: str | None) -> socket.socket:
    """A socket that holds one membership: closing it leaves."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    interface = socket.inet_aton(address)
    if source is None:
        option, value = socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + interface
    else:
        option = _IP_ADD_SOURCE_MEMBERSHIP
        value = socket.inet_aton(group) + interface + socket.inet_aton(source)
    holder.setsockopt(socket.IPPROTO_IP, option, value)
    return holder


if __name__ == "__main__":
    Agent(sys.argv[1]).run()
