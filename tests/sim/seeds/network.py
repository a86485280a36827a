"""Small random networks with multicast of every mode: lab files, and what tests ask of them.

A core of two to four PEs and up to two P routers; one customer or two, with the same addresses.
Sites are a LAN on a PE, behind a CE with one PE or two, or behind two CEs with a PE each. Customers
have source-specific, sparse and bidirectional groups, with the rendezvous point at a site or a PE;
P-tunnels are of every kind, sometimes with data MDTs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import yaml

DATA_MDTS: Final = "232.11."
"""How their groups begin."""

_PIM: Final = {"hello_period": 20, "join_prune_period": 20, "triggered_hello_delay": 1}
_TIMERS: Final = {
    "ospf": {"hello_interval": 20, "dead_interval": 80},
    "igmp": {
        "query_interval": 20,
        "query_response_interval": 4,
        "last_member_query_interval": 0.5,
    },
    "bgp": {"hold": 240, "connect_retry": 2, "min_advertisement": 0.2},
}
"""Seldom enough for speed, often enough that what a lost message costs is over soon."""

_CORE_TUNNELS: Final = ("0", "3", "pim-gre-ssm-static", "pim-gre-sm", "pim-gre-bidir")
_SHARED_TUNNELS: Final = ("pim-gre-sm", "pim-gre-bidir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`uplinks` lead to PEs; a site with none is a LAN on the PE. `routers` are its CEs, or the
    PE."""

    vpn: str
    lan: str
    hosts: tuple[str, ...]
    routers: tuple[str, ...]
    uplinks: tuple[str, ...]
    pes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What hosts join: a group from all its sources, by name where it is source-specific."""

    vpn: str
    group: str
    mode: str
    sources: tuple[str, ...]
    receivers: tuple[str, ...]

    @property
    def by_source(self) -> bool:
        return self.mode == "ssm"


@dataclass(slots=True, kw_only=True)
class RandomNetwork:
    """`text` is the lab file. Rendezvous points need the routers `roots` and the links
    `root_links`; those that no router has are on `root_lans`. `turning_points` are the sites of one
    CE and two PEs whose CE is a sparse RP of a VPN where nobody leaves the shared tree."""

    text: str = ""
    sites: list[Site] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    core_links: list[str] = field(default_factory=list)
    roots: set[str] = field(default_factory=set)
    root_links: set[str] = field(default_factory=set)
    root_lans: set[str] = field(default_factory=set)
    turning_points: list[Site] = field(default_factory=list)


def random_network(seed: int) -> RandomNetwork:
    """Equal seeds give equal networks."""
    return _Builder(random.Random(f"network {seed}"), seed).network()


class _Builder:
    def __init__(self, rng: random.Random, seed: int) -> None:
        self._rng = rng
        self._seed = seed
        self._found = RandomNetwork()
        self._pes = [f"pe{number}" for number in range(1, rng.choice((2, 2, 3, 3, 4)) + 1)]
        self._ps = [f"p{number}" for number in range(1, rng.choice((0, 1, 1, 2)) + 1)]
        self._routers: dict[str, dict[str, Any]] = {
            **{name: {"role": "pe"} for name in self._pes},
            **{name: {"role": "p"} for name in self._ps},
        }
        self._hosts: dict[str, dict[str, Any]] = {}
        self._links: list[dict[str, Any]] = []
        self._vpns: dict[str, dict[str, Any]] = {}
        self._tunnels = rng.choice(_CORE_TUNNELS)
        self._connect_core()
        for number in range(1, rng.choice((1, 1, 1, 2)) + 1):
            self._add_vpn(number)

    def network(self) -> RandomNetwork:
        lab = {
            "name": f"seed-{self._seed}",
            "seed": self._seed + 1,
            "timers": {**_TIMERS, "pim": {**_PIM, **self._lan_delays()}},
            "provider": {
                "ospf": {"min_ls_interval": 0.1, "min_ls_arrival": 0.05},
                "ldp": {"hello_interval": 20, "hello_hold": 80, "keepalive_hold": 300},
                "bgp": {"next_hop_delay": 0.2},
                **self._provider_rp(),
            },
            "routers": self._routers,
            "hosts": self._hosts,
            "links": self._links,
            "vpns": self._vpns,
        }
        self._found.text = yaml.safe_dump(lab, sort_keys=False)
        return self._found

    def _lan_delays(self) -> dict[str, float]:
        return self._rng.choice(({}, {"propagation_delay": 0.1, "override_interval": 0.4}))

    # -- the core

    def _connect_core(self) -> None:
        """A chain through all routers, and some links more."""
        rng = self._rng
        nodes = rng.sample([*self._pes, *self._ps], len(self._pes) + len(self._ps))
        edges = {tuple(sorted(pair)) for pair in pairwise(nodes)}
        for _ in range(rng.randint(0, len(nodes) - 1)):
            edges.add(tuple(sorted(rng.sample(nodes, 2))))
        for a, b in sorted(edges):
            self._found.core_links.append(f"{a}-{b}")
            ends = {end: {"cost": rng.randint(1, 20)} for end in (a, b)}
            self._links.append({"name": f"{a}-{b}", "ends": ends})

    def _provider_rp(self) -> dict[str, Any]:
        if self._tunnels not in _SHARED_TUNNELS:
            return {}
        root = self._rng.choice([*self._pes, *self._ps])
        self._found.roots.add(root)
        rp = {"address": root, "groups": "239.10.0.0/16"}
        return {"rp": [{**rp, "bidirectional": self._tunnels == "pim-gre-bidir"}]}

    # -- customers

    def _add_vpn(self, number: int) -> None:
        rng, vpn = self._rng, f"v{number}"
        shared = self._tunnels in _SHARED_TUNNELS
        spec: dict[str, Any] = {
            "rd": rng.choice([f"65000:{number}", "auto"]),
            "import": [f"65000:{number}"],
            "export": [f"65000:{number}"],
            "profile": self._tunnels,
            "default_mdt": f"{239 if shared else 232}.10.0.{number}",
            "spt": rng.choice(["immediate", "immediate", "never"]),
        }
        if rng.random() < 0.3:
            spec["data_mdt"] = self._data_mdt(number)
        self._vpns[vpn] = spec
        pes = rng.sample(self._pes, len(self._pes))
        sites = [self._add_site(vpn, site, pes) for site in range(1, rng.choice((2, 3, 3)) + 1)]
        self._found.sites += sites
        modes = rng.sample(["ssm", "sm", "bidir"], rng.choice((1, 1, 2)))
        if rps := [self._rp(mode, vpn, sites) for mode in modes if mode != "ssm"]:
            spec["rp"] = rps
        self._found.channels += [self._channel(vpn, mode, sites) for mode in modes]

    def _data_mdt(self, number: int) -> dict[str, Any]:
        timers = {"delay": 1, "interval": 10, "timeout": 35, "holddown": 8, "sampling": 5}
        threshold = self._rng.choice(["immediate", 8])
        return {"pool": f"{DATA_MDTS}{number}.0/30", "threshold": threshold, **timers}

    def _add_site(self, vpn: str, number: int, pes: list[str]) -> Site:
        """Sites go round the PEs; the PEs of a site are neighbours in that order."""
        rng = self._rng
        name, lan = f"{vpn}-ce{number}", f"{vpn}-lan{number}"
        first, second = pes[(number - 1) % len(pes)], pes[number % len(pes)]
        shape = rng.choice(("lan", "ce", "ce", "ce", "two-pes", "two-ces"))
        ces = {"lan": [], "ce": [name], "two-pes": [name], "two-ces": [f"{name}a", f"{name}b"]}
        uplinks = {
            "lan": [],
            "ce": [(first, name)],
            "two-pes": [(first, name), (second, name)],
            "two-ces": [(first, f"{name}a"), (second, f"{name}b")],
        }[shape]
        hosts = [f"{vpn}-h{number}{letter}" for letter in "ab"[: rng.choice((1, 1, 2))]]
        self._routers |= {ce: {"role": "ce"} for ce in ces[shape]}
        self._hosts |= {host: {"igmp_version": rng.choice((2, 3, 3))} for host in hosts}
        for pe, ce in uplinks:
            self._links.append({"name": f"{pe}-{ce}", "ends": [pe, ce], "vpn": vpn})
        routers = ces[shape] or [first]
        self._links.append(
            {
                "name": lan,
                "ends": [*routers, *hosts],
                "subnet": f"10.1.{number}.0/24",
                **({} if ces[shape] else {"vpn": vpn}),
            }
        )
        return Site(
            vpn=vpn,
            lan=lan,
            hosts=tuple(hosts),
            routers=tuple(routers),
            uplinks=tuple(f"{pe}-{ce}" for pe, ce in uplinks),
            pes=tuple(pe for pe, _ in uplinks) or (first,),
        )

    def _rp(self, mode: str, vpn: str, sites: list[Site]) -> dict[str, Any]:
        """On a CE, or on a PE at a site; bidirectional ones may be an address without a router."""
        rng = self._rng
        site = rng.choice(sites)
        groups = {"sm": "239.1.0.0/16", "bidir": "239.2.0.0/16"}[mode]
        rp: dict[str, Any] = {"address": rng.choice([*site.routers, *site.pes]), "groups": groups}
        if mode == "bidir":
            rp["bidirectional"] = True
            if rng.random() < 0.3:
                lan = int(site.lan.rpartition("lan")[2])
                rp["address"] = f"10.1.{lan}.200"
                self._found.root_lans.add(site.lan)
            elif rp["address"] in self._pes:
                self._found.root_lans.add(self._first_link(rp["address"], vpn))
        elif self._vpns[vpn]["spt"] == "never" and [rp["address"]] == [*site.routers]:
            if len(site.uplinks) > 1:
                self._found.turning_points.append(site)
        self._keep(rp["address"], vpn)
        return rp

    def _keep(self, rp: str, vpn: str) -> None:
        if rp in self._pes:
            self._found.root_links.add(self._first_link(rp, vpn))
            self._found.roots.add(rp)

    def _first_link(self, pe: str, vpn: str) -> str:
        """A PE's address in a VPN is that of its first link there."""
        links = (link for link in self._links if link.get("vpn") == vpn)
        return str(next(link["name"] for link in links if pe in link["ends"]))

    def _channel(self, vpn: str, mode: str, sites: list[Site]) -> Channel:
        rng = self._rng
        hosts = [host for site in sites for host in site.hosts]
        if mode == "ssm":
            able = [host for host in hosts if self._hosts[host]["igmp_version"] == 3]
        else:
            able = hosts
        group = {"ssm": "232.1.1.1", "sm": "239.1.1.1", "bidir": "239.2.1.1"}[mode]
        return Channel(
            vpn=vpn,
            group=group,
            mode=mode,
            sources=tuple(rng.sample(hosts, rng.choice((1, 1, 2)))),
            receivers=tuple(able),
        )
