"""Rows of `show` as text, in the manner of IOS and FRR: a function for each noun."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Final

from controlplane.cli.core_nouns import CORE_NOUNS, forwarded, switched
from controlplane.cli.pim_nouns import PIM_NOUNS, counts
from controlplane.cli.tables import Cell, Row, plain, table, time
from controlplane.cli.vpn_nouns import VPN_NOUNS


def _igmp_groups(rows: Sequence[Row]) -> Iterator[str]:
    columns: Mapping[str, Cell] = {
        "Group": plain("group"),
        "Interface": plain("interface"),
        "Mode": plain("mode"),
        "Ver": plain("version"),
        "Uptime": time("uptime"),
        "Expires": time("expires"),
        "Last reporter": plain("last_reporter"),
        "Sources": lambda row: ", ".join(one["source"] for one in row["sources"]) or "-",
    }
    return table(columns, rows)


def _mvpn(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        number = "" if row["number"] is None else f" ({row['number']})"
        yield f"Profile {row['profile']}{number}, PMSI {row['pmsi']}"
        yield f"  Own tunnel {row['tree']} from {row['root']} to {', '.join(_ways(row))}"
        for line in table(_MVPN_PE, row["pes"]):
            yield f"  {line}"


def _ways(row: Row) -> list[str]:
    """Where this PE's packets leave on its tunnel."""
    rp = [f"RP {row['registering']} in Registers"] if row["registering"] else []
    return [*row["branches"], *rp] or ["nowhere"]


_MVPN_PE: Final[Mapping[str, Cell]] = {
    "PE": plain("pe"),
    "Tunnel": plain("tree"),
    "Incoming": lambda row: row["incoming"] or ", ".join(row["accepted"]) or "-",
    "RPF nbr": plain("rpf_neighbor"),
    "PIM nbr": lambda row: "up" if row["pim_neighbor"] else "down",
}

_CODES: Final = {
    "connected": "C",
    "static": "S",
    "ebgp": "B",
    "ospf": "O",
    "computed": "I",
    "ibgp": "B",
}


def _route(rows: Sequence[Row]) -> Iterator[str]:
    yield "Codes: C connected, L local, S static, O OSPF, I computed (stands in for an IGP), B BGP"
    columns: Mapping[str, Cell] = {
        "": lambda row: "L" if row["type"] == "local" else _CODES[row["protocol"]],
        "Prefix": plain("prefix"),
        "Pref/Metric": lambda row: f"[{row['preference']}/{row['metric']}]",
        "Next hop": lambda row: "; ".join(map(_next_hop, row["next_hops"])),
    }
    yield from table(columns, rows)


def _next_hop(row: Row) -> str:
    match row["type"]:
        case "gateway":
            return f"via {row['via']}, {row['interface']}"
        case "vpn":
            return f"via PE {row['via']}, RD {row['rd']}" + ("" if row["lsp"] else ", no LSP")
        case "blackhole":
            return "discarded"
        case _:
            return f"directly connected, {row['interface']}"


def _forwarding(rows: Sequence[Row]) -> Iterator[str]:
    for name, group in groupby(rows, key=lambda row: row["table"]):
        yield f"{name.capitalize()} table"
        for line in _FORWARDING[name](list(group)):
            yield f"  {line}"


def _counted(row: Row) -> str:
    """Packet counts, where the switch was asked for them."""
    return f", {counts(row)}" if "packets" in row else ""


def _name(row: Row) -> str:
    return f"({row['source']}, {row['group']})"


def _fib_multicast(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        tail = f", inner packets as from {row['tail']}" if row["tail"] else ""
        out_of = f" in data MDT {row['data_mdt']}" if row["data_mdt"] else ""
        watched = ", shown to PIM" if row["watched"] else ""
        incoming = f"{row['incoming']}{out_of}{tail}{watched}"
        yield f"{_name(row)} from {incoming}{_counted(row)}"
        for copy in row["copies"]:
            vlan = f".{copy['vlan']}" if copy["vlan"] else ""
            yield f"  {copy['interface']} (port {copy['port']}{vlan}): {copy['rewrite']}"


_FIB_INTERFACE: Final[Mapping[str, Cell]] = {
    "Interface": plain("interface"),
    "Index": plain("index"),
    "Port": plain("port"),
    "VLAN": lambda row: str(row["vlan"] or "-"),
    "MAC": plain("mac"),
    "In": plain("packets_in"),
    "Out": plain("packets_out"),
}
_PUNT: Final[Mapping[str, Cell]] = {
    "Reason": plain("reason"),
    "Packets": plain("packets"),
    "Policed": plain("policed"),
}
_DROP: Final[Mapping[str, Cell]] = {"Reason": plain("reason"), "Packets": plain("packets")}
_FIB_UNICAST: Final[Mapping[str, Cell]] = {
    "Prefix": plain("prefix"),
    "Action": plain("action"),
    "Next hops": lambda row: ", ".join(map(forwarded, row.get("next_hops", ()))) or "-",
}
_FIB_LABEL: Final[Mapping[str, Cell]] = {
    "Label": plain("label"),
    "Outgoing": switched,
    "Packets": plain("packets"),
    "Octets": plain("octets"),
}
_FORWARDING: Final[Mapping[str, Callable[[Sequence[Row]], Iterator[str]]]] = {
    "interface": lambda rows: table(_FIB_INTERFACE, rows),
    "unicast": lambda rows: table(_FIB_UNICAST, rows),
    "label": lambda rows: table(_FIB_LABEL, rows),
    "multicast": _fib_multicast,
    "punt": lambda rows: table(_PUNT, rows),
    "drop": lambda rows: table(_DROP, rows),
}

_COUNTER: Final[Mapping[str, Cell]] = {
    "Where": plain("where"),
    "Counter": plain("counter"),
    "Value": plain("value"),
}


def _counters(rows: Sequence[Row]) -> Iterator[str]:
    return table(_COUNTER, rows)


_ARP: Final[Mapping[str, Cell]] = {
    "Address": plain("address"),
    "Interface": plain("interface"),
    "MAC": plain("mac"),
    "State": plain("state"),
    "Age": time("age"),
    "Expires": time("expires"),
}


def _arp(rows: Sequence[Row]) -> Iterator[str]:
    return table(_ARP, rows)


NOUNS: Final[Mapping[str, Callable[[Sequence[Row]], Iterator[str]]]] = {
    **CORE_NOUNS,
    "mvpn tunnel": _mvpn,
    **VPN_NOUNS,
    **PIM_NOUNS,
    "igmp groups": _igmp_groups,
    "route": _route,
    "arp": _arp,
    "forwarding": _forwarding,
    "counters": _counters,
}


def as_text(noun: str, rows: Sequence[Row]) -> str:
    """The rows of a noun under a heading for each VRF."""
    if not rows:
        return "nothing to show"
    by_vrf: dict[str, list[Row]] = {}
    for row in rows:
        by_vrf.setdefault(row["vrf"], []).append(row)
    lines = [[f"VRF {vrf}", *NOUNS[noun](group), ""] for vrf, group in by_vrf.items()]
    return "\n".join(chain(*lines)).rstrip()
