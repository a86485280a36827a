"""Rows of `show` for BGP and VPNs as text, in the manner of IOS and FRR."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from controlplane.cli.core_nouns import log
from controlplane.cli.tables import Cell, Row, duration, plain, table, time

Noun: TypeAlias = Callable[[Sequence[Row]], Iterator[str]]


def _prefixes(row: Row) -> str:
    """Received and sent, of each family."""
    counts = (f"{one['family']} {one['received']}/{one['sent']}" for one in row["families"])
    return ", ".join(counts) or "-"


_NEIGHBOR: Final[Mapping[str, Cell]] = {
    "Neighbor": plain("neighbor"),
    "AS": plain("asn"),
    "State": plain("state"),
    "For": time("since"),
    "Prefixes rcvd/sent": _prefixes,
    "Hold": lambda row: "-" if row["hold"] is None else f"{row['hold']:g} s",
    "Last error": lambda row: row["last_error"] or "-",
}


def _routes(rows: Sequence[Row]) -> Iterator[str]:
    yield "Codes: > best, b backup, S stale, i from this AS, * imported, = own"
    for row in rows:
        yield row["route"]
        for path in row["paths"]:
            yield f"  {_codes(path)} {_path(path)}"
            if path["communities"]:
                yield f"       {', '.join(path['communities'])}"
            if path["pmsi_tunnel"]:
                yield f"       {path['pmsi_tunnel']}"
            if path["why_not"]:
                yield f"       not best: {path['why_not']}"
        if row["told"]:
            yield f"     told to {', '.join(row['told'])}"


_SOURCES: Final = {"local": "=", "ebgp": " ", "ibgp": "i", "imported": "*"}


def _codes(path: Mapping[str, Any]) -> str:
    best = ">" if path["best"] else "b" if path["backup"] else " "
    return best + ("S" if path["stale"] else " ") + _SOURCES[path["source"]]


def _path(path: Mapping[str, Any]) -> str:
    """What operators look for first: next hop, AS path, and what the decision hangs on."""
    given = {
        "from": path["peer"],
        "RD:prefix": path["imported"],
        "VRF": path["from_vrf"],
        "label": path["label"],
        "local pref": path["local_pref"],
        "MED": path["med"],
        "IGP metric": path["igp_metric"],
        "connector": path["connector"],
    }
    details = [f"{name} {value}" for name, value in given.items() if value is not None]
    as_path = f"AS path {path['as_path']}" if path["as_path"] else "no AS path"
    return ", ".join(
        (f"via {path['next_hop'] or 'self'}", f"{as_path}, {path['origin']}", *details)
    )


def _vrf(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield f"VRF {row['id']}, RD {row['rd']}, {row['routes']} routes"
        yield f"  Import {', '.join(row['import']) or 'nothing'}"
        yield f"  Export {', '.join(row['export']) or 'nothing'}"
        yield f"  Interfaces {', '.join(row['interfaces']) or 'none'}"
        yield f"  Labels {row['labels']}: {', '.join(map(_vpn_label, row['label'])) or 'none'}"
        yield f"  Multicast {row['multicast'] or 'none'}"


def _vpn_label(given: Mapping[str, Any]) -> str:
    return f"{given['label']} for {given['prefix']}" if given["prefix"] else str(given["label"])


_UMH: Final[Mapping[str, Cell]] = {
    "Tree": lambda row: f"({row['source']}, {row['group']})",
    "Prefix": plain("prefix"),
    "Upstream PE": plain("upstream_pe"),
    "Chosen by": plain("reason"),
    "Candidates": lambda row: ", ".join(
        f"{one['pe']} (RD {one['rd']})" for one in row["candidates"]
    ),
}
_DISCOVERY: Final[Mapping[str, Cell]] = {
    "PE": plain("pe"),
    "MDT group": plain("group"),
    "Told by": plain("said_by"),
    "Verdict": plain("verdict"),
}


_SENT: Final[Mapping[str, Cell]] = {
    "(Source, Group)": lambda row: f"({row['source']}, {row['group']})",
    "MDT-data group": lambda row: row["mdt_group"] or "default MDT",
    "ref_count": lambda row: str(row["flows_in_group"] or "-"),
    "State": plain("state"),
    "For": time("uptime"),
    "Ends in": lambda row: "-" if row["expires"] is None else duration(row["expires"]),
    "Next Join": lambda row: "-" if row["next_join"] is None else duration(row["next_join"]),
    "Rate": lambda row: "-" if row["rate"] is None else f"{row['rate']:,} kbit/s",
}
_RECEIVED: Final[Mapping[str, Cell]] = {
    "MDT-data [group, source]": lambda row: f"[{row['mdt_group']}, {row['root']}]",
    "(Source, Group)": lambda row: f"({row['source']}, {row['group']})",
    "Joined": lambda row: "yes" if row["joined"] else "no, only known",
    "Uptime": time("uptime"),
    "Expires": time("expires"),
}


def _data_mdt(rows: Sequence[Row]) -> Iterator[str]:
    """A share of a group with others shows in its ref_count."""
    for direction, heading, columns in (
        ("sent", "MDT-data sent", _SENT),
        ("received", "MDT-data received", _RECEIVED),
    ):
        if mine := [row for row in rows if row["direction"] == direction]:
            yield heading
            yield from (f"  {line}" for line in table(columns, mine))


def _columns(columns: Mapping[str, Cell]) -> Noun:
    return lambda rows: table(columns, rows)


VPN_NOUNS: Final[Mapping[str, Noun]] = {
    "bgp neighbor": _columns(_NEIGHBOR),
    "bgp unicast": _routes,
    "bgp vpnv4": _routes,
    "bgp mvpn": _routes,
    "bgp mdt": _routes,
    "bgp multicast": _routes,
    "bgp targets": _routes,
    "bgp log": log,
    "vrf": _vrf,
    "umh": _columns(_UMH),
    "mvpn discovery": _columns(_DISCOVERY),
    "mvpn data-mdt": _data_mdt,
    "mvpn log": log,
}
