"""What zebra and bgpd show, as rows like those of our own routers: as far as labs look at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controlplane.lab.testbed.frr.vtysh import Answer
from controlplane.net.interface import DEFAULT_VRF

_TYPES: Final = {"connected": "connected", "bgp": "ebgp"}
"""What FRR and we call those whose routes a CE has."""


def route_rows(answer: Answer) -> Iterator[Answer]:
    """The installed routes of `show ip route json`."""
    for prefix, routes in answer.items():
        for route in routes:
            if route.get("selected"):
                yield {
                    "vrf": DEFAULT_VRF,
                    "prefix": prefix,
                    "protocol": _TYPES.get(route["protocol"], route["protocol"]),
                    "preference": route["distance"],
                    "metric": route["metric"],
                    "next_hops": list(_next_hops(route.get("nexthops", ()))),
                }


def _next_hops(hops: Iterable[Answer]) -> Iterator[Answer]:
    for hop in hops:
        if hop.get("fib"):
            kind = "gateway" if "ip" in hop else "attached"
            yield {"type": kind, "interface": hop.get("interfaceName"), "via": hop.get("ip")}


def peer_rows(answer: Answer) -> Iterator[Answer]:
    """The peers of `show bgp ipv4 unicast summary json`."""
    for address, peer in answer.get("peers", {}).items():
        yield {
            "vrf": DEFAULT_VRF,
            "neighbor": address,
            "remote_as": peer["remoteAs"],
            "state": peer["state"],
        }
