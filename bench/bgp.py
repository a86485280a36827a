"""BGP's tables: what a route costs. 100,000 VPN routes come from one reflector to a PE.

They are in 100 VPNs, which the PE all has, and come in messages of one attribute set each, as a
reflector packs them: 20,000 attribute sets, so five routes have each of them. Octets go in, best
paths come out; then all routes of the peer go at once.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random

from bench.figure import Figure
from controlplane.engine.engine import InterfaceUp
from controlplane.engine.stream import (
    DataReceived,
    Endpoint,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamDrained,
)
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import (
    BestPathsChanged,
    BgpConfig,
    BgpInput,
    NextHopsResolved,
    NextHopsTracked,
    PeerConfig,
    TargetsWanted,
)
from controlplane.wire.bgp.attributes import AsPath, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.capability import FourOctetAs, Multiprotocol
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.framing import KEEPALIVE, encode
from controlplane.wire.bgp.nlri import Announced, Family, VpnPrefix
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_updates

ROUTES, _PER_SET, _VPNS = 100_000, 5, 100
AS = 65000
_OWN, REFLECTOR = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
_FAMILIES = frozenset({Family.VPNV4})
_FIRST = int(IPv4Address("20.0.0.0"))
_FIRST_PE = IPv4Address("10.1.0.0")
_STREAM = "reflector"
_CONFIG = BgpConfig(
    asn=AS,
    router_id=_OWN,
    peers=(
        PeerConfig(address=REFLECTOR, local=_OWN, remote_as=AS, families=_FAMILIES, passive=True),
    ),
)
_LOOPBACK = Interface(name="lo", index=0, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(_OWN))
_TERMS = Terms(internal=True, families=_FAMILIES)
_STEP = 1 << 16
_CPU_A_ROUTE, _OCTETS_A_ROUTE = 100.0, 1000.0


def bgp_figures() -> Iterator[Figure]:
    octets = storm()
    engine = Established()
    took = engine.hear(octets)
    assert engine.best == ROUTES, f"{engine.best} best paths"
    what = f"{ROUTES:,} VPNv4 routes from one peer: CPU a route"
    yield Figure(what, 1e6 * took / ROUTES, "us", _CPU_A_ROUTE)
    yield Figure("  they come once more, unchanged", 1e6 * engine.hear(octets) / ROUTES, "us")
    gone = engine.close()
    assert engine.best == 0, f"{engine.best} best paths are left"
    yield Figure("  the session is lost", 1e6 * gone / ROUTES, "us")
    yield Figure("  octets a route", _octets(octets) / ROUTES, "B", _OCTETS_A_ROUTE)


def _octets(told: bytes) -> float:
    gc.collect()
    tracemalloc.start()
    engine = Established()
    before = tracemalloc.get_traced_memory()[0]
    engine.hear(told)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


class Established:
    """A PE with a session; `best` counts the best paths that it has told of."""

    def __init__(self) -> None:
        self._engine = BgpEngine(_CONFIG, rng=Random(1))
        self.best = 0
        self._tell(InterfaceUp(interface=_LOOPBACK))
        here, there = Endpoint(_OWN, 179), Endpoint(REFLECTOR, 40000)
        self._tell(StreamAccepted(stream=_STREAM, local=here, remote=there))
        self._tell(DataReceived(stream=_STREAM, data=opening()))
        self._tell(TargetsWanted(targets=frozenset(map(_target, range(_VPNS)))))

    def hear(self, data: bytes) -> float:
        """The CPU time for octets of the peer."""
        begun = time.process_time()
        for at in range(0, len(data), _STEP):
            self._tell(DataReceived(stream=_STREAM, data=data[at : at + _STEP]))
        return time.process_time() - begun

    def close(self) -> float:
        """The CPU time for the end of the session."""
        begun = time.process_time()
        self._tell(StreamClosed(stream=_STREAM, why="reset"))
        return time.process_time() - begun

    def _tell(self, event: BgpInput) -> None:
        for output in self._engine.handle(event, 0.0):
            if isinstance(output, BestPathsChanged):
                self.best += len(output.changed)
                self.best -= len(output.withdrawn)
            elif isinstance(output, NextHopsTracked):
                self._tell(NextHopsResolved(metrics=dict.fromkeys(output.added, 10)))
            elif isinstance(output, SendData):
                self._tell(StreamDrained(stream=_STREAM))


def opening() -> bytes:
    """Until the session is there."""
    families = (Multiprotocol(Family.VPNV4), FourOctetAs(AS))
    message = Open(asn=AS, hold_time=0, router_id=REFLECTOR, capabilities=families)
    return encode(MessageType.OPEN, message.encode()) + KEEPALIVE


def storm() -> bytes:
    """All that the peer tells."""
    return b"".join(_updates())


def _updates() -> Iterator[bytes]:
    for number in range(ROUTES // _PER_SET):
        nlri = tuple(_announced(number * _PER_SET + at) for at in range(_PER_SET))
        yield from encode_updates(Reach(Family.VPNV4, _attributes(number), nlri), _TERMS)


def _announced(number: int) -> Announced:
    rd = RouteDistinguisher(0, AS, number // (ROUTES // _VPNS))
    prefix = IPv4Network((_FIRST + (number << 8), 24))
    return VpnPrefix(rd, prefix), 100 + number % 10_000


def _attributes(number: int) -> PathAttributes:
    customer = Segment(SegmentKind.AS_SEQUENCE, (64512 + number % 400, 100_000 + number))
    target = _target(number // (ROUTES // _PER_SET // _VPNS))
    return PathAttributes(
        as_path=AsPath((customer,)),
        next_hop=_FIRST_PE + number % 1000,
        local_pref=100,
        originator_id=_FIRST_PE + number % 1000,
        cluster_list=(REFLECTOR,),
        extended_communities=frozenset({route_target(target)}),
    )


def _target(number: int) -> RouteTarget:
    return RouteTarget(0, AS, number)
