"""Rows of `show` for OSPF, LDP, MPLS and BFD as text, in the manner of IOS and FRR; and logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, TypeAlias

from controlplane.cli.tables import Cell, Row, duration, plain, table, time

Noun: TypeAlias = Callable[[Sequence[Row]], Iterator[str]]

_OSPF_NEIGHBOR: Final[Mapping[str, Cell]] = {
    "Neighbor ID": plain("neighbor"),
    "Pri": plain("priority"),
    "State": lambda row: f"{row['state']}/{row['role']}",
    "Up": time("since"),
    "Dead in": lambda row: _seconds(row["expires"]),
    "Address": plain("address"),
    "Interface": plain("interface"),
    "Rqst": plain("requests"),
    "Rxmt": plain("retransmissions"),
}
_OSPF_INTERFACE: Final[Mapping[str, Cell]] = {
    "Interface": plain("name"),
    "Area": plain("area"),
    "Address": plain("address"),
    "Cost": lambda row: f"{row['cost']}{' (waits for LDP)' if row['waits_for_ldp'] else ''}",
    "State": lambda row: "passive" if row["is_passive"] else str(row["state"]),
    "Nbrs F/C": lambda row: f"{row['adjacencies']}/{row['neighbors']}",
    "Hello/dead": lambda row: f"{row['hello_interval']}/{row['dead_interval']} s",
    "DR": lambda row: _address(row["dr"]),
    "BDR": lambda row: _address(row["bdr"]),
    "Auth": plain("authentication"),
}
_OSPF_ROUTE: Final[Mapping[str, Cell]] = {
    "Prefix": plain("prefix"),
    "Path": lambda row: str(row["path_type"]).replace("_", "-"),
    "Area": plain("area"),
    "Cost": lambda row: f"{row['cost']}/{row['cost2']}" if row["cost2"] else str(row["cost"]),
    "Next hops": lambda row: ", ".join(map(_next_hop, row["next_hops"])) or "discarded",
}
_OSPF_SPF: Final[Mapping[str, Cell]] = {
    "Ago": time("age"),
    "LSAs": plain("lsas"),
    "Areas": lambda row: "; ".join(map(_run, row["runs"])) or "-",
    "Changed": plain("changed"),
    "Withdrawn": plain("withdrawn"),
}
_TROUBLE: Final[Mapping[str, Cell]] = {
    "Source": plain("source"),
    "Interface": plain("interface"),
    "For": time("since"),
    "Reason": plain("reason"),
}
_LOG: Final[Mapping[str, Cell]] = {"Ago": time("age"), "Told": plain("text")}

_LSA: Final[Mapping[str, Cell]] = {
    "Type": plain("type"),
    "Link ID": plain("link_state_id"),
    "ADV router": lambda row: f"{row['advertising_router']}{'*' if row['own'] else ''}",
    "Age": plain("age"),
    "Seq#": plain("sequence_number"),
    "Checksum": plain("checksum"),
}
_LDP_NEIGHBOR: Final[Mapping[str, Cell]] = {
    "Peer": plain("neighbor"),
    "State": plain("state"),
    "Role": plain("role"),
    "Up": lambda row: "-" if row["uptime"] is None else duration(row["uptime"]),
    "Msgs sent/rcvd": lambda row: f"{row['sent']}/{row['received']}",
    "Heard": lambda row: ", ".join(row["discovered"]) or "-",
    "Last failure": lambda row: row["last_failure"] or "-",
}
_LDP_DISCOVERY: Final[Mapping[str, Cell]] = {
    "Interface": lambda row: row["interface"] or "targeted",
    "Source": plain("source"),
    "Peer": lambda row: _ldp_id(row["peer"]),
    "Transport address": plain("transport_address"),
    "Hold": lambda row: _seconds(row["hold"]),
    "Expires": lambda row: _seconds(row["expires"]),
}
_LDP_INTERFACE: Final[Mapping[str, Cell]] = {
    "Interface": plain("name"),
    "Address": plain("address"),
    "Peers": lambda row: ", ".join(map(_ldp_id, row["peers"])) or "-",
    "IGP sync": lambda row: "achieved" if row["synchronised"] else "not achieved",
    "BFD": lambda row: "yes" if row["bfd"] else "no",
}
_BFD: Final[Mapping[str, Cell]] = {
    "Neighbor": plain("neighbor"),
    "Interface": plain("interface"),
    "State": plain("state"),
    "For": time("uptime"),
    "Tx": lambda row: f"{row['transmit_interval'] * 1000:g} ms",
    "Detection": lambda row: f"{row['detection_time'] * 1000:g} ms",
    "Clients": lambda row: ", ".join(row["clients"]),
    "Failures": plain("failures"),
    "Diagnostic": plain("diagnostic"),
}


def forwarded(hop: Mapping[str, Any]) -> str:
    """A next hop of a group: `17 to eth2`, `pop to eth2`, `eth2`."""
    label = "" if hop["label"] is None else f"{hop['label']} to "
    return f"{label}{hop['interface']}"


def switched(row: Row) -> str:
    """What becomes of a labelled packet; a next hop that gave no label does not get it."""
    if "in" in row:
        return f"{row['action']} in {row['in']}"
    return ", ".join(map(_switched_to, row["next_hops"])) or "nobody known"


def _switched_to(hop: Mapping[str, Any]) -> str:
    return f"no label to {hop['interface']}" if hop["label"] is None else forwarded(hop)


_MPLS: Final[Mapping[str, Cell]] = {
    "Local label": plain("label"),
    "FEC": plain("fec"),
    "Outgoing": switched,
    "Packets": plain("packets"),
    "Octets": plain("octets"),
}


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"


def _address(address: str) -> str:
    return "-" if address == "0.0.0.0" else address


def _next_hop(hop: Mapping[str, Any]) -> str:
    via = f"{hop['address']} on " if hop["address"] else ""
    return f"{via}{hop['interface']}"


def _run(run: Mapping[str, Any]) -> str:
    kind = "full" if run["full"] else "incremental"
    return f"{run['area']} {kind}, {run['vertices']} vertices"


def _ldp_id(peer: Mapping[str, Any]) -> str:
    return f"{peer['router']}:{peer['label_space']}"


def _ospf_process(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield ", ".join((f"OSPF router {row['router_id']}", *_roles(row)))
        last = "" if row["last_spf"] is None else f", the last {duration(row['last_spf'])} ago"
        yield f"Routes calculated: {row['spf_runs']} times{last}"
        yield from table(_OSPF_AREA, row["areas"])
        yield f"LSAs of the AS: {_lsas(row['as_lsas'])}"


def _roles(row: Row) -> Iterator[str]:
    if row["area_border"]:
        yield "area border router"
    if row["as_boundary"]:
        yield "AS boundary router"


def _lsas(count: Mapping[str, int]) -> str:
    """`5 (3 router, 2 network)`."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in count.items())
    return f"{sum(count.values())} ({kinds})" if kinds else "none"


_OSPF_AREA: Final[Mapping[str, Cell]] = {
    "Area": plain("area"),
    "Kind": plain("kind"),
    "Interfaces": plain("interfaces"),
    "Full nbrs": plain("adjacencies"),
    "LSAs": lambda row: _lsas(row["lsas"]),
}


def _ospf_database(rows: Sequence[Row]) -> Iterator[str]:
    for (area, interface), group in groupby(rows, key=lambda row: (row["area"], row["interface"])):
        link = f", link {interface}" if interface else ""
        yield f"Area {area}{link}" if area else "AS"
        for line in table(_LSA, list(group)):
            yield f"  {line}"


def _ldp_binding(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        route = "" if row["has_route"] else ", no route"
        yield f"{row['prefix']}, local label {_label(row['local'])}{route}"
        for remote in row["remote"]:
            use = " in use" if remote["in_use"] else ""
            stale = " stale" if remote["stale"] else ""
            yield f"  {_ldp_id(remote['peer'])} gave {_label(remote['label'])}{use}{stale}"


def _label(label: int | None) -> str:
    return {None: "none", 0: "explicit-null", 3: "implicit-null"}.get(label, str(label))


def log(rows: Sequence[Row]) -> Iterator[str]:
    return table(_LOG, rows)


def _columns(columns: Mapping[str, Cell]) -> Noun:
    return lambda rows: table(columns, rows)


CORE_NOUNS: Final[Mapping[str, Noun]] = {
    "ospf process": _ospf_process,
    "ospf trouble": _columns(_TROUBLE),
    "ospf neighbor": _columns(_OSPF_NEIGHBOR),
    "ospf interface": _columns(_OSPF_INTERFACE),
    "ospf route": _columns(_OSPF_ROUTE),
    "ospf spf": _columns(_OSPF_SPF),
    "ospf database": _ospf_database,
    "ospf log": log,
    "ldp neighbor": _columns(_LDP_NEIGHBOR),
    "ldp discovery": _columns(_LDP_DISCOVERY),
    "ldp interface": _columns(_LDP_INTERFACE),
    "ldp binding": _ldp_binding,
    "ldp log": log,
    "mpls forwarding": _columns(_MPLS),
    "bfd neighbor": _columns(_BFD),
    "bfd log": log,
}
