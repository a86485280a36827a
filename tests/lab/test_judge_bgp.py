"""BGP sessions and VPN routes held against what routers show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from controlplane.lab.judge.bgp import bgp_peers
from controlplane.lab.judge.state import StateJudge
from controlplane.lab.judge.words import watched_words
from controlplane.lab.load import Lab
from controlplane.lab.tables import Tables
from controlplane.lab.verdict import Seen
from tests.lab.fake_world import FakeWorld

LoadText = Callable[[str], Lab]
Rows: TypeAlias = dict[tuple[str, str], list[dict[str, Any]]]
"""Rows of one noun by router and VRF."""


def judged(lab: Lab, rows: Mapping[tuple[str, str], list[dict[str, Any]]]) -> Seen:
    def show(router: str, noun: str, vrf: str | None, now: float) -> list[dict[str, Any]]:
        return rows.get((router, vrf or ""), [])

    judge = StateJudge(lab.layout, lab.routes)
    return judge.judge(lab.file.start[0], Tables(FakeWorld(show)))


def sessions(lab: Lab) -> Rows:
    """What the routers show when all is well."""
    return {
        table: [{"neighbor": str(address), "state": "Established"} for address in peers]
        for table, peers in bgp_peers(lab.layout).items()
    }


def test_all_sessions_are_those_of_pes_and_of_customers(load_text: LoadText, small: str) -> None:
    lab = load_text(small + "start: [{bgp_sessions: all}]\n")
    assert judged(lab, sessions(lab)) == Seen(True, "6 sessions")


@pytest.mark.parametrize(
    ("table", "rows", "words"),
    [
        (("pe1", "red"), [], "pe1 misses ce1 in red"),
        (("pe1", "default"), [{"neighbor": "10.255.0.2", "state": "OpenSent"}], "pe1 misses pe2"),
        (
            ("ce2", "default"),
            [
                {"neighbor": "172.16.0.9", "state": "Established"},
                {"neighbor": "10.9.9.9", "state": "Established"},
            ],
            "ce2 has 10.9.9.9",
        ),
    ],
)
def test_a_session_too_few_or_too_many_is_named(
    load_text: LoadText,
    small: str,
    table: tuple[str, str],
    rows: list[dict[str, Any]],
    words: str,
) -> None:
    lab = load_text(small + "start: [{bgp_sessions: all}]\n")
    assert judged(lab, sessions(lab) | {table: rows}) == Seen(False, words)


def test_sessions_by_name_are_looked_up_in_the_vrf(load_text: LoadText, small: str) -> None:
    lab = load_text(small + "start: [{bgp_sessions: {pe1: ce1, ce1: pe1}, vpn: red}]\n")
    assert judged(lab, sessions(lab)) == Seen(True, "2 sessions")
    assert watched_words(lab.file.start[0]) == "BGP sessions of pe1, ce1 in red"


def vpn_route(prefix: str, pe: str) -> dict[str, Any]:
    return {"prefix": prefix, "protocol": "ibgp", "next_hops": [{"type": "vpn", "via": pe}]}


def gateway(prefix: str, via: str) -> dict[str, Any]:
    return {"prefix": prefix, "protocol": "ebgp", "next_hops": [{"type": "gateway", "via": via}]}


OF_PE1 = [
    gateway("10.0.1.0/24", "172.16.0.6"),
    gateway("172.31.0.1/32", "172.16.0.6"),
    vpn_route("10.0.2.0/24", "10.255.0.2"),
    vpn_route("172.31.0.2/32", "10.255.0.2"),
    vpn_route("172.16.0.8/30", "10.255.0.2"),
]


@pytest.mark.parametrize(
    ("ways", "change", "seen"),
    [
        ("{10.0.2.0/24: pe2, 10.0.1.0/24: ce1}", [], Seen(True, "2 routes")),
        ("[10.0.2.0/24, 10.0.1.0/24]", [], Seen(True, "2 routes")),
        ("{10.0.2.0/24: ce1}", [], Seen(False, "pe1 reaches 10.0.2.0/24 by pe2, not ce1")),
        ("{10.0.1.0/24: pe2}", [], Seen(False, "pe1 reaches 10.0.1.0/24 by ce1, not pe2")),
        ("10.0.3.0/24", [], Seen(False, "pe1 misses 10.0.3.0/24")),
        (
            "{10.0.2.0/24: [pe1, pe2]}",
            [vpn_route("10.0.2.0/24", "10.9.9.9")],
            Seen(False, "pe1 reaches 10.0.2.0/24 by 10.9.9.9, not pe1 or pe2"),
        ),
    ],
)
def test_routes_of_a_vrf_lead_to_who_is_named(
    load_text: LoadText, small: str, ways: str, change: list[dict[str, Any]], seen: Seen
) -> None:
    lab = load_text(small + f"start: [{{routes: {{pe1: {ways}}}, vpn: red}}]\n")
    assert judged(lab, {("pe1", "red"): [*OF_PE1, *change]}) == seen


def test_the_way_that_is_asked_for_is_told(load_text: LoadText, small: str) -> None:
    text = "start: [{routes: {pe1: {10.0.2.0/24: [pe1, pe2]}, ce1: 10.0.2.0/24}, vpn: red}]\n"
    condition = load_text(small + text).file.start[0]
    assert watched_words(condition) == "routes of pe1 (10.0.2.0/24 by pe1 or pe2), ce1"


def test_all_routes_of_a_vrf_come_from_a_pe_that_can_tell_them(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(small + "start: [{routes: all}]\n")
    shown: Rows = {
        (router, vrf): [
            {"prefix": str(route.prefix), "protocol": "ospf", "metric": route.metric}
            for route in routes
        ]
        for (router, vrf), routes in lab.routes.routes().items()
    }
    for table, reached in lab.routes.reached().items():
        for prefix, by in reached.items():
            (name,) = by
            here = name == table[0]
            shown[table].append(
                gateway(str(prefix), "172.16.0.6" if table[0] == "pe1" else "172.16.0.10")
                if here
                else vpn_route(str(prefix), str(lab.layout.loopbacks[name]))
            )
    assert judged(lab, shown).ok
    (wrong,) = (row for row in shown["pe1", "red"] if row["prefix"] == "10.0.2.0/24")
    wrong["next_hops"] = [{"type": "gateway", "via": "172.16.0.6"}]
    assert judged(lab, shown) == Seen(False, "pe1 reaches 10.0.2.0/24 by ce1, not pe2")
