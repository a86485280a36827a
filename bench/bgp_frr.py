"""The same octets for FRR's bgpd: what 100,000 VPNv4 routes from one peer cost it, and us.

bgpd runs in a namespace, as a reflector's client with a route to all PEs, and keeps every VPN route
that comes. Its CPU time is that of all its threads, until it asks for no more.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from bench.bgp import AS, REFLECTOR, ROUTES, Established, opening, storm
from bench.daemon import Daemon, wait
from bench.figure import Figure
from tests.peers.frr import Frr, missing_frr
from tests.peers.namespace import Namespace, cable

_BGPD = f"""
router bgp {AS}
 bgp router-id 10.0.0.1
 no bgp default ipv4-unicast
 neighbor {REFLECTOR} remote-as {AS}
 neighbor {REFLECTOR} passive
 address-family ipv4 vpn
  neighbor {REFLECTOR} activate
 exit-address-family
exit
"""
_PORT = 179


def frr_figures() -> Iterator[Figure]:
    if (reason := missing_frr("bgpd")) is not None:
        print(f"no figures of FRR: {reason}", file=sys.stderr)
        return
    octets = storm()
    theirs = _of_frr(octets) / ROUTES
    engine = Established()
    ours = engine.hear(octets) / ROUTES
    yield Figure(f"{ROUTES:,} VPNv4 routes to FRR's bgpd: CPU a route", 1e6 * theirs, "us")
    yield Figure("  to ours, in times of that", ours / theirs, "x")


def _of_frr(octets: bytes) -> float:
    """The CPU time of bgpd."""
    with ExitStack() as stack:
        namespace, near = stack.enter_context(Namespace()), stack.enter_context(Namespace())
        cable(namespace, near, "eth0", "eth0")
        namespace.address("eth0", "10.0.0.1/24")
        near.address("eth0", f"{REFLECTOR}/24")
        namespace.route(f"10.1.0.0/16 via {REFLECTOR}")
        frr = Frr(namespace, {"bgpd": _BGPD})
        bgpd = Daemon(namespace, "bgpd")
        end = stack.enter_context(near.inside(_connected))
        end.sendall(opening())
        wait(lambda: _summary(frr).get("state") == "Established")
        before = bgpd.cpu()
        end.sendall(octets)
        wait(lambda: _summary(frr)["pfxRcd"] == ROUTES)
        return bgpd.settled() - before


def _connected() -> socket.socket:
    return socket.create_connection(("10.0.0.1", _PORT), source_address=(f"{REFLECTOR}", 0))


def _summary(frr: Frr) -> dict[str, object]:
    shown = frr.json("show bgp ipv4 vpn summary json")
    peer: dict[str, object] = shown["peers"][f"{REFLECTOR}"]
    return peer
