"""A whole PE with one MVPN, for figures of C-PIM: what comes to it, and what it does of it.

    near source -[CE]-[2]PE[1]-[P]- far PE and a third one, across the MI-PMSI -[ ]- far source

A C-Join that the far PE sends over the MI-PMSI, for a source behind the CE, is answered by a Join
to the CE, and by a C-route that goes into the default MDT. One that the CE sends, for a source
behind the far PE, goes on over the MI-PMSI, where the third PE may want the same and say so. Frames
go in as the switch punts them; out come frames, and Fibs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random
from typing import Final

from controlplane.engine.time import Instant
from controlplane.fib.model import Fib, PacketIn
from controlplane.mvpn.gre import encapsulate
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.net.mac import MacAddress, multicast_mac
from controlplane.net.multicast import ALL_PIM_ROUTERS, SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import PimSettings
from controlplane.rib.route import Gateway, NextHop, Route, RouteProtocol, VpnNextHop
from controlplane.router.config import (
    DiscoveredPe,
    InterfaceConfig,
    MvpnConfig,
    Role,
    RouterConfig,
    VrfConfig,
)
from controlplane.router.events import FibChanged, Output, RoutesReplaced
from controlplane.router.router import Router
from controlplane.wire.ethernet import EthernetFrame, EtherType
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.pim.address import SOURCE_OCTETS, EncodedGroup, EncodedSource
from controlplane.wire.pim.hello import HOLDTIME_FOREVER, Hello
from controlplane.wire.pim.join_prune import FIXED_OCTETS, GROUP_SET_OCTETS, GroupSet, JoinPrune
from controlplane.wire.pim.message import HEADER_OCTETS, encode_message

VRF: Final = "red"
ME, FAR, THIRD = (IPv4Address(f"192.0.2.{number}") for number in (1, 2, 3))
_P, _OTHER_P = IPv4Address("10.9.0.2"), IPv4Address("10.9.1.2")
CE = IPv4Address("10.1.9.2")
_MDT = IPv4Address("232.10.0.1")
NEAR_SOURCE, FAR_SOURCE = IPv4Address("10.1.1.10"), IPv4Address("10.2.1.10")
_NEAR, FAR_SITE = IPv4Network("10.1.1.0/24"), IPv4Network("10.2.1.0/24")
_RD = RouteDistinguisher(0, 65000, 1)
SPARSE: Final = PimConfig(rps=(StaticRp(address=IPv4Address("10.1.1.1")),))
"""The RP is in the site of the near source."""

HOLDTIME: Final = 210
HELLO: Final = encode_message(Hello(holdtime=HOLDTIME_FOREVER, generation_id=1, dr_priority=1))
MTU: Final = 1500
_MAC = MacAddress(0x020000000099)
_LOOPBACK = Interface(name="lo0", index=100, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(ME))


def _ethernet(port: int, address: str, vrf: str = DEFAULT_VRF) -> Interface:
    return Interface(
        name=f"eth{port}",
        index=port,
        kind=InterfaceKind.ETHERNET,
        address=IPv4Interface(address),
        vrf=vrf,
        port=port,
        mac=MacAddress(0x020000000000 + port),
    )


_CORE, _OTHER_CORE = _ethernet(1, "10.9.0.1/30"), _ethernet(3, "10.9.1.1/30")
_EDGE = _ethernet(2, "10.1.9.1/30", VRF)
EDGE: Final = _EDGE.address.ip
"""The PE's address towards the CE."""

_TO_P = Gateway(_CORE.name, _P)


def _config(pim: PimConfig) -> RouterConfig:
    targets = frozenset({RouteTarget(0, 65000, 1)})
    discovered = tuple(DiscoveredPe(address=pe, group=_MDT) for pe in (ME, FAR, THIRD))
    red = VrfConfig(
        name=VRF,
        id=1,
        rd=_RD,
        import_targets=targets,
        export_targets=targets,
        mvpn=MvpnConfig(profile="pim-gre-ssm-static", default_group=_MDT, discovered=discovered),
        pim=pim,
    )
    return RouterConfig(
        name="pe",
        role=Role.PE,
        router_id=ME,
        interfaces=(
            InterfaceConfig(interface=_LOOPBACK),
            InterfaceConfig(interface=_CORE, pim=PimSettings()),
            InterfaceConfig(interface=_OTHER_CORE, pim=PimSettings()),
            InterfaceConfig(interface=_EDGE, pim=PimSettings()),
        ),
        vrfs=(red,),
    )


# -- messages


def trees(source: IPv4Address, groups: IPv4Address, count: int) -> list[SourceGroup]:
    """(S,G) of one source, with so many groups from this one on."""
    return [SourceGroup(source, groups + number) for number in range(count)]


def joins(upstream: IPv4Address, wanted: list[SourceGroup], mtu: int) -> Iterator[bytes]:
    """Join/Prunes to a neighbour, each as full as the MTU lets it be."""
    room = mtu - MINIMUM_HEADER - HEADER_OCTETS - FIXED_OCTETS
    each = room // (GROUP_SET_OCTETS + SOURCE_OCTETS)
    for at in range(0, len(wanted), each):
        groups = tuple(_joined(sg) for sg in wanted[at : at + each])
        message = JoinPrune(upstream_neighbor=upstream, holdtime=HOLDTIME, groups=groups)
        yield encode_message(message)


def _joined(sg: SourceGroup) -> GroupSet:
    return GroupSet(
        group=EncodedGroup(address=sg.group), joined=(EncodedSource(address=sg.source),)
    )


def _pim(source: IPv4Address, payload: bytes) -> Ipv4Packet:
    return Ipv4Packet(
        source=source,
        destination=ALL_PIM_ROUTERS,
        protocol=IpProtocol.PIM,
        payload=payload,
        ttl=1,
    )


def _punted(on: Interface, packet: Ipv4Packet, index: int) -> PacketIn:
    frame = EthernetFrame(
        destination=multicast_mac(packet.destination),
        source=_MAC,
        ethertype=EtherType.IPV4,
        payload=packet.encode(),
    )
    assert on.port is not None
    return PacketIn(on.port, index, PuntReason.LINK_LOCAL, frame.encode())


# -- the PE


@dataclass(slots=True)
class Pe:
    """`write` takes each Fib."""

    write: Callable[[Fib], None]
    pim: PimConfig = field(default_factory=PimConfig)
    now: Instant = 0.0
    fib: Fib = field(default_factory=Fib)
    router: Router = field(init=False)

    def __post_init__(self) -> None:
        """Up, with neighbours on all three links, and the default MDT joined by the P router."""
        self.router = Router(_config(self.pim), Random(1))
        self.take(self.router.start(self.now))
        self._route(DEFAULT_VRF, *(_static(IPv4Network(pe), _TO_P) for pe in (FAR, THIRD)))
        far = _static(FAR_SITE, VpnNextHop(FAR, _RD))
        self._route(VRF, _static(_NEAR, Gateway(_EDGE.name, CE)), far)
        self._joined_by(_CORE, _P)
        self.from_ce(HELLO)
        for pe in (FAR, THIRD):
            self.from_pe(pe, HELLO)
        self.run(10.0)

    def branch(self) -> None:
        """Another P router joins the default MDT."""
        self._joined_by(_OTHER_CORE, _OTHER_P)

    def from_pe(self, pe: IPv4Address, message: bytes) -> None:
        """C-PIM of another PE, out of its default MDT."""
        addresses = SourceGroup(pe, _MDT)
        outer = encapsulate(_pim(pe, message), addresses, dont_fragment=True)
        self._hear(_punted(_CORE, outer, self._roots[pe]))

    def from_ce(self, message: bytes) -> None:
        self._hear(_punted(_EDGE, _pim(CE, message), _EDGE.index))

    @property
    def joins_sent(self) -> int:
        """The Join/Prunes that it has sent to its customer's routers."""
        return self.router.vrfs[VRF].pim.counters[Count.TX_JOIN_PRUNE]

    def run(self, until: Instant) -> None:
        """Let what is due by then happen."""
        while (at := self.router.next_deadline()) is not None and at <= until:
            self.now = max(self.now, at)
            self.take(self.router.advance(self.now))
        self.now = until

    def take(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, FibChanged):
                self.fib = output.fib
                self.write(output.fib)

    def _joined_by(self, link: Interface, p: IPv4Address) -> None:
        join = _for_ever(link.address.ip, SourceGroup(ME, _MDT))
        for message in (HELLO, encode_message(join)):
            self._hear(_punted(link, _pim(p, message), link.index))

    def _hear(self, frame: PacketIn) -> None:
        self.take(self.router.handle(frame, self.now))

    @property
    def _roots(self) -> dict[IPv4Address, int]:
        """The indices of the (PMSI, root PE) pairs."""
        mvpn = self.router.vrfs[VRF].mvpn
        assert mvpn is not None
        return {pe.address: index for index, pe in mvpn.roots.items()}

    def _route(self, vrf: str, *routes: Route) -> None:
        event = RoutesReplaced(vrf=vrf, protocol=RouteProtocol.STATIC, routes=routes)
        self.take(self.router.handle(event, self.now))


def _static(prefix: IPv4Network, hop: NextHop) -> Route:
    return Route(prefix=prefix, protocol=RouteProtocol.STATIC, next_hops=(hop,))


def _for_ever(upstream: IPv4Address, sg: SourceGroup) -> JoinPrune:
    return JoinPrune(upstream_neighbor=upstream, holdtime=HOLDTIME_FOREVER, groups=(_joined(sg),))
