"""One VRF of a router: its tables, the engines that run in it, and its MVPN when it has one.

The provider's own table is a VRF too, with number 0. Whether another PE is in reach is not asked
here: forwarding turns to a backup by itself, and BGP takes back what has none.
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
from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.indices import IndexAllocator, Place
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.s_pmsi.engine import SPmsiEngine
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.arp.engine import ArpEngine
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.protocols.bgp.events import BgpConfig
from controlplane.protocols.icmp.engine import IcmpEngine
from controlplane.protocols.igmp.engine import IgmpEngine
from controlplane.protocols.ldp.engine import LdpEngine
from controlplane.protocols.ospf.engine import OspfEngine
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.engine import PimEngine
from controlplane.protocols.pim.events import Rpf
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.route import Attached, Blackhole, Gateway, Local, NextHop, VpnNextHop
from controlplane.rib.rpf import reverse_path
from controlplane.rib.vpn_import import Candidates
from controlplane.router.config import RouterConfig, VrfConfig
from controlplane.router.links import Links

AnyEngine: TypeAlias = (
    ArpEngine
    | BfdEngine
    | BgpEngine
    | IcmpEngine
    | IgmpEngine
    | LdpEngine
    | OspfEngine
    | PimEngine
    | SPmsiEngine
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
    bgp: BgpEngine | None = None
    mvpn: Mvpn | None = None
    s_pmsi: SPmsiEngine | None = None
    candidates: Candidates = field(default_factory=Candidates)
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
        if self.bgp is not None:
            yield "bgp", self.bgp
        yield "igmp", self.igmp
        yield "pim", self.pim
        if self.s_pmsi is not None:
            yield "s-pmsi", self.s_pmsi
        yield "icmp", self.icmp

    def tables(self) -> VrfTables:
        """What forwarding is made of."""
        return VrfTables(
            id=self.id,
            rib=self.rib,
            mrib=self.mrib,
            tunnels=self.mvpn.tunnels if self.mvpn else None,
        )


def make_vrfs(
    config: RouterConfig, links: Links, labels: LabelSpace, rng: Random
) -> Mapping[str, Vrf]:
    """The provider's table first; ProfileError when an MVPN's profile cannot run."""
    return {vrf.name: vrf for vrf in _make_all(config, links, labels, rng)}


def _make_all(config: RouterConfig, links: Links, labels: LabelSpace, rng: Random) -> Iterator[Vrf]:
    yield replace(
        _make(DEFAULT_VRF, GLOBAL_VRF, links, None, config.pim, rng),
        ospf=OspfEngine(config.ospf, _fork(rng)) if config.ospf else None,
        ldp=LdpEngine(config.ldp, labels=labels, rng=_fork(rng)) if config.ldp else None,
        bgp=_make_bgp(DEFAULT_VRF, config.bgp, rng),
    )
    indices = IndexAllocator[Place]()
    for item in config.vrfs:
        candidates = Candidates()
        mvpn = _make_mvpn(item, config, links, indices, candidates)
        bgp = _make_bgp(item.name, item.bgp, rng)
        vrf = _make(item.name, item.id, links, mvpn, item.pim, rng)
        yield replace(vrf, bgp=bgp, candidates=candidates)


def _make_bgp(vrf: str, config: BgpConfig | None, rng: Random) -> BgpEngine | None:
    return BgpEngine(config, rng=_fork(rng), vrf=vrf) if config else None


def _make(
    name: str, number: int, links: Links, mvpn: Mvpn | None, pim_config: PimConfig, rng: Random
) -> Vrf:
    rib = Rib(lambda next_hop: _is_usable(next_hop, links))

    def rpf(root: IPv4Address, group: IPv4Address) -> Rpf | None:
        return reverse_path(rib, mvpn.reverse_path if mvpn else _no_vpn, root, group)

    pim = PimEngine(rpf=rpf, rng=_fork(rng), config=pim_config)
    arp, bfd = ArpEngine(rng=_fork(rng)), BfdEngine(rng=_fork(rng))
    s_pmsi = SPmsiEngine(mvpn.interface, mvpn.s_pmsi) if mvpn else None
    return Vrf(name=name, id=number, rib=rib, pim=pim, arp=arp, bfd=bfd, mvpn=mvpn, s_pmsi=s_pmsi)


def _fork(rng: Random) -> Random:
    """A generator of its own, so that what one engine draws does not move another's timers."""
    return Random(rng.getrandbits(64))


def _no_vpn(*_: object) -> Rpf | None:
    """Multicast does not leave a VRF without an MVPN."""
    return None


def _make_mvpn(
    item: VrfConfig,
    config: RouterConfig,
    links: Links,
    indices: IndexAllocator[Place],
    candidates: Candidates,
) -> Mvpn | None:
    if item.mvpn is None:
        return None
    local = LocalMvpn(
        vrf=item.name,
        number=item.id,
        me=config.router_id,
        loopback=links.loopback.name,
        asn=config.bgp.asn if config.bgp else None,
        rd=item.rd,
        import_targets=item.import_targets,
        export_targets=item.export_targets,
        core_mtu=links.core_mtu,
        config=item.mvpn,
    )
    return Mvpn(local, indices, candidates.of)


def _is_usable(next_hop: NextHop, links: Links) -> bool:
    match next_hop:
        case Gateway() | Attached() | Local():
            return links.is_up(next_hop.interface)
        case VpnNextHop() | Blackhole():
            return True
