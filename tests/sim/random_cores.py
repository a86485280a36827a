"""Random lab files of a provider's core: OSPF and LDP on point-to-point links and LANs, and hosts.

Costs are few, so that ways are often equal. Some cores have areas beside the backbone: ordinary
ones, stub areas and NSSAs, each on one or two border routers. A host's network may be unknown to
OSPF; then its router tells of it as an AS boundary router, or another one by a static route.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any, Final

import yaml

BACKBONE: Final = "0.0.0.0"
COSTS: Final = (5, 10, 10, 10, 15, 20)
_KINDS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"kind": "stub"},
    {"kind": "stub", "summaries": False},
    {"kind": "nssa"},
    {"kind": "nssa", "summaries": False},
)


def random_core(seed: int) -> str:
    """The text of a lab file; equal seeds give equal texts."""
    return yaml.safe_dump(_Core(random.Random(seed), seed).lab(), sort_keys=False)


@dataclass
class _Area:
    """`routers` have their loopback in it, `border` stand at its edge of the backbone."""

    name: str
    routers: list[str]
    border: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def takes_externals(self) -> bool:
        return bool(self.settings.get("kind", "normal") != "stub")


class _Core:
    def __init__(self, rng: random.Random, seed: int) -> None:
        self._rng = rng
        self._name = f"core-{seed}"
        self._routers: dict[str, dict[str, Any]] = {}
        self._links: list[dict[str, Any]] = []
        self._hosts: dict[str, dict[str, Any]] = {}
        self._areas = self._divide(rng.randint(3, 12))
        for area in self._areas:
            self._connect(area)
            self._add_lan(area)
        self._attach_hosts()

    def lab(self) -> dict[str, Any]:
        provider: dict[str, Any] = {
            "loopbacks": "192.0.0.0/24",
            "ospf": {
                "min_ls_interval": 0.2,
                "min_ls_arrival": 0.1,
                "areas": {area.name: area.settings for area in self._areas if area.settings},
            },
            "ldp": {
                "hello_interval": 1,
                "hello_hold": 4,
                "control": self._rng.choice(["independent", "ordered"]),
                "egress_label": self._rng.choice(
                    ["implicit-null", "implicit-null", "explicit-null"]
                ),
            },
        }
        if self._rng.random() < 0.3:
            provider["bfd"] = {"interval": 0.5, "multiplier": 3}
        return {
            "name": self._name,
            "timers": {"ospf": {"hello_interval": 1, "dead_interval": 4, "retransmit_interval": 1}},
            "provider": provider,
            "routers": self._routers,
            "hosts": self._hosts,
            "links": self._links,
        }

    # -- routers

    def _divide(self, size: int) -> list[_Area]:
        """The backbone, and with some luck one or two areas of one to three routers each."""
        names = [f"r{number}" for number in range(1, size + 1)]
        areas: list[_Area] = []
        while len(names) > 4 and len(areas) < 2 and self._rng.random() < 0.45:
            taken = [names.pop() for _ in range(self._rng.randint(1, min(3, len(names) - 3)))]
            areas.append(_Area(f"0.0.0.{len(areas) + 1}", taken))
        for area in areas:
            area.border = self._rng.sample(names, self._rng.randint(1, 2))
            area.settings = dict(self._rng.choice(_KINDS))
        backbone = _Area(BACKBONE, names)
        for area in (backbone, *areas):
            self._name_routers(area)
        return [backbone, *areas]

    def _name_routers(self, area: _Area) -> None:
        """In an area with a range all loopbacks are inside it."""
        number = int(area.name.rpartition(".")[2])
        ranged = area.name != BACKBONE and self._rng.random() < 0.3
        if ranged:
            area.settings["ranges"] = [{"prefix": f"192.0.{number}.0/24"}]
        for at, router in enumerate(sorted(area.routers), start=1):
            spec: dict[str, Any] = {"role": self._rng.choice(["p", "pe"]), "area": area.name}
            if ranged:
                spec["loopback"] = f"192.0.{number}.{at}"
            self._routers[router] = spec

    # -- links

    def _connect(self, area: _Area) -> None:
        """A random tree of the area's routers, each border on one of them, and more links."""
        inside, members = area.routers, [*area.border, *area.routers]
        edges = [(router, self._rng.choice(inside[:at])) for at, router in enumerate(inside) if at]
        edges += [(border, self._rng.choice(inside)) for border in area.border]
        for _ in range(self._rng.randint(0, len(members))):
            one, other = self._rng.sample(members, 2)
            edges.append((one, other))
        for number, (one, other) in enumerate(edges):
            self._link(area, [one, other], f"{one}-{other}-{number}")

    def _link(self, area: _Area, routers: list[str], name: str) -> None:
        cost = self._rng.choice(COSTS)
        link: dict[str, Any] = {
            "name": f"a{area.name[-1]}-{name}",
            "ends": {
                router: {"cost": self._rng.choice((cost, cost, *COSTS))} for router in routers
            },
            "subnet": f"10.254.{len(self._links)}.0/{30 if len(routers) == 2 else 24}",
        }
        if area.name != BACKBONE:
            link["area"] = area.name
        if len(routers) == 2 and self._rng.random() < 0.15:
            link["network"] = "broadcast"
        self._links.append(link)

    def _add_lan(self, area: _Area) -> None:
        """Sometimes a LAN of three routers or more."""
        members = [*area.border, *area.routers]
        if len(members) >= 3 and self._rng.random() < 0.6:
            size = self._rng.randint(3, min(4, len(members)))
            self._link(area, self._rng.sample(members, size), "lan")

    # -- hosts

    def _attach_hosts(self) -> None:
        homes = [(area, router) for area in self._areas for router in area.routers]
        chosen = self._rng.sample(homes, min(len(homes), self._rng.randint(2, 4)))
        for number, (area, router) in enumerate(chosen, start=1):
            self._hosts[f"h{number}"] = {}
            lan: dict[str, Any] = {
                "name": f"net{number}",
                "ends": {router: {}, f"h{number}": {}},
                "subnet": f"172.20.{number}.0/24",
            }
            if area.name != BACKBONE:
                lan["area"] = area.name
            if area.takes_externals and self._rng.random() < 0.4:
                lan["ends"][router] = {"ospf": False}
                self._tell_of(lan, router)
            self._links.append(lan)

    def _tell_of(self, lan: dict[str, Any], router: str) -> None:
        """By the router itself, or by a neighbour of its own area on a link of two."""
        links = [link for link in self._links if router in link["ends"] and len(link["ends"]) == 2]
        link = self._rng.choice(links)
        ends = list(link["ends"])
        (teller,) = set(ends) - {router}
        if (
            self._rng.random() < 0.6
            or self._routers[teller]["area"] != self._routers[router]["area"]
        ):
            self._redistribute(router, "connected")
            return
        self._redistribute(teller, "static")
        via = IPv4Network(link["subnet"])[ends.index(router) + 1]
        route = {"to": lan["subnet"], "via": str(via)}
        self._routers[teller].setdefault("routes", []).append(route)

    def _redistribute(self, router: str, protocol: str) -> None:
        self._routers[router].setdefault("redistribute", []).append(protocol)
