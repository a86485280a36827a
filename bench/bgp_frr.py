"""The same octets for FRR's bgpd: what 100,000 VPNv4 routes from one peer cost it, and us.

bgpd runs in a namespace, as a reflector's client with a route to all PEs, and keeps every VPN route
that comes. Its CPU time is that of all its threads, until it asks for no more.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.bgp import AS, REFLECTOR, ROUTES, Established, opening, storm
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
_QUIET, _LIMIT = 1.0, 60.0
_TICK = os.sysconf("SC_CLK_TCK")


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
        bgpd = _process(namespace, frr)
        end = stack.enter_context(near.inside(_connected))
        end.sendall(opening())
        _wait(lambda: _summary(frr).get("state") == "Established")
        before = _cpu(bgpd)
        end.sendall(octets)
        _wait(lambda: _summary(frr)["pfxRcd"] == ROUTES)
        return _settled(bgpd) - before


def _connected() -> socket.socket:
    return socket.create_connection(("10.0.0.1", _PORT), source_address=(f"{REFLECTOR}", 0))


def _summary(frr: Frr) -> dict[str, object]:
    shown = frr.json("show bgp ipv4 vpn summary json")
    peer: dict[str, object] = shown["peers"][f"{REFLECTOR}"]
    return peer


def _process(namespace: Namespace, frr: Frr) -> Path:
    """bgpd among the processes of this machine: in its namespace it has another number."""
    space = Path(f"/proc/{namespace.pid}/ns/pid").readlink()
    for process in (name.parent for name in Path("/proc").glob("[0-9]*/comm") if _is_bgpd(name)):
        if (process / "ns/pid").readlink() == space:
            return process
    raise AssertionError(f"bgpd is not there; its log: {frr.log('bgpd')}")


def _is_bgpd(name: Path) -> bool:
    try:
        return name.read_text().strip() == "bgpd"
    except OSError:  # it has ended meanwhile
        return False


def _cpu(process: Path) -> float:
    """proc(5): utime and stime, the 14th and 15th field."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _settled(process: Path) -> float:
    """The CPU time once a process is quiet."""
    before = -1.0
    while (now := _cpu(process)) != before:
        before = now
        time.sleep(_QUIET)
    return now


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _LIMIT
    while not holds():
        assert time.monotonic() < end, "FRR's bgpd does not come to it"
        time.sleep(_QUIET / 4)
