"""One VRF of a router: its tables, the engines that run in it, and its MVPN when it has one.

The provider's own table is a VRF too, with number 0. A route to another PE is usable while the
provider's table leads to that PE, so customers' tables hang on that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from random import Random
from typing import TypeAlias

from controlplane.engine.labels import LabelSpace
from controlplane.fib.build import VrfTables
from controlplane.fib.model import GLOBAL_VRF
from controlplane.fib.tunnels import RemoteTunnel, VpnTunnels
from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.indices import IndexAllocator
from controlplane.mvpn.mvpn import Mvpn
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.arp.engine import ArpEngine
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.icmp.engine import IcmpEngine
from controlplane.protocols.igmp.engine import IgmpEngine
from controlplane.protocols.ldp.engine import LdpEngine
from controlplane.protocols.ospf.engine import OspfEngine
from controlplane.protocols.pim.engine import PimEngine
from controlplane.protocols.pim.events import Rpf
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Blackhole, Gateway, Local, NextHop, VpnNextHop
from controlplane.rib.rpf import reverse_path
from controlplane.router.config import RouterConfig, VrfConfig
from controlplane.router.links import Links

AnyEngine: TypeAlias = (
    ArpEngine | IgmpEngine | OspfEngine | PimEngine | IcmpEngine | LdpEngine | BfdEngine
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vrf:
    name: str
    id: int
    rib: Rib
    pim: PimEngine
    arp: ArpEngine
    bfd: BfdEngine
    ospf: OspfEngine | None = None
    ldp: LdpEngine | None = None
    mvpn: Mvpn | None = None
    mrib: Mrib = field(default_factory=Mrib)
    igmp: IgmpEngine = field(default_factory=IgmpEngine)
    icmp: IcmpEngine = field(default_factory=IcmpEngine)

    def engines(self) -> Iterator[tuple[str, AnyEngine]]:
        """The engines that run and their names, in the order in which they advance."""
        yield "arp", self.arp
        yield "bfd", self.bfd
        if self.ospf is not None:
            yield "ospf", self.ospf
        if self.ldp is not None:
            yield "ldp", self.ldp
        yield "igmp", self.igmp
        yield "pim", self.pim
        yield "icmp", self.icmp

    def tables(self) -> VrfTables:
        """What forwarding is made of."""
        return VrfTables(
            id=self.id,
            rib=self.rib,
            mrib=self.mrib,
            tunnels=_tunnels(self.mvpn) if self.mvpn else None,
        )


def _tunnels(mvpn: Mvpn) -> VpnTunnels:
    return VpnTunnels(
        pmsi=mvpn.interface.name,
        own=mvpn.tunnel.own,
        remote={
            pe.address: RemoteTunnel(mvpn.tunnel.tree_of(pe), index)
            for index, pe in mvpn.roots.items()
        },
    )


def make_vrfs(config: RouterConfig, links: Links, rng: Random) -> Mapping[str, Vrf]:
    """The provider's table first; ProfileError when an MVPN's profile cannot run."""
    return {vrf.name: vrf for vrf in _make_all(config, links, rng)}


def _make_all(config: RouterConfig, links: Links, rng: Random) -> Iterator[Vrf]:
    provider = Rib(lambda next_hop: _is_usable(next_hop, links, None))
    yield replace(
        _make(DEFAULT_VRF, GLOBAL_VRF, provider, None, rng),
        ospf=OspfEngine(config.ospf, _fork(rng)) if config.ospf else None,
        ldp=LdpEngine(config.ldp, labels=LabelSpace(), rng=_fork(rng)) if config.ldp else None,
    )
    indices = IndexAllocator()
    for item in config.vrfs:
        rib = Rib(lambda next_hop: _is_usable(next_hop, links, provider))
        mvpn = _make_mvpn(item, config.router_id, links.core_mtu, indices)
        yield _make(item.name, item.id, rib, mvpn, rng)


def _make(name: str, number: int, rib: Rib, mvpn: Mvpn | None, rng: Random) -> Vrf:
    def rpf(source: IPv4Address) -> Rpf | None:
        return reverse_path(rib, mvpn.reverse_path if mvpn else _no_vpn, source)

    pim = PimEngine(rpf=rpf, rng=_fork(rng))
    arp, bfd = ArpEngine(rng=_fork(rng)), BfdEngine(rng=_fork(rng))
    return Vrf(name=name, id=number, rib=rib, pim=pim, arp=arp, bfd=bfd, mvpn=mvpn)


def _fork(rng: Random) -> Random:
    """A generator of its own, so that what one engine draws does not move another's timers."""
    return Random(rng.getrandbits(64))


def _no_vpn(_: VpnNextHop) -> Rpf | None:
    """Multicast does not leave a VRF without an MVPN."""
    return None


def _make_mvpn(
    item: VrfConfig, me: IPv4Address, core_mtu: int, indices: IndexAllocator
) -> Mvpn | None:
    if item.mvpn is None:
        return None
    local = LocalMvpn(vrf=item.name, me=me, core_mtu=core_mtu, config=item.mvpn)
    return Mvpn(local, indices)


def _is_usable(next_hop: NextHop, links: Links, provider: Rib | None) -> bool:
    match next_hop:
        case Attached(interface) | Local(interface) | Gateway(interface, _):
            return links.is_up(interface)
        case VpnNextHop(pe):
            way = provider.lookup(pe) if provider else None
            return way is not None and not isinstance(way.next_hops[0], Blackhole)
        case Blackhole():
            return True
