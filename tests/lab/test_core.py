"""The provider's core in a lab file: what its routers are told, and what is expected of them."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from controlplane.cli.main import main
from controlplane.fib.model import TtlMode
from controlplane.lab.core_costs import CoreCosts
from controlplane.lab.judge.state import StateJudge
from controlplane.lab.load import Lab
from controlplane.lab.tables import Tables
from controlplane.lab.verdict import Seen
from controlplane.protocols.bfd.events import BfdSettings
from controlplane.protocols.ldp.events import Control, EgressLabel
from controlplane.protocols.ospf.events import (
    AreaKind,
    Md5Key,
    NetworkType,
    OspfSettings,
    TrafficEngineering,
)
from controlplane.rib.route import RouteProtocol
from controlplane.router.config import InterfaceConfig, Redistribution
from tests.lab.fake_world import FakeWorld

LoadText = Callable[[str], Lab]

AREA_1 = IPv4Address("0.0.0.1")
PROVIDER = """\
provider:
  ospf:
    areas: {0.0.0.1: {kind: nssa, summaries: false, default_cost: 5}}
    min_ls_interval: 0.5
    spf: {hold: 0.4}
  ldp: {control: ordered, egress_label: explicit-null, hello_interval: 1}
  bfd: {interval: 0.05, multiplier: 4}
  ttl: pipe
"""


def interface(lab: Lab, router: str, name: str) -> InterfaceConfig:
    items = lab.plan.routers[router].interfaces
    return next(item for item in items if item.interface.name == name)


def ospf(lab: Lab, router: str, name: str) -> OspfSettings:
    settings = interface(lab, router, name).ospf
    assert settings is not None
    return settings


def test_core_routers_run_ospf_and_ldp_without_being_asked(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    pe1 = lab.plan.routers["pe1"]
    assert pe1.ospf is not None
    assert pe1.ldp is not None
    assert (pe1.ospf.router_id, pe1.ldp.transport_address) == (pe1.router_id, pe1.router_id)
    assert interface(lab, "pe1", "eth1").ldp
    assert ospf(lab, "pe1", "eth1").ldp_sync
    assert not pe1.ldp.gtsm
    assert ospf(lab, "pe1", "lo0") == OspfSettings(cost=0)


def test_customers_see_nothing_of_it(load_text: LoadText, small: str) -> None:
    lab = load_text(small)
    of_red, ce1 = interface(lab, "pe1", "eth2"), lab.plan.routers["ce1"]
    assert (of_red.ospf, of_red.ldp, of_red.bfd) == (None, False, None)
    assert (ce1.ospf, ce1.ldp) == (None, None)
    assert all((item.ospf, item.ldp) == (None, False) for item in ce1.interfaces)


def test_settings_of_the_provider_reach_every_core_router(load_text: LoadText, small: str) -> None:
    text = small.replace("[p1, pe2]}", "[p1, pe2], area: 0.0.0.1}") + PROVIDER
    text = text.replace("pe2: {role: pe}", "pe2: {role: pe, area: 0.0.0.1}")
    lab = load_text(text)
    p1, pe1 = lab.plan.routers["p1"], lab.plan.routers["pe1"]
    assert p1.ospf is not None
    assert p1.ldp is not None
    assert pe1.ospf is not None
    assert [area.id for area in pe1.ospf.areas] == [IPv4Address(0)]
    backbone, nssa = p1.ospf.areas
    assert (backbone.kind, nssa.id) == (AreaKind.NORMAL, AREA_1)
    assert (nssa.kind, nssa.summaries, nssa.default_cost) == (AreaKind.NSSA, False, 5)
    assert (p1.ospf.min_ls_interval, p1.ospf.spf.hold, p1.ospf.min_ls_arrival) == (0.5, 0.4, 1.0)
    assert (p1.ldp.control, p1.ldp.egress_label) == (Control.ORDERED, EgressLabel.EXPLICIT_NULL)
    assert p1.ttl_mode is TtlMode.PIPE
    settings = BfdSettings(desired_min_tx=0.05, required_min_rx=0.05, detect_mult=4)
    assert interface(lab, "p1", "eth2").bfd == settings
    assert (ospf(lab, "p1", "eth2").area, ospf(lab, "p1", "eth2").bfd) == (AREA_1, True)
    pim = interface(lab, "p1", "eth2").pim
    assert pim is not None
    assert pim.bfd


def test_a_key_of_ldp_is_for_every_pair_of_core_routers(load_text: LoadText, small: str) -> None:
    lab = load_text(small + "provider: {ldp: {key: secret}}\n")
    loopbacks = lab.layout.loopbacks
    for name in ("pe1", "p1", "pe2"):
        ldp = lab.plan.routers[name].ldp
        assert ldp is not None
        others = {"pe1", "p1", "pe2"} - {name}
        assert ldp.md5_keys == {loopbacks[other]: b"secret" for other in others}


def test_targeted_peers_are_told_of_each_other(load_text: LoadText, small: str) -> None:
    more = "targeted: {pe1: pe2, p1: [pe1]}, targeted_hello_interval: 2, targeted_hello_hold: 7"
    lab = load_text(f"{small}provider: {{ldp: {{{more}}}}}\n")
    loopbacks = lab.layout.loopbacks
    peers = {"pe1": ["p1", "pe2"], "p1": ["pe1"], "pe2": ["pe1"]}
    for name, its in peers.items():
        ldp = lab.plan.routers[name].ldp
        assert ldp is not None
        assert ldp.targeted == tuple(loopbacks[peer] for peer in its)
        assert (ldp.targeted_hello_interval, ldp.targeted_hello_hold) == (2, 7)
        assert not ldp.accept_targeted


ACROSS = """\
provider:
  ospf: {min_ls_interval: 0.2, min_ls_arrival: 0.1, traffic_engineering: true}
  ldp: {hello_interval: 1, key: secret, targeted: {pe1: pe2}, targeted_hello_interval: 1}
routers: {pe1: {role: pe}, p1: {role: p}, pe2: {role: pe}}
links: [{ends: [pe1, p1]}, {ends: [p1, pe2]}]
start: [{ldp_sessions: all}]
"""


def test_peers_meet_across_the_core_and_sign_what_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = tmp_path / "lab.yaml"
    lab.write_text(ACROSS)
    assert main(["lab", "check", str(lab), "--target", "sim", "--record", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "pe1.jsonl")]) == 0
    told = capsys.readouterr().out.splitlines()
    between = [words for words in told if "10.255.0.3 > 10.255.0.1 TCP" in words]
    assert between
    assert all("signed" in words for words in between)


def test_traffic_engineering_is_told_of_links_between_core_routers(load_text: LoadText) -> None:
    text = """\
    routers: {pe1: {role: pe}, pe2: {role: pe}}
    hosts: {h1: {}}
    links: [{ends: [pe1, pe2]}, {ends: [pe1, h1]}]
    provider: {ospf: {traffic_engineering: true}}
    """
    lab = load_text(text)
    assert ospf(lab, "pe1", "eth1").traffic_engineering == TrafficEngineering()
    assert ospf(lab, "pe1", "eth2").traffic_engineering is None
    assert ospf(lab, "pe1", "lo0").traffic_engineering is None


def test_without_being_asked_for_there_is_no_key_no_target_and_no_traffic_engineering(
    load_text: LoadText, small: str
) -> None:
    lab = load_text(small)
    ldp = lab.plan.routers["pe1"].ldp
    assert ldp is not None
    assert (ldp.md5_keys, ldp.targeted) == ({}, ())
    assert ospf(lab, "pe1", "eth1").traffic_engineering is None


def test_an_end_has_the_last_word(load_text: LoadText, small: str) -> None:
    text = small.replace(
        "{ends: [pe1, p1]}",
        "{ends: {pe1: {ospf: {key: secret, hello_interval: 2}, ldp: false}, p1: {ospf: false}}}",
    )
    lab = load_text(text + "timers: {ospf: {hello_interval: 5, dead_interval: 20}}\n")
    settings = ospf(lab, "pe1", "eth1")
    assert (settings.hello_interval, settings.dead_interval) == (2, 20)
    assert settings.md5_keys == (Md5Key(id=1, key=b"secret"),)
    assert not interface(lab, "pe1", "eth1").ldp
    assert not settings.ldp_sync
    assert interface(lab, "p1", "eth1").ospf is None


@pytest.mark.parametrize(
    ("ends", "more", "network"),
    [
        ("[pe1, p1]", "", NetworkType.POINT_TO_POINT),
        ("[pe1, p1]", ", network: broadcast", NetworkType.BROADCAST),
        ("[pe1, p1, pe2]", "", NetworkType.BROADCAST),
    ],
)
def test_two_ends_are_point_to_point_unless_the_file_says_otherwise(
    load_text: LoadText, small: str, ends: str, more: str, network: NetworkType
) -> None:
    lab = load_text(small.replace("{ends: [pe1, p1]}", f"{{ends: {ends}{more}}}"))
    assert ospf(lab, "pe1", "eth1").network is network


def test_a_host_of_the_core_is_told_to_others_and_spoken_to_by_nobody(load_text: LoadText) -> None:
    text = """\
    routers: {pe1: {role: pe, redistribute: [static]}, pe2: {role: pe}}
    hosts: {h1: {}}
    links: [{ends: [pe1, pe2]}, {ends: [pe1, h1]}]
    """
    lab = load_text(text)
    assert ospf(lab, "pe1", "eth2").passive
    assert not interface(lab, "pe1", "eth2").ldp
    redistributed = Redistribution(protocol=RouteProtocol.STATIC)
    assert lab.plan.routers["pe1"].redistribute == (redistributed,)


# -- what is expected


def judged(lab: Lab, rows: dict[tuple[str, str], list[dict[str, Any]]], at: int = 0) -> Seen:
    def show(router: str, noun: str, vrf: str | None, now: float) -> list[dict[str, Any]]:
        return rows.get((router, noun), [])

    judge = StateJudge(lab.layout, lab.routes)
    return judge.judge(lab.file.start[at], Tables(FakeWorld(show)))


def ospf_row(address: str, state: str = "Full") -> dict[str, Any]:
    return {"neighbor": "192.0.2.9", "address": address, "state": state}


START = "start: [{ospf_neighbors: all}, {ldp_sessions: all}, {bfd_sessions: all}]\n"
STRANGER = ospf_row("10.9.9.9")


def adjacencies(lab: Lab) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What the routers show when all is well."""
    return {
        (router, "ospf neighbor"): [
            ospf_row(str(other.address.ip))
            for own in lab.layout.ends[router]
            for other in lab.layout.neighbors(own)
            if lab.layout.link[own.link].core
        ]
        for router in lab.plan.routers
    }


def test_all_adjacencies_are_those_of_the_topology(load_text: LoadText, small: str) -> None:
    lab = load_text(small + START)
    assert judged(lab, adjacencies(lab)) == Seen(True, "4 adjacencies")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [], "pe2 misses p1"),
        (lambda rows: [rows[0] | {"state": "Exchange"}], "pe2 misses p1"),
        (lambda rows: [*rows, STRANGER], "pe2 has 10.9.9.9, 192.0.2.9"),
    ],
)
def test_an_adjacency_too_few_or_too_many_is_named(
    load_text: LoadText, small: str, change: Callable[[list[Any]], list[Any]], words: str
) -> None:
    lab = load_text(small + START)
    rows = adjacencies(lab)
    rows["pe2", "ospf neighbor"] = change(rows["pe2", "ospf neighbor"])
    assert judged(lab, rows) == Seen(False, words)


def test_ldp_sessions_are_between_routers_not_links(load_text: LoadText, small: str) -> None:
    lab = load_text(small + START)
    ids = {name: str(address) for name, address in lab.layout.loopbacks.items()}
    peers = {"pe1": ["p1"], "p1": ["pe1", "pe2"], "pe2": ["p1"]}
    rows = {
        (router, "ldp neighbor"): [{"neighbor": ids[peer], "state": "Operational"} for peer in its]
        for router, its in peers.items()
    }
    assert judged(lab, rows, at=1) == Seen(True, "4 sessions")
    rows["pe2", "ldp neighbor"] = [{"neighbor": ids["p1"], "state": "Opensent"}]
    assert judged(lab, rows, at=1) == Seen(False, "pe2 misses p1")


def test_targeted_peers_have_a_session_too(load_text: LoadText, small: str) -> None:
    lab = load_text(f"{small}provider: {{ldp: {{targeted: {{pe1: pe2}}}}}}\n{START}")
    assert judged(lab, {}, at=1) == Seen(
        False,
        "pe1 misses p1, pe1 misses pe2, pe2 misses p1, pe2 misses pe1, p1 misses pe1, "
        "p1 misses pe2",
    )


def test_without_bfd_no_session_is_expected(load_text: LoadText, small: str) -> None:
    assert judged(load_text(small + START), {}, at=2) == Seen(True, "0 sessions")


CORE_ALONE = """\
routers: {pe1: {role: pe}, p1: {role: p}, pe2: {role: pe}}
links: [{ends: [pe1, p1]}, {ends: [p1, pe2]}]
start: [{routes: all}]
"""


def test_a_route_that_is_not_the_shortest_does_not_pass(load_text: LoadText) -> None:
    lab = load_text(CORE_ALONE)
    rows = {
        (router, "route"): [
            {"prefix": str(route.prefix), "protocol": "ospf", "metric": route.metric}
            for (name, _), routes in lab.routes.routes().items()
            for route in routes
            if name == router
        ]
        for router in lab.plan.routers
    }
    assert judged(lab, rows).ok
    rows["pe1", "route"][0]["metric"] = 65545
    seen = judged(lab, rows)
    prefix = rows["pe1", "route"][0]["prefix"]
    assert seen == Seen(False, f"pe1 reaches {prefix} at cost 65545, not 10")


TWO_AREAS = """\
routers: {a: {role: p}, b: {role: p}, c: {role: p, area: 0.0.0.1}, d: {role: p}}
links:
  - {name: slow, ends: [a, b], cost: 100}
  - {ends: [a, c], area: 0.0.0.1}
  - {ends: [c, b], area: 0.0.0.1}
  - {ends: [b, d]}
start: [{routes: all}]
"""


@pytest.mark.parametrize(
    ("source", "target", "cost"),
    [
        ("a", "b", 100),  # not through the other area
        ("a", "d", 110),
        ("a", "c", 10),
        ("d", "c", 20),  # as b tells the backbone
        ("c", "b", 10),  # as b tells area 1, and not a
        ("c", "d", 20),
        ("d", "a", 110),
    ],
)
def test_a_network_costs_what_it_does_area_by_area(
    load_text: LoadText, source: str, target: str, cost: int
) -> None:
    """RFC 2328 16.2."""
    lab = load_text(TWO_AREAS)
    loopback = IPv4Network(lab.layout.loopbacks[target])
    assert CoreCosts(lab.layout, frozenset()).all()[source, loopback] == cost


def test_without_the_backbone_an_area_is_alone(load_text: LoadText) -> None:
    lab = load_text(TWO_AREAS)
    costs = CoreCosts(lab.layout, frozenset({"slow", "b-d"})).all()
    far = IPv4Network(lab.layout.loopbacks["d"])
    assert [router for router, prefix in costs if prefix == far] == ["d"]
