"""The same Join/Prunes for FRR's pimd: what 10,000 C-(S,G) of a CE cost it, and our PE.

pimd runs in a namespace between two routers, of which there are the messages alone: from one come
the Joins, the other is the RPF neighbour of all sources. It is done when it has joined all of them
there. Its CPU time is that of the process, the kernel's part in it too, until it asks for no more;
its memory what the kernel says that it has, before and after.

Ours is a PE whose CE says the same, until the switch's entries are planned.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from ipaddress import IPv4Address
from typing import Final

from bench.daemon import Daemon, wait
from bench.figure import Figure
from bench.pim import GROUPS, STATES, Planned, traced
from bench.pim_pe import CE, EDGE, FAR_SITE, FAR_SOURCE, HELLO, MTU, Pe, joins, trees
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.wire.ipv4 import IpProtocol
from tests.peers.frr import Frr, missing_frr
from tests.peers.namespace import Namespace, cable

_PIMD: Final = """
interface eth0
 ip pim
!
interface eth1
 ip pim
!
"""
_UP, _UP_NEIGHBOR = IPv4Address("10.1.8.1"), IPv4Address("10.1.8.2")
_BURST, _PAUSE = 20, 0.1
"""So many messages fit into a socket's buffer."""


def pim_frr_figures() -> Iterator[Figure]:
    if (reason := missing_frr("pimd")) is not None:
        print(f"no figures of FRR: {reason}", file=sys.stderr)
        return
    told = list(joins(EDGE, trees(FAR_SOURCE, GROUPS, STATES), MTU))
    their_time, their_octets = _of_frr(told)
    our_time, our_octets = _of_ours(told)
    yield Figure(f"{STATES:,} C-(S,G) joins to FRR's pimd: CPU", their_time, "s")
    yield Figure("  of ours, in times of that", our_time / their_time, "x")
    yield Figure("  octets a state, pimd", their_octets / STATES, "B")
    yield Figure("  of ours, in times of that", our_octets / their_octets, "x")


def _of_ours(told: list[bytes]) -> tuple[float, float]:
    pe = Pe(Planned().write)
    begun = time.process_time()
    _hear(pe, told)
    took = time.process_time() - begun
    other = Pe(Planned().write)
    return took, traced(lambda: _hear(other, told))


def _hear(pe: Pe, told: list[bytes]) -> None:
    for message in told:
        pe.from_ce(message)
    routes = sum(bool(route.vrf) for route in pe.fib.multicast)
    assert routes == STATES, f"{routes} C-routes"


def _of_frr(told: list[bytes]) -> tuple[float, float]:
    """CPU seconds and octets of pimd."""
    with ExitStack() as stack:
        theirs, ce, up = (stack.enter_context(Namespace()) for _ in range(3))
        cable(theirs, ce, "eth0", "eth0")
        cable(theirs, up, "eth1", "eth0")
        theirs.address("eth0", f"{EDGE}/30")
        theirs.address("eth1", f"{_UP}/30")
        theirs.route(f"{FAR_SITE} via {_UP_NEIGHBOR}")
        frr = Frr(theirs, {"pimd": _PIMD})
        of_ce = stack.enter_context(_socket(ce, CE))
        of_up = stack.enter_context(_socket(up, _UP_NEIGHBOR))
        wait(lambda: _said_hello(frr, of_ce, of_up))
        pimd = Daemon(theirs, "pimd")
        before, octets = pimd.settled(), pimd.octets()
        for number, message in enumerate(told):
            _send(of_ce, message)
            if number % _BURST == 0:
                time.sleep(_PAUSE)
        wait(lambda: _routes(theirs) == STATES)
        return pimd.settled() - before, pimd.octets() - octets


def _socket(namespace: Namespace, address: IPv4Address) -> socket.socket:
    """One that sends PIM to the link."""
    namespace.address("eth0", f"{address}/30")
    made = namespace.inside(partial(socket.socket, socket.AF_INET, socket.SOCK_RAW, IpProtocol.PIM))
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address.packed)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    return made


def _send(link: socket.socket, message: bytes) -> None:
    link.sendto(message, (str(ALL_PIM_ROUTERS), 0))


def _said_hello(frr: Frr, *links: socket.socket) -> bool:
    """Whether pimd knows both neighbours; another Hello of them, in case it does not."""
    for link in links:
        _send(link, HELLO)
    neighbors = frr.json("show ip pim neighbor json")
    return bool(neighbors.get("eth0")) and bool(neighbors.get("eth1"))


def _routes(namespace: Namespace) -> int:
    """How many trees it has given the kernel, of which pimd need not be asked."""
    return len(namespace.run("cat", "/proc/net/ip_mr_cache").splitlines()) - 1
