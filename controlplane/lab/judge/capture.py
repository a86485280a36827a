"""Reading captures: by tshark where it is installed, else by scapy.

tshark is an independent judge of every frame: besides the numbered packets of the streams it
reports what it cannot decode, and wrong checksums (expert information of severity "error").
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from controlplane.lab.errors import LabError
from controlplane.lab.judge.carriage import Crossing, LinkCapture, Outer
from controlplane.net.stream import NUMBERS

_FIELDS: Final = (
    "frame.interface_id",
    "frame.protocols",
    "vlan.id",
    "ip.src",
    "ip.dst",
    "udp.payload",
    "_ws.expert.severity",
    "ldp.msg.tlv.status.data",
    "bgp.update.path_attribute.mp_reach_nlri.safi",
)
_ERROR: Final = 0x00800000
"""Wireshark's PI_ERROR: malformed packets and wrong checksums are of this severity."""


_END_OF_LIB: Final = "0x0000002f"
"""RFC 5919 4: this notification holds a typed wildcard FEC (RFC 5918), which tshark 4.0 knows not
and calls malformed: one error that is none. FRR sends and reads the same octets."""

_MDT_SAFI: Final = "66"
_ERRORS_OF_MDT_SAFI: Final = 2
"""tshark 4.0 shows such routes and then says that it knows neither the SAFI nor its next hop."""

_PROCESSES: Final = 2


def judge_name() -> str:
    """The program that reads captures here."""
    return "tshark" if shutil.which("tshark") else "scapy"


def read_captures(paths: Mapping[str, Path], ports: frozenset[int]) -> dict[str, LinkCapture]:
    """What each capture holds, by link; `ports` are those of the streams."""
    if judge_name() == "scapy":
        from controlplane.lab.judge.scapy_capture import read_capture  # slow to import

        return {name: read_capture(path, ports) for name, path in paths.items()}
    # The work is in tshark's processes, so threads are enough to run them at a time.
    with ThreadPoolExecutor(max_workers=_PROCESSES) as pool:
        shares = pool.map(lambda share: _by_tshark(share, ports), _shares(paths))
        captures = {name: capture for share in shares for name, capture in share.items()}
        return {name: captures[name] for name in paths}


def _shares(paths: Mapping[str, Path]) -> list[dict[str, Path]]:
    """The captures in shares of about equal size: a process takes longer to start than to read."""
    by_size = sorted(paths, key=lambda name: paths[name].stat().st_size, reverse=True)
    shares = [by_size[first::_PROCESSES] for first in range(_PROCESSES)]
    return [{name: paths[name] for name in share} for share in shares if share]


def _by_tshark(paths: Mapping[str, Path], ports: frozenset[int]) -> dict[str, LinkCapture]:
    """Several captures as one, in which each is an interface of its own."""
    with NamedTemporaryFile(prefix="mvpn-", suffix=".pcapng") as merged:
        _run(["mergecap", "-I", "none", "-w", merged.name, *map(str, paths.values())], paths)
        lines = _run(_tshark(merged.name, ports), paths).splitlines()
    rows: list[list[list[str]]] = [[] for _ in paths]
    for line in lines:
        interface, *row = line.split("\t")
        rows[int(interface)].append(row)
    return {name: _capture(its) for name, its in zip(paths, rows, strict=True)}


def _tshark(capture: str, ports: frozenset[int]) -> list[str]:
    fields = [part for field in _FIELDS for part in ("-e", field)]
    # Without this, some ports have dissectors that find fault with our payload.
    plain = [part for port in sorted(ports) for part in ("-d", f"udp.port=={port},data")]
    checksums = [part for name in ("ip", "udp") for part in ("-o", f"{name}.check_checksum:TRUE")]
    return ["tshark", "-n", "-r", capture, *plain, *checksums, "-T", "fields", *fields]


def _run(command: Sequence[str], links: Iterable[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"{command[0]} cannot read the captures of {', '.join(links)}: {reason}")
    return result.stdout


def _capture(rows: Sequence[Sequence[str]]) -> LinkCapture:
    crossings, malformed = [], []
    for number, row in enumerate(rows, start=1):
        protocols, vlan, sources, destinations, payload, severities, ldp_status, safis = row
        mdt_routes = safis.split(",").count(_MDT_SAFI)
        unfounded = ldp_status.count(_END_OF_LIB) + _ERRORS_OF_MDT_SAFI * mdt_routes
        if _errors(severities) > unfounded:
            malformed.append(f"frame {number} ({protocols})")
        # An ICMP error quotes the packet that it is about; that is not the packet.
        if len(payload) >= 2 * NUMBERS.size and ":icmp" not in protocols:
            stream, packet = NUMBERS.unpack(bytes.fromhex(payload[: 2 * NUMBERS.size]))
            outer = _outer(sources, destinations)
            crossings.append(Crossing(stream, packet, outer, int(vlan or 0)))
    return LinkCapture(crossings, len(rows), malformed)


@cache
def _errors(severities: str) -> int:
    return sum(int(one, 0) >= _ERROR for one in severities.split(",") if one)


@cache
def _outer(sources: str, destinations: str) -> Outer:
    """tshark lists the addresses of all IP headers, the outermost first."""
    source, inner, _ = sources.partition(",")
    return (IPv4Address(source), IPv4Address(destinations.partition(",")[0])) if inner else None
