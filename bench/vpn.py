"""A whole PE that takes 100,000 VPN routes into 100 VRFs, and what it does when their PE dies.

The octets are what one reflector sends: those of `bench/bgp.py`, with five routes an attribute set
and a label for each route, or for the death routes to each prefix through two PEs. They go into a
Router as events of a stream; out of it comes the Fib, and out of that the plan of what to write
into the switch. All of that is counted, from the first octet to the last batch.

Memory is that of all Python objects of the router: of BGP's tables (of the provider and of each
VRF), the RIBs, the Fib; then that of the switch's entries too, as wanted and as written.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random
from typing import Final

from bench import bgp
from bench.figure import Figure
from bench.layers import Layer, Layers
from controlplane.engine.stream import (
    DataReceived,
    Endpoint,
    SendData,
    StreamAccepted,
    StreamDrained,
    StreamInput,
)
from controlplane.engine.time import Instant
from controlplane.fib.build import FibBuilder
from controlplane.fib.model import Fib, ForwardVpn
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.p4rt.programmer import Programmer
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import BgpConfig, PeerConfig
from controlplane.rib.rib import Rib
from controlplane.rib.route import Gateway, Route, RouteProtocol
from controlplane.rib.vpn_import import VpnImports
from controlplane.router.config import InterfaceConfig, Role, RouterConfig, VrfConfig
from controlplane.router.events import (
    FibChanged,
    Output,
    RoutesReplaced,
    StreamCommand,
    StreamEvent,
)
from controlplane.router.router import Router
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.nlri import Announced, Family, VpnPrefix
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_updates

VRFS: Final = 100
_ME, _P = IPv4Address("10.0.0.1"), IPv4Address("10.9.0.2")
_PES: Final = IPv4Network("10.1.0.0/16")
_TWO_PES: Final = (IPv4Network("10.1.0.1"), IPv4Network("10.1.0.2"))
_SITES: Final = IPv4Network("20.0.0.0/8")
_TERMS: Final = Terms(internal=True, families=frozenset({Family.VPNV4}))
_LOOPBACK = Interface(name="lo", index=1, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(_ME))
_CORE = Interface(
    name="core",
    index=2,
    kind=InterfaceKind.ETHERNET,
    address=IPv4Interface("10.9.0.1/30"),
    port=1,
    mac=MacAddress(1),
)
_STREAM, _STEP = "reflector", 1 << 16
_TIME, _OCTETS_A_ROUTE = 20.0, 1000.0

_PROVIDER, _CUSTOMER = "  receive, decode, decide", "  decide in the VRFs"
_PLAN = "  plan what to write"


def _engine(engine: BgpEngine) -> str:
    return _PROVIDER if engine._instance.vrf == DEFAULT_VRF else _CUSTOMER


_LAYERS: Final[list[Layer]] = [
    (BgpEngine, "handle", _engine),
    (VpnImports, "apply", lambda _: "  import by target"),
    (Rib, "update", lambda _: "  RIB"),
    (FibBuilder, "routes_changed", lambda _: "  FIB"),
    (FibBuilder, "build", lambda _: "  FIB"),
    (Programmer, "program", lambda _: _PLAN),
    (Programmer, "written", lambda _: _PLAN),
]


def vpn_figures() -> Iterator[Figure]:
    octets = bgp.storm()
    layers = Layers("  rest of the router")
    pe = Pe(_PES)
    with layers.watched(_LAYERS):
        pe.hear(octets)
        pe.program()
    what = f"{bgp.ROUTES:,} VPNv4 routes into {VRFS} VRFs and the switch: CPU"
    yield Figure(what, sum(layers.seconds.values()), "s", _TIME)
    for layer, seconds in layers.seconds.items():
        yield Figure(layer, seconds, "s")
    router, switch = _octets(octets)
    yield Figure("  octets a route, all of the router", router, "B", _OCTETS_A_ROUTE)
    yield Figure("  the switch's entries on top of that", switch, "B")


def _octets(told: bytes) -> tuple[float, float]:
    """What a route costs the router, and behind that its programmer."""
    gc.collect()
    tracemalloc.start()
    pe = Pe(_PES)
    marks = [_traced()]
    for step in (lambda: pe.hear(told), pe.program):
        step()
        marks.append(_traced())
    tracemalloc.stop()
    empty, router, switch = marks
    return (router - empty) / bgp.ROUTES, (switch - router) / bgp.ROUTES


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


# -- the death of a PE


def death_figures() -> Iterator[Figure]:
    """All prefixes are behind the PE that dies, and behind another one too."""
    pe = Pe(*_TWO_PES)
    pe.hear(b"".join(_twice()))
    pe.program()
    begun = time.process_time()
    pe.reach(_TWO_PES[1])
    written = pe.program()
    repointed = time.process_time()
    what = f"a PE dies under {bgp.ROUTES:,} VPN routes of a whole router: updates"
    yield Figure(what, written, "", VRFS + 2)
    yield Figure("  CPU until they are planned", repointed - begun, "s")
    begun = time.process_time()
    pe.wait(BgpConfig(asn=bgp.AS, router_id=_ME).next_hop_delay)
    decided = time.process_time() - begun
    yield Figure("  CPU until BGP has decided, behind that", decided, "s")
    yield Figure("  updates of that", pe.program(), "")


def _twice() -> Iterator[bytes]:
    for place, next_hop in enumerate(_TWO_PES):
        for vpn in range(VRFS):
            attributes = PathAttributes(
                next_hop=next_hop.network_address,
                local_pref=200 - place,
                extended_communities=frozenset({route_target(_target(vpn))}),
            )
            nlri = tuple(_of_vpn(place, vpn))
            yield from encode_updates(Reach(Family.VPNV4, attributes, nlri), _TERMS)


def _of_vpn(place: int, vpn: int) -> Iterator[Announced]:
    """A PE has an RD and a label of its own for each VPN."""
    rd = RouteDistinguisher(1, int(_TWO_PES[place].network_address), vpn)
    for number in range(bgp.ROUTES // VRFS):
        prefix = IPv4Network((int(_SITES.network_address) + (number << 8), 24))
        yield VpnPrefix(rd, prefix), 1000 * (place + 1) + vpn


# -- the PE


class Pe:
    """A PE with a session to the reflector."""

    def __init__(self, *others: IPv4Network) -> None:
        """`others` have the addresses of the other PEs."""
        self._router = Router(_config(), Random(1))
        self._programmer = Programmer()
        self._fib = Fib()
        self._router.start(0.0)
        self.reach(*others)
        here, there = Endpoint(_ME, 179), Endpoint(bgp.REFLECTOR, 40000)
        self._stream(StreamAccepted(stream=_STREAM, local=here, remote=there))
        self._stream(DataReceived(stream=_STREAM, data=bgp.opening()))
        self.program()

    def hear(self, octets: bytes) -> None:
        """All routes are in the Fib behind this."""
        for at in range(0, len(octets), _STEP):
            self._stream(DataReceived(stream=_STREAM, data=octets[at : at + _STEP]))
        routes = sum(isinstance(route.action, ForwardVpn) for route in self._fib.unicast)
        assert routes == bgp.ROUTES, f"{routes} routes in the Fib"

    def program(self) -> int:
        """Bring the switch to the Fib; returns how many entries were written."""
        batches = self._programmer.program(self._fib)
        for batch in batches:
            self._programmer.written(batch)
        return sum(map(len, batches))

    def reach(self, *others: IPv4Network) -> None:
        """The provider's table leads to these now, and to no other PEs."""
        routes, static = tuple(map(_to, others)), RouteProtocol.STATIC
        event = RoutesReplaced(vrf=DEFAULT_VRF, protocol=static, routes=routes)
        self._take(self._router.handle(event, 0.0))

    def wait(self, until: Instant) -> None:
        """Let what is due by then happen."""
        self._take(self._router.advance(until))

    def _stream(self, event: StreamInput) -> None:
        self._take(self._router.handle(StreamEvent(vrf=DEFAULT_VRF, event=event), 0.0))

    def _take(self, outputs: Iterable[Output]) -> None:
        """The reflector reads at once what it is told."""
        for output in outputs:
            match output:
                case FibChanged(fib=fib):
                    self._fib = fib
                case StreamCommand(command=SendData()):
                    self._stream(StreamDrained(stream=_STREAM))


def _config() -> RouterConfig:
    reflector = PeerConfig(
        address=bgp.REFLECTOR,
        local=_ME,
        remote_as=bgp.AS,
        families=frozenset({Family.VPNV4}),
        passive=True,
    )
    return RouterConfig(
        name="pe",
        role=Role.PE,
        router_id=_ME,
        interfaces=(InterfaceConfig(interface=_LOOPBACK), InterfaceConfig(interface=_CORE)),
        vrfs=tuple(_vrf(number) for number in range(VRFS)),
        bgp=BgpConfig(asn=bgp.AS, router_id=_ME, peers=(reflector,)),
    )


def _vrf(number: int) -> VrfConfig:
    targets = frozenset({_target(number)})
    return VrfConfig(
        name=f"vpn{number}",
        id=number + 1,
        rd=RouteDistinguisher(1, int(_ME), number),
        import_targets=targets,
        export_targets=targets,
        bgp=BgpConfig(asn=bgp.AS, router_id=_ME),
    )


def _target(vpn: int) -> RouteTarget:
    return RouteTarget(0, bgp.AS, vpn)


def _to(other: IPv4Network) -> Route:
    hop = Gateway(_CORE.name, _P)
    return Route(prefix=other, protocol=RouteProtocol.STATIC, next_hops=(hop,), metric=10)
