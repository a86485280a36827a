"""Random lab files of VPNs: a core, customers with overlapping addresses, many kinds of sites.

A customer is a VPN by itself, two VPNs that share a third one's services, or a hub and its spokes.
Sites have one PE or two; they speak BGP (an AS each, or one AS with or without what makes that
work), have static routes, or are a host on the PE.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any, Final

import networkx as nx
import yaml

from tests.sim.vpn_oracle import Access, Customer, Hub, Numbering, Routing, Site, VpnLab

ASN: Final = 65000
GROUP: Final = "232.1.1.1"
_TIMERS: Final = {
    "ospf": {"hello_interval": 2, "dead_interval": 8},
    "pim": {
        "hello_period": 5,
        "join_prune_period": 6,
        "triggered_hello_delay": 0.2,
        "override_interval": 0.4,
        "propagation_delay": 0.8,
    },
    "igmp": {
        "query_interval": 20,
        "query_response_interval": 1,
        "last_member_query_interval": 0.2,
    },
    "bgp": {"connect_retry": 1, "min_advertisement": 0.1, "hold": 12},
}
_SESSIONS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {},
    {"key": "secret", "gtsm": True},
    {"restart_time": 20},
)
"""What sessions with a CE may have."""


def random_vpn_lab(seed: int) -> VpnLab:
    """Equal seeds give equal labs."""
    return _Builder(random.Random(seed), seed).lab()


class _Builder:
    def __init__(self, rng: random.Random, seed: int) -> None:
        self._rng = rng
        self._name = f"vpns-{seed}"
        self._pes = [f"pe{number}" for number in range(1, rng.randint(2, 5) + 1)]
        self._ps = [f"p{number}" for number in range(1, rng.randint(1, 3) + 1)]
        self._routers: dict[str, dict[str, Any]] = {}
        self._hosts: dict[str, dict[str, Any]] = {}
        self._links: list[dict[str, Any]] = []
        self._vpns: dict[str, dict[str, Any]] = {}
        self._customers: list[Customer] = []
        self._next_as = 65100
        self._targets: dict[str, str] = {}
        self._reflectors = self._choose_reflectors()
        self._connect_core()
        for number in range(1, rng.randint(1, 4) + 1):
            kind = rng.choice((self._plain, self._plain, self._plain, self._extranet, self._spokes))
            kind(f"v{number}")

    def lab(self) -> VpnLab:
        rng = self._rng
        for number, name in enumerate(self._vpns, start=1):
            if rng.random() < 0.5:
                self._vpns[name]["rd"] = self._distinguishers(number, name)
        provider = {
            "asn": ASN,
            "loopbacks": "192.0.2.0/24",
            "ttl": rng.choice(["uniform", "pipe"]),
            "ospf": {"min_ls_interval": 0.1, "min_ls_arrival": 0.05},
            "ldp": {
                "hello_interval": 2,
                "hello_hold": 8,
                "egress_label": rng.choice(["implicit-null", "explicit-null"]),
            },
            "bgp": {
                "reflectors": self._reflectors,
                "route_target_constraint": rng.random() < 0.5,
                "next_hop_delay": 0.2,
                "restart_time": rng.choice((0, 0, 20)),
            },
        }
        lab = {
            "name": self._name,
            "provider": provider,
            "timers": _TIMERS,
            "routers": self._routers,
            "hosts": self._hosts,
            "links": self._links,
            "vpns": self._vpns,
        }
        return VpnLab(
            text=yaml.safe_dump(lab, sort_keys=False),
            customers=self._customers,
            imports={(a, b) for a in self._vpns for b in self._vpns if self._hears(a, b)},
            reflectors=self._reflectors,
            core=self._core,
        )

    def _distinguishers(self, number: int, vpn: str) -> dict[str, str]:
        """One for each PE with a VRF of it."""
        sites = (site for customer in self._customers for site in customer.sites)
        pes = {one.pe for site in sites for one in site.accesses if one.vpn == vpn}
        return {pe: f"{ASN}:{100 * number + int(pe[2:])}" for pe in sorted(pes)}

    def _hears(self, vpn: str, other: str) -> bool:
        return bool(set(self._vpns[vpn]["import"]) & set(self._vpns[other]["export"]))

    # -- the core

    def _choose_reflectors(self) -> list[str]:
        """None, one or two; now and then a PE is one."""
        if self._rng.random() < 0.4:
            return []
        if self._rng.random() < 0.25:
            return [self._pes[0]]
        return [f"rr{number}" for number in range(1, self._rng.randint(1, 2) + 1)]

    def _connect_core(self) -> None:
        rng = self._rng
        names = self._pes + self._ps + [one for one in self._reflectors if one.startswith("rr")]
        self._routers |= {name: {"role": "pe" if name in self._pes else "p"} for name in names}
        edges = set(pairwise(self._ps))
        for name in names:
            if name not in self._ps:
                edges |= {(name, p) for p in rng.sample(self._ps, min(len(self._ps), 2))}
        if rng.random() < 0.5:
            edges.add((self._pes[0], self._pes[1]))
        self._core: nx.Graph[str] = nx.Graph()
        self._core.add_nodes_from(names)
        for edge in sorted(edges):
            name = "-".join(edge)
            self._core.add_edge(*edge, link=name)
            costs = {end: {"cost": rng.choice((5, 10, 10, 20))} for end in edge}
            self._links.append({"name": name, "ends": costs})

    # -- customers

    def _plain(self, name: str) -> None:
        self._vpn(name, [name], [name])
        customer = self._customer(name, self._rng.choice(list(Numbering)))
        for number in range(1, self._rng.randint(2, 4) + 1):
            self._site(customer, name, number, may_have_two=True)
        if self._rng.random() < 0.6:
            self._add_multicast(customer)

    def _extranet(self, name: str) -> None:
        """Two VPNs that do not meet, and one that both of them use."""
        one, other, shared = f"{name}a", f"{name}b", f"{name}s"
        self._vpn(one, [one, shared], [one])
        self._vpn(other, [other, shared], [other])
        self._vpn(shared, [shared, one, other], [shared])
        customer = self._customer(name, self._rng.choice((Numbering.OWN, Numbering.OVERRIDE)))
        vpns = [one, other, shared, self._rng.choice((one, other, shared))]
        for number, vpn in enumerate(vpns, start=1):
            self._site(customer, vpn, number, may_have_two=True)

    def _spokes(self, name: str) -> None:
        """RFC 4364 4.3.5: two VRFs at the hub's PE."""
        collect, distribute = f"{name}c", f"{name}d"
        self._vpn(name, [distribute], [name])
        self._vpn(collect, [name], [])
        self._vpn(distribute, [], [distribute])
        customer = self._customer(name, Numbering.OWN)
        customer.hub = self._hub(customer, collect, distribute)
        for number in range(2, self._rng.randint(3, 4) + 1):
            self._site(customer, name, number, may_have_two=False)

    def _customer(self, name: str, numbering: Numbering) -> Customer:
        customer = Customer(name, numbering)
        self._customers.append(customer)
        return customer

    def _vpn(self, name: str, hears: list[str], tells: list[str]) -> None:
        """A target is that of the VPN which tells it."""
        self._vpns[name] = {
            "rd": f"{ASN}:{len(self._vpns) + 1}",
            "import": [self._target(one) for one in hears],
            "export": [self._target(one) for one in tells],
            "labels": self._rng.choice(["per-vrf", "per-prefix"]),
        }

    def _target(self, vpn: str) -> str:
        return self._targets.setdefault(vpn, f"{ASN}:{len(self._targets) + 1}")

    def _hub(self, customer: Customer, collect: str, distribute: str) -> Hub:
        pe, ce = self._rng.choice(self._pes), f"{customer.name}-ce1"
        self._routers[ce] = {"role": "ce", "asn": self._new_as()}
        accesses = tuple(Access(f"{ce}-{vpn}", pe, vpn, ce) for vpn in (collect, distribute))
        for access in accesses:
            bgp = {"allow_as_in": 1} if access.vpn == distribute else {}
            ends = {pe: {"bgp": bgp}, ce: {}}
            self._links.append({"name": access.link, "ends": ends, "vpn": access.vpn})
        site = self._add_lan(customer, 1, Routing.BGP, (ce,), accesses)
        return Hub(site, *accesses)

    # -- sites

    def _site(self, customer: Customer, vpn: str, number: int, *, may_have_two: bool) -> None:
        rng = self._rng
        routing = rng.choice((Routing.BGP, Routing.BGP, Routing.BGP, *Routing))
        if routing is not Routing.BGP:
            pes = [rng.choice(self._pes)]
        else:
            pes = rng.sample(self._pes, rng.randint(1, 2 if may_have_two else 1))
        match routing:
            case Routing.CONNECTED:
                lan = f"{customer.name}-lan{number}"
                access = Access(lan, pes[0], vpn, None)
                self._add_lan(customer, number, routing, (), (access,))
            case Routing.STATIC:
                self._static_site(customer, vpn, number, pes[0])
            case Routing.BGP:
                self._bgp_site(customer, vpn, number, pes)

    def _static_site(self, customer: Customer, vpn: str, number: int, pe: str) -> None:
        ce = f"{customer.name}-ce{number}"
        self._routers[ce] = {"role": "ce", "routes": [{"to": "0.0.0.0/0", "via": pe}]}
        route = {"to": _subnet(number), "via": ce, "vpn": vpn}
        self._routers[pe].setdefault("routes", []).append(route)
        access = Access(f"{ce}-{pe}", pe, vpn, ce)
        link = {"name": access.link, "ends": [pe, ce], "vpn": vpn, "routing": "static"}
        self._links.append(link)
        self._add_lan(customer, number, Routing.STATIC, (ce,), (access,))

    def _bgp_site(self, customer: Customer, vpn: str, number: int, pes: list[str]) -> None:
        """A site with two CEs has a Site of Origin: its routes must not come back to it."""
        rng = self._rng
        ces = [f"{customer.name}-ce{number}"]
        inner = None
        if len(pes) > 1 and rng.random() < 0.5:
            ces.append(f"{customer.name}-ce{number}b")
            inner = "-".join(ces)
            self._links.append({"name": inner, "ends": list(ces)})
        asn = self._as_of(customer)
        for ce in ces:
            self._routers[ce] = {"role": "ce", "asn": asn}
        has_soo = inner is not None or rng.random() < 0.5
        soo = {"soo": f"65000:{asn - 65000}{number}"} if has_soo else {}
        accesses = []
        for pe, ce in zip(pes, ces * 2, strict=False):
            access = Access(f"{ce}-{pe}", pe, vpn, ce)
            accesses.append(access)
            ends = self._bgp_ends(customer, access, soo if len(pes) > 1 else {})
            session = rng.choice(_SESSIONS)
            self._links.append({"name": access.link, "ends": ends, "vpn": vpn, "bgp": session})
        self._add_lan(customer, number, Routing.BGP, tuple(ces), tuple(accesses), inner)

    def _bgp_ends(
        self, customer: Customer, access: Access, soo: dict[str, Any]
    ) -> dict[str, dict[str, Any]]:
        rng = self._rng
        of_pe, of_ce = dict(soo), dict[str, Any]()
        if customer.numbering is Numbering.OVERRIDE:
            of_pe["as_override"] = True
        if customer.numbering is Numbering.ALLOW:
            of_ce["allow_as_in"] = 1
        if rng.random() < 0.3 and _may_prefer(customer):
            of_pe["local_pref"] = rng.choice((50, 200))
        if rng.random() < 0.3:
            of_ce["med"] = rng.choice((10, 50))
        assert access.ce is not None
        return {access.pe: {"bgp": of_pe}, access.ce: {"bgp": of_ce}}

    def _add_lan(
        self,
        customer: Customer,
        number: int,
        routing: Routing,
        ces: tuple[str, ...],
        accesses: tuple[Access, ...],
        inner: str | None = None,
    ) -> Site:
        host, lan = f"{customer.name}-h{number}", f"{customer.name}-lan{number}"
        self._hosts[host] = {}
        link: dict[str, Any] = {"name": lan, "subnet": _subnet(number)}
        if ces:
            link["ends"] = [ces[0], host]
        else:
            link |= {"ends": [accesses[0].pe, host], "vpn": accesses[0].vpn}
        self._links.append(link)
        site = Site(host, lan, _subnet(number), routing, ces, accesses, inner)
        customer.sites.append(site)
        return site

    def _as_of(self, customer: Customer) -> int:
        if customer.numbering is Numbering.OWN:
            return self._new_as()
        return 65500 + len(self._customers)

    def _new_as(self) -> int:
        self._next_as += 1
        return self._next_as

    # -- multicast

    def _add_multicast(self, customer: Customer) -> None:
        rng = self._rng
        hosts = [site.host for site in customer.sites]
        customer.sender = hosts[0]
        customer.receivers = rng.sample(hosts[1:], rng.randint(1, len(hosts) - 1))
        number = len(self._vpns)
        vpn = self._vpns[customer.name]
        pes = sorted({access.pe for site in customer.sites for access in site.accesses})
        vpn |= {"profile": rng.choice((0, 3)), "default_mdt": f"232.10.0.{number}"}
        if vpn["profile"] == 3 and rng.random() < 0.5:
            vpn["default_mdt"] = {pe: f"232.10.{number}.{pe[2:]}" for pe in pes}
        elif rng.random() < 0.4:
            both = ["mdt-safi", "intra-as"]
            vpn["discovery"] = {pe: both for pe in pes} | {rng.choice(pes): rng.choice(both)}
        if rng.random() < 0.6:
            vpn["umh"] = rng.choice(["installed", "highest", "hash"])


def _may_prefer(customer: Customer) -> bool:
    """Not where it changes who reaches whom: a spoke's PE that prefers what the hub makes of the
    spoke's route sends packets for the spoke to the hub, which sends them back; and a path with
    the AS of all sites may win over one without, and be taken for a loop.
    """
    return not customer.hub and customer.numbering is not Numbering.SAME


def _subnet(site: int) -> str:
    return f"10.1.{site}.0/24"
