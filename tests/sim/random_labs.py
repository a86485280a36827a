"""Random lab files: a connected core with random costs, VPNs on some of its PEs, hosts behind CEs.

All VPNs use the same customer prefixes and the same group.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import networkx as nx
import yaml

GROUP = "232.1.1.1"


def random_lab(seed: int) -> str:
    """The text of a lab file; equal seeds give equal texts."""
    rng = random.Random(seed)
    pes = [f"pe{number}" for number in range(1, rng.randint(3, 6))]
    ps = [f"p{number}" for number in range(1, rng.randint(2, 6))]
    lab: dict[str, Any] = {
        "name": f"random-{seed}",
        "timers": {
            "pim": {"triggered_hello_delay": 0.2, "override_interval": 0.2},
            "ospf": {"hello_interval": 1, "dead_interval": 4},
        },
        "provider": {
            "ospf": {"min_ls_interval": 0.1, "min_ls_arrival": 0.05},
            "ldp": {"hello_interval": 1, "hello_hold": 4},
        },
        "routers": {name: {"role": "pe"} for name in pes} | {name: {"role": "p"} for name in ps},
        "hosts": {},
        "links": _core(rng, pes, ps),
        "vpns": {},
        "streams": {},
    }
    for number in range(1, rng.randint(2, 4)):
        _add_vpn(lab, rng, number, rng.sample(pes, rng.randint(2, len(pes))))
    return yaml.safe_dump(lab, sort_keys=False)


def _core(rng: random.Random, pes: list[str], ps: list[str]) -> list[dict[str, Any]]:
    """Ps in a random connected graph, each PE on one to two of them, some PEs on each other."""
    graph = nx.gnp_random_graph(len(ps), 0.5, seed=rng.randint(0, 1 << 30))
    edges = {(ps[a], ps[b]) for a, b in graph.edges}
    edges |= set(pairwise(ps))
    for pe in pes:
        edges |= {(pe, p) for p in rng.sample(ps, min(len(ps), rng.randint(1, 2)))}
    if rng.random() < 0.5:
        edges.add((pes[0], pes[1]))
    return [{"ends": {end: {"cost": rng.randint(1, 20)} for end in edge}} for edge in sorted(edges)]


def _add_vpn(lab: dict[str, Any], rng: random.Random, number: int, pes: list[str]) -> None:
    """One CE with a LAN at each PE; the first host sends, one or two hosts on each LAN."""
    vpn = f"v{number}"
    lab["vpns"][vpn] = {
        "rd": f"65000:{number}",
        "profile": 0,
        "default_mdt": f"232.10.0.{number}",
    }
    for site, pe in enumerate(pes, start=1):
        ce = f"{vpn}-ce{site}"
        hosts = [f"{vpn}-h{site}{letter}" for letter in "ab"[: rng.randint(1, 2)]]
        lab["routers"][ce] = {"role": "ce"}
        lab["hosts"] |= {name: {} for name in hosts}
        lab["links"].append({"ends": [pe, ce], "vpn": vpn})
        lab["links"].append(
            {"name": f"{vpn}-lan{site}", "ends": [ce, *hosts], "subnet": f"10.1.{site}.0/24"}
        )
    lab["streams"][vpn] = {
        "from": f"{vpn}-h1a",
        "to": GROUP,
        "rate": 1000,
        "count": 20,
        "at": 0,
    }
