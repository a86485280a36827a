"""Reading captures: by tshark where it is installed, else by scapy.

tshark is an independent judge of every frame: besides the numbered packets of the streams it
reports what it cannot decode, and wrong checksums (expert information of severity "error").
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from controlplane.lab.errors import LabError
from controlplane.lab.judge.carriage import NUMBERS, Crossing, LinkCapture, Outer

_FIELDS: Final = (
    "frame.number",
    "frame.protocols",
    "vlan.id",
    "ip.src",
    "ip.dst",
    "udp.payload",
    "_ws.malformed",
    "_ws.expert.severity",
)
_ERROR: Final = 0x00800000
"""Wireshark's PI_ERROR: malformed packets and wrong checksums are of this severity."""


def judge_name() -> str:
    """The program that reads captures here."""
    return "tshark" if shutil.which("tshark") else "scapy"


def read_captures(paths: Mapping[str, Path], ports: frozenset[int]) -> dict[str, LinkCapture]:
    """What each capture holds, by link; `ports` are those of the streams."""
    if judge_name() == "scapy":
        from controlplane.lab.judge.scapy_capture import read_capture  # slow to import

        return {name: read_capture(path, ports) for name, path in paths.items()}
    # The work is in tshark's processes, so threads are enough to run two at a time.
    with ThreadPoolExecutor(max_workers=2) as pool:
        captures = pool.map(lambda path: _by_tshark(path, ports), paths.values())
        return dict(zip(paths, captures, strict=True))


def _by_tshark(path: Path, ports: frozenset[int]) -> LinkCapture:
    fields = [part for field in _FIELDS for part in ("-e", field)]
    # Without this, some ports have dissectors that find fault with our payload.
    plain = [part for port in sorted(ports) for part in ("-d", f"udp.port=={port},data")]
    checksums = [part for name in ("ip", "udp") for part in ("-o", f"{name}.check_checksum:TRUE")]
    command = ["tshark", "-n", "-r", str(path), *plain, *checksums, "-T", "fields", *fields]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"tshark cannot read {path.name}: {reason}")
    return _capture(line.split("\t") for line in result.stdout.splitlines())


def _capture(rows: Iterable[list[str]]) -> LinkCapture:
    crossings, malformed, frames = [], [], 0
    for number, protocols, vlan, sources, destinations, payload, broken, severities in rows:
        frames += 1
        if broken or any(int(one, 0) >= _ERROR for one in severities.split(",") if one):
            malformed.append(f"frame {number} ({protocols})")
        # An ICMP error quotes the packet that it is about; that is not the packet.
        if len(payload) >= 2 * NUMBERS.size and ":icmp" not in protocols:
            stream, packet = NUMBERS.unpack(bytes.fromhex(payload[: 2 * NUMBERS.size]))
            outer = _outer(sources, destinations)
            crossings.append(Crossing(stream, packet, outer, int(vlan or 0)))
    return LinkCapture(crossings, frames, malformed)


@cache
def _outer(sources: str, destinations: str) -> Outer:
    """tshark lists the addresses of all IP headers, the outermost first."""
    source, inner, _ = sources.partition(",")
    return (IPv4Address(source), IPv4Address(destinations.partition(",")[0])) if inner else None
