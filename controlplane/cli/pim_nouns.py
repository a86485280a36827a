"""Rows of `show` for PIM as text, in the manner of IOS and FRR."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, TypeAlias

from controlplane.cli.core_nouns import log
from controlplane.cli.tables import Cell, Row, duration, plain, table, time

Noun: TypeAlias = Callable[[Sequence[Row]], Iterator[str]]

_LETTERS: Final = {
    "sparse": "S",
    "bidirectional": "B",
    "SSM": "s",
    "connected": "C",
    "pruned": "P",
    "RPT pruned": "R",
    "register": "F",
    "SPT": "T",
    "join SPT": "J",
    "multicast tunnel": "Z",
    "data MDT joined": "Y",
    "data MDT sent": "y",
}
"""Those of `show ip mroute`."""
_STATES: Final = {"J": "joined", "NJ": "not joined"}


def _mroute(rows: Sequence[Row]) -> Iterator[str]:
    yield f"Flags: {', '.join(f'{letter} {flag}' for flag, letter in _LETTERS.items())}"
    yield "Timers: uptime, or uptime/keepalive"
    for row in rows:
        yield f"({row['source']}, {row['group']}), {', '.join(_tree(row))}"
        yield from (f"  {line}" for line in _incoming(row))
        yield "  Outgoing interface list:" + ("" if row["outgoing"] else " none")
        for one in row["outgoing"]:
            yield f"    {one['interface']}, {', '.join(one['why'])}, {_expiry(one)}"
        for one in row["rpt_pruned"]:
            yield f"  Pruned off the RP tree: {one['interface']}, {_expiry(one)}"


def _tree(row: Row) -> Iterator[str]:
    alive = "" if row["keepalive"] is None else f"/{duration(row['keepalive'])}"
    yield f"{duration(row['uptime'])}{alive}"
    if row["source"] == "*":
        yield f"RP {_rp(row)}"
    yield _STATES[row["state"]]
    yield f"flags {''.join(_LETTERS[flag] for flag in row['flags'])}"
    if "packets" in row:
        yield counts(row)


def counts(row: Row) -> str:
    """What the switch has counted."""
    return f"{row['packets']:,} packets, {row['octets']:,} octets"


def _rp(row: Row) -> str:
    return f"{row['rp'] or 'none'}{' (this router)' if row['i_am_rp'] else ''}"


def _incoming(row: Row) -> Iterator[str]:
    incoming = f"{row['incoming'] or 'none'}, RPF nbr {row['rpf_neighbor'] or 'none'}"
    if "bidirectional" in row["flags"]:
        yield f"Bidir-upstream: {incoming}"
        yield f"Incoming interface list: {', '.join(row['accepted']) or 'none'}"
    else:
        every = ", packets of every PE" if row["accepted"] else ""
        registering = ", registering" if row["register"] == "J" else ""
        yield f"Incoming interface: {incoming}{every}{registering}"


def _expiry(one: Mapping[str, Any]) -> str:
    if one["prune_pending"] is not None:
        return f"prune pending {one['prune_pending']:.1f} s"
    return f"expires {duration(one['expires'])}"


def _dr(row: Row) -> str:
    return plain("dr_priority")(row) + (" DR" if row["is_dr"] else "")


_NEIGHBOR: Final[Mapping[str, Cell]] = {
    "Neighbor": plain("neighbor"),
    "Interface": plain("interface"),
    "Uptime": time("uptime"),
    "Expires": time("expires"),
    "DR prio": _dr,
    "GenID": lambda row: "-" if row["generation_id"] is None else f"{row['generation_id']:08x}",
}
_INTERFACE: Final[Mapping[str, Cell]] = {
    "Interface": plain("interface"),
    "Address": plain("address"),
    "Nbr count": plain("neighbors"),
    "DR": plain("dr"),
    "DR prio": plain("dr_priority"),
    "Hello": lambda row: f"{row['hello_period']:g} s",
    "Next hello": lambda row: "-" if row["next_hello"] is None else f"{row['next_hello']:.1f} s",
    "Override": lambda row: f"{row['propagation_delay'] + row['override_interval']:g} s",
}

_MAPPING: Final[Mapping[str, Cell]] = {
    "Groups": plain("groups"),
    "RP": _rp,
    "Mode": plain("mode"),
    "Told by": lambda row: f"{row['origin']}{', overrides' if row['override'] else ''}",
    "Priority": plain("priority"),
    "Expires": time("expires"),
}
_RP_OF_GROUP: Final[Mapping[str, Cell]] = {
    "Group": plain("group"),
    "RP": _rp,
    "Mode": plain("mode"),
    "By range": plain("groups"),
    "Chosen by": plain("reason"),
}
_RP_TABLES: Final[Mapping[str, tuple[str, Mapping[str, Cell]]]] = {
    "mapping": ("Ranges and their RPs", _MAPPING),
    "group": ("Groups and their RPs", _RP_OF_GROUP),
}


def _pim_rp(rows: Sequence[Row]) -> Iterator[str]:
    for name, group in groupby(rows, key=lambda row: row["table"]):
        heading, columns = _RP_TABLES[name]
        yield heading
        for line in table(columns, list(group)):
            yield f"  {line}"


_CANDIDATE_RP: Final[Mapping[str, Cell]] = {
    "Groups": plain("groups"),
    "Candidate RP": plain("rp"),
    "Mode": plain("mode"),
    "Priority": plain("priority"),
    "Expires": time("expires"),
}


def _pim_bsr(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield f"{_bsr(row)}; state: {row['state']}"
        if row["timer"] is not None:
            ends = "Next message in" if row["i_am_bsr"] else "Taken for lost in"
            yield f"  {ends} {duration(row['timer'])}"
        if row["advertises"] is not None:
            yield f"  Next own C-RP advertisement in {duration(row['advertises'])}"
        if row["candidate_rps"]:
            for line in table(_CANDIDATE_RP, row["candidate_rps"]):
                yield f"  {line}"


def _bsr(row: Row) -> str:
    if row["address"] is None:
        return "No BSR is known"
    this = " (this router)" if row["i_am_bsr"] else ""
    mask = "" if row["hash_mask_length"] is None else f", hash mask {row['hash_mask_length']}"
    return f"BSR {row['address']}{this}, priority {row['priority']}{mask}, up {_uptime(row)}"


def _uptime(row: Row) -> str:
    return "-" if row["uptime"] is None else duration(row["uptime"])


_ASSERT_STATES: Final = {"W": "winner", "L": "loser"}
_ASSERT: Final[Mapping[str, Cell]] = {
    "Interface": plain("interface"),
    "Tree": lambda row: f"({row['source']}, {row['group']})",
    "State": lambda row: _ASSERT_STATES[row["state"]],
    "Winner": plain("winner"),
    "Pref/Metric": lambda row: f"{row['preference']}/{row['metric']}",
    "Forwards on": lambda row: "RPT" if row["rpt"] else "SPT",
    "Expires": time("expires"),
}

_REGISTER_STATES: Final = {"J": "registering", "P": "stopped", "JP": "asking again"}
_REGISTER: Final[Mapping[str, Cell]] = {
    "Source": plain("source"),
    "Group": plain("group"),
    "RP": plain("rp"),
    "State": lambda row: _REGISTER_STATES[row["state"]],
    "Until": lambda row: "-" if row["stopped"] is None else duration(row["stopped"]),
}

_DF: Final[Mapping[str, Cell]] = {
    "Interface": plain("interface"),
    "RP": plain("rpa"),
    "State": plain("state"),
    "DF winner": plain("df"),
    "Pref/Metric": lambda row: "-" if row["df"] is None else f"{row['preference']}/{row['metric']}",
    "Uptime": _uptime,
}


def _columns(columns: Mapping[str, Cell]) -> Noun:
    return lambda rows: table(columns, rows)


PIM_NOUNS: Final[Mapping[str, Noun]] = {
    "mroute": _mroute,
    "pim neighbor": _columns(_NEIGHBOR),
    "pim interface": _columns(_INTERFACE),
    "pim rp": _pim_rp,
    "pim bsr": _pim_bsr,
    "pim assert": _columns(_ASSERT),
    "pim register": _columns(_REGISTER),
    "pim df": _columns(_DF),
    "pim log": log,
}
