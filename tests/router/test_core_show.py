"""What `show` says of the routers of `core.py`."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.cli.nouns import as_text
from controlplane.protocols.ospf.events import AreaKind, AreaSettings
from controlplane.rib.route import RouteProtocol
from controlplane.router.config import Redistribution, RouterConfig
from controlplane.router.show import NOUNS, Row, show
from tests.router.core import core_up, router, with_area
from tests.router.lab import gateway, route
from tests.router.wire import End, Network

STUB = AreaSettings(id=IPv4Address("0.0.0.1"), kind=AreaKind.STUB, summaries=False)


def boundary(config: RouterConfig) -> RouterConfig:
    return replace(config, redistribute=(Redistribution(protocol=RouteProtocol.STATIC),))


@pytest.fixture(scope="module")
def network() -> Network:
    """p2 is between the backbone and a stub area; pe1 tells a static route."""
    network = core_up(
        pe1=boundary,
        p2=with_area("0.0.0.1", STUB, 2),
        pe2=with_area("0.0.0.1", STUB, 0, 1, 2),
    )
    static = route("10.9.0.0/16", RouteProtocol.STATIC, gateway(2, "10.1.0.2"))
    network.routes("pe1", "default", RouteProtocol.STATIC, static)
    network.run(until=10.0)
    return network


def rows(network: Network, node: str, noun: str) -> list[Row]:
    return show(router(network, node), noun, None, network.now)


def pick(row: Row, *keys: str) -> Row:
    return {key: row[key] for key in keys}


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("node", ["pe1", "p2"])
def test_every_row_is_plain_json_and_has_a_text(network: Network, node: str, noun: str) -> None:
    found = rows(network, node, noun)
    assert json.loads(json.dumps(found)) == found
    assert {row["vrf"] for row in found} <= {"default"}
    assert as_text(noun, found)


def test_the_ospf_process_says_what_the_router_is_in_its_areas(network: Network) -> None:
    (row,) = rows(network, "p2", "ospf process")
    assert pick(row, "router_id", "area_border", "as_boundary", "as_lsas") == {
        "router_id": "192.0.2.3",
        "area_border": True,
        "as_boundary": False,
        "as_lsas": {"as-external": 1},
    }
    assert row["areas"] == [
        {
            "area": "0.0.0.0",
            "kind": "normal",
            "interfaces": 2,
            "adjacencies": 1,
            "lsas": {"router": 3, "summary-network": 3},
        },
        {
            "area": "0.0.0.1",
            "kind": "stub, no summaries",
            "interfaces": 1,
            "adjacencies": 1,
            "lsas": {"router": 2, "summary-network": 1},
        },
    ]


def test_the_ospf_process_counts_calculations_and_knows_the_last(network: Network) -> None:
    (row,) = rows(network, "p2", "ospf process")
    log = rows(network, "p2", "ospf spf")
    assert (row["spf_runs"], row["last_spf"]) == (len(log), log[-1]["age"])


def test_a_router_that_tells_static_routes_is_an_as_boundary_router(network: Network) -> None:
    (row,) = rows(network, "pe1", "ospf process")
    assert pick(row, "area_border", "as_boundary") == {"area_border": False, "as_boundary": True}


def test_mpls_forwarding_names_the_fec_of_each_label_but_of_explicit_null(
    network: Network,
) -> None:
    found = {row["label"]: row for row in rows(network, "p1", "mpls forwarding")}
    assert pick(found[0], "action", "in", "fec") == {
        "action": "pop and look up",
        "in": "default",
        "fec": None,
    }
    (to_pe1,) = (row for row in found.values() if row["fec"] == "192.0.2.1/32")
    assert to_pe1["next_hops"] == [
        {"interface": "eth1", "mac": "02:00:00:00:01:01", "label": "pop"}
    ]


def test_forwarding_has_the_same_entries_among_all_others(network: Network) -> None:
    labels = [row for row in rows(network, "p1", "forwarding") if row["table"] == "label"]
    without = [{**row, "fec": None} for row in rows(network, "p1", "mpls forwarding")]
    assert [{**row, "fec": None} for row in labels] == without


@pytest.mark.parametrize(
    "noun", ["ospf process", "ospf neighbor", "ldp neighbor", "ldp binding", "mpls forwarding"]
)
def test_where_a_protocol_does_not_run_there_is_nothing_of_it(noun: str) -> None:
    def without(config: RouterConfig) -> RouterConfig:
        items = (replace(item, ospf=None, ldp=False) for item in config.interfaces)
        return replace(config, ospf=None, ldp=None, interfaces=tuple(items))

    assert rows(core_up(p1=without), "p1", noun) == []


def test_a_log_tells_what_came_of_a_silent_failure_and_when() -> None:
    network = core_up()
    network.cut_wire(End("p1", 2))
    network.run(until=network.now + 1.0)
    *_, newest = rows(network, "p1", "bfd log")
    assert newest["text"] == (
        "session with 10.0.2.2 down on eth2: "
        "control detection time expired: nothing heard for 300 ms"
    )
    assert isinstance(newest["age"], float)
    assert 0.7 <= newest["age"] < 0.8
