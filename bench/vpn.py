"""A whole PE that takes 100,000 VPN routes into 100 VRFs: time and memory, layer by layer.

The octets are those of `bench/bgp.py`: what one reflector sends. They go into a Router as events of
a stream; out of it comes the Fib with all routes, and out of that the plan of what to write into
the switch. All of that is counted, from the first octet to the last batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random
from typing import Final

from bench import bgp
from bench.figure import Figure
from bench.layers import Layer, Layers
from controlplane.engine.stream import DataReceived, Endpoint, StreamAccepted, StreamInput
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
from controlplane.router.events import FibChanged, RouterInput, RoutesReplaced, StreamEvent
from controlplane.router.router import Router
from controlplane.wire.bgp.nlri import Family

VRFS: Final = 100
_ME, _P = IPv4Address("10.0.0.1"), IPv4Address("10.9.0.2")
_PES: Final = IPv4Network("10.1.0.0/16")
_LOOPBACK = Interface(
    name="lo", index=1, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(_ME)
)
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
    pe = Pe()
    with layers.watched(_LAYERS):
        pe.hear(octets)
        pe.program()
    what = f"{bgp.ROUTES:,} VPNv4 routes into {VRFS} VRFs and the switch: CPU"
    yield Figure(what, sum(layers.seconds.values()), "s", _TIME)
    for layer, seconds in layers.seconds.most_common():
        yield Figure(layer, seconds, "s")


class Pe:
    """A PE with a session to the reflector."""

    def __init__(self) -> None:
        self._router = Router(_config(), Random(1))
        self._programmer = Programmer()
        self._fib = Fib()
        self._router.start(0.0)
        self.tell(
            RoutesReplaced(vrf=DEFAULT_VRF, protocol=RouteProtocol.STATIC, routes=(_to_pes(),))
        )
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

    def tell(self, event: RouterInput, now: float = 0.0) -> None:
        for output in self._router.handle(event, now):
            if isinstance(output, FibChanged):
                self._fib = output.fib

    def _stream(self, event: StreamInput) -> None:
        self.tell(StreamEvent(vrf=DEFAULT_VRF, event=event))


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
    targets = frozenset({RouteTarget(0, bgp.AS, number)})
    return VrfConfig(
        name=f"vpn{number}",
        id=number + 1,
        rd=RouteDistinguisher(1, int(_ME), number),
        import_targets=targets,
        export_targets=targets,
        bgp=BgpConfig(asn=bgp.AS, router_id=_ME),
    )


def _to_pes() -> Route:
    hop = Gateway(_CORE.name, _P)
    return Route(prefix=_PES, protocol=RouteProtocol.STATIC, next_hops=(hop,), metric=10)
