"""What pimd shows, as rows like those of our own routers.

Its tables have the group before the source, `*` for any source, times in words, and interfaces that
are none of ours: `pimreg`, by which the kernel hands it what is to be registered, and `lo`, where a
tree of its own RP is said to come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controlplane.lab.testbed.frr.vtysh import Answer
from controlplane.net.interface import DEFAULT_VRF

_ANY_SOURCE: Final = "*"
_NOBODY: Final = "0.0.0.0"
_LOOPBACK: Final = "lo"
_REGISTERS: Final = "pimreg"

_FLAGS: Final = {
    "S": "sparse",
    "C": "connected",
    "P": "pruned",
    "R": "RPT pruned",
    "F": "register",
    "T": "SPT",
}
"""Letters of `show ip mroute`, and our words for them; FRR has S for source-specific groups too."""

_REGISTER_STATES: Final = {"RegJoined": "J", "RegPrune": "P", "RegJoinPend": "JP"}
_REASONS: Final = {
    "protocolPim": "join",
    "protocolIgmp": "local",
    "protocolInherited": "inherited",
}


def neighbor_rows(neighbors_on: Answer, interfaces: Answer) -> Iterator[Answer]:
    """Those of `show ip pim neighbor json`, and who is DR of `interface json`; no GenIDs."""
    for interface, neighbors in neighbors_on.items():
        for address, neighbor in neighbors.items():
            yield {
                "vrf": DEFAULT_VRF,
                "interface": interface,
                "neighbor": address,
                "uptime": _seconds(neighbor["upTime"]),
                "expires": _seconds(neighbor["holdTime"]),
                "dr_priority": neighbor["drPriority"],
                "is_dr": address == interfaces.get(interface, {}).get("pimDesignatedRouter"),
                "generation_id": None,
            }


def mroute_rows(routes: Answer, upstreams: Answer, rpf: Answer, joins: Answer) -> Iterator[Answer]:
    """Those of `show ip mroute json`; `show ip pim upstream`, `rpf` and `join` add to them."""
    for group, sources in sorted(routes.items()):
        for source, route in sorted(sources.items()):
            yield {
                "vrf": DEFAULT_VRF,
                "source": source,
                "group": group,
                "uptime": _seconds(route["upTime"]),
                "flags": [_FLAGS[letter] for letter in route["flags"] if letter in _FLAGS],
                **_upstream(route, upstreams.get(group, {}).get(source, {})),
                "rpf_neighbor": _rpf_neighbor(rpf.get(group, {}).get(source, {}), route["iif"]),
                "outgoing": list(_outgoing(route["oil"].values(), joins)),
                "accepted": [],
                "rpt_pruned": [],
            }


def _upstream(route: Answer, upstream: Answer) -> Answer:
    """What is called the RPF address here is the root of the tree."""
    incoming = route["iif"]
    is_shared = route["source"] == _ANY_SOURCE
    return {
        "incoming": None if incoming == _LOOPBACK else incoming,
        "rp": upstream.get("rpfAddress") if is_shared else None,
        "i_am_rp": is_shared and incoming == _LOOPBACK,
        "state": "J" if upstream.get("joinState") == "Joined" else "NJ",
        "join_timer": _seconds(upstream.get("joinTimer")),
        "keepalive": _seconds(upstream.get("keepaliveTimer")),
        "register": _REGISTER_STATES.get(upstream.get("regState", ""), "NI"),
    }


def _rpf_neighbor(rpf: Answer, incoming: str) -> str | None:
    """None where the tree begins: at the RP, and on the source's link."""
    neighbor = rpf.get("rpfAddress")
    begins = incoming == _LOOPBACK or neighbor in (_NOBODY, rpf.get("source"))
    return None if begins else neighbor


def _outgoing(branches: Iterable[Answer], joins: Answer) -> Iterator[Answer]:
    for branch in branches:
        interface = branch["outboundInterface"]
        if interface != _REGISTERS:
            joined = joins.get(interface, {}).get(branch["group"], {}).get(branch["source"], {})
            yield {
                "interface": interface,
                "why": [word for key, word in _REASONS.items() if branch.get(key)],
                "state": joined.get("channelJoinName"),
                "expires": _seconds(joined.get("expire")),
                "prune_pending": _seconds(joined.get("prune")),
            }


def _seconds(words: str | None) -> int | None:
    """`00:01:23` or `01:23`; None for a timer that does not run, which is `--:--:--`."""
    if words is None or not words.replace(":", "").isdigit():
        return None
    seconds = 0
    for part in words.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds
