"""What `show` says of the routers of `lab.py`, with one receiver joined."""

from __future__ import annotations

import json

import pytest

from controlplane.router.show import NOUNS, Row, ShowError, show
from tests.router.lab import RECEIVER, join, started
from tests.router.wire import Network


@pytest.fixture(scope="module")
def network() -> Network:
    network = started()
    join(network, RECEIVER, "10.2.0.2")
    network.run(until=6.0)
    return network


def rows(network: Network, node: str, noun: str, vrf: str | None = None) -> list[Row]:
    return show(network.nodes[node].router, noun, vrf, network.now)


def pick(row: Row, *keys: str) -> Row:
    return {key: row[key] for key in keys}


def test_mroute_says_why_an_interface_is_in_the_outgoing_list(network: Network) -> None:
    (row,) = rows(network, "ce2", "mroute")
    assert pick(row, "source", "group", "state", "flags", "incoming", "rpf_neighbor") == {
        "source": "10.1.0.2",
        "group": "232.1.1.1",
        "state": "J",
        "flags": ["SSM", "connected", "SPT"],
        "incoming": "eth2",
        "rpf_neighbor": "10.2.9.1",
    }
    assert row["outgoing"] == [
        {
            "interface": "eth1",
            "why": ["local"],
            "state": "NI",
            "expires": None,
            "prune_pending": None,
        }
    ]
    assert row["uptime"] == 0.999


def test_mroute_of_a_vrf_names_the_pmsi_and_the_upstream_pe(network: Network) -> None:
    (row,) = rows(network, "pe2", "mroute", "red")
    assert pick(row, "vrf", "incoming", "rpf_neighbor") == {
        "vrf": "red",
        "incoming": "mdt-red",
        "rpf_neighbor": "10.255.0.1",
    }


def test_mvpn_says_profile_tunnels_and_who_is_heard_over_them(network: Network) -> None:
    (row,) = rows(network, "pe2", "mvpn tunnel")
    assert row == {
        "vrf": "red",
        "profile": "pim-gre-ssm-static",
        "number": None,
        "pmsi": "mdt-red",
        "root": "10.255.0.2",
        "group": "232.0.0.1",
        "tree": "(10.255.0.2, 232.0.0.1)",
        "branches": ["eth1", "eth3"],
        "registering": None,
        "pes": [
            {
                "pe": "10.255.0.1",
                "group": "232.0.0.1",
                "tree": "(10.255.0.1, 232.0.0.1)",
                "index": 1025,
                "incoming": "eth1",
                "accepted": [],
                "rpf_neighbor": "192.0.2.5",
                "pim_neighbor": True,
            },
            {
                "pe": "10.255.0.3",
                "group": "232.0.0.1",
                "tree": "(10.255.0.3, 232.0.0.1)",
                "index": 1026,
                "incoming": "eth3",
                "accepted": [],
                "rpf_neighbor": "192.0.2.10",
                "pim_neighbor": True,
            },
        ],
    }


def test_pim_neighbors_and_interfaces_of_all_vrfs_are_told_apart(network: Network) -> None:
    neighbors = [
        pick(row, "vrf", "interface", "neighbor") for row in rows(network, "pe3", "pim neighbor")
    ]
    assert neighbors == [
        {"vrf": "default", "interface": "eth1", "neighbor": "192.0.2.9"},
        {"vrf": "red", "interface": "mdt-red", "neighbor": "10.255.0.1"},
        {"vrf": "red", "interface": "mdt-red", "neighbor": "10.255.0.2"},
    ]
    interfaces = [
        pick(row, "vrf", "interface", "neighbors", "dr")
        for row in rows(network, "pe3", "pim interface")
    ]
    assert interfaces == [
        {"vrf": "default", "interface": "eth1", "neighbors": 1, "dr": "192.0.2.10"},
        {"vrf": "red", "interface": "eth2", "neighbors": 0, "dr": "10.3.0.1"},
        {"vrf": "red", "interface": "mdt-red", "neighbors": 2, "dr": "10.255.0.3"},
    ]


def test_igmp_groups_lists_the_sources_that_are_wanted(network: Network) -> None:
    (row,) = rows(network, "ce2", "igmp groups")
    assert pick(row, "interface", "group", "version", "last_reporter") == {
        "interface": "eth1",
        "group": "232.1.1.1",
        "version": 3,
        "last_reporter": "10.2.0.2",
    }
    assert row["sources"] == [{"source": "10.1.0.2", "expires": 259.001}]


def test_route_says_where_a_route_comes_from_and_leads_to(network: Network) -> None:
    found = {row["prefix"]: row for row in rows(network, "pe2", "route", "red")}
    assert pick(found["10.1.0.0/16"], "protocol", "preference", "type", "via", "lsp") == {
        "protocol": "ibgp",
        "preference": 200,
        "type": "vpn",
        "via": "10.255.0.1",
        "lsp": False,
    }
    assert pick(found["10.2.0.0/16"], "protocol", "type", "interface", "via") == {
        "protocol": "static",
        "type": "gateway",
        "interface": "eth2",
        "via": "10.2.9.2",
    }
    assert found["10.2.9.1/32"]["type"] == "local"
    assert found["10.2.9.0/30"]["type"] == "attached"


def test_forwarding_tells_the_copies_of_a_leaf_that_branches(network: Network) -> None:
    found = [row for row in rows(network, "pe2", "forwarding") if row["table"] == "multicast"]
    (customer,) = [row for row in found if row["vrf"] == "red"]
    assert customer["incoming"] == "mdt-red from 10.255.0.1"
    assert customer["copies"] == [
        {"interface": "eth2", "port": 2, "vlan": 0, "rewrite": "decapsulate"},
        {"interface": "eth3", "port": 3, "vlan": 0, "rewrite": "in place"},
    ]
    (tunnel,) = [row for row in found if row["source"] == "10.255.0.1"]
    assert tunnel["tail"] == "mdt-red from 10.255.0.1"


def test_forwarding_tells_into_which_tunnel_a_copy_goes(network: Network) -> None:
    (row,) = [
        row for row in rows(network, "pe1", "forwarding", "red") if row["table"] == "multicast"
    ]
    assert row["copies"] == [
        {
            "interface": "eth1",
            "port": 1,
            "vlan": 0,
            "rewrite": "encapsulate 10.255.0.1 > 232.0.0.1",
        }
    ]


def test_counters_say_what_engines_took_in_and_sent(network: Network) -> None:
    found = {(row["where"], row["counter"]): row["value"] for row in rows(network, "p", "counters")}
    assert found[("pim", "rx hello")] == found[("pim", "tx hello")]


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("node", ["ce1", "pe2", "p"])
def test_every_row_is_plain_json_and_names_its_vrf(network: Network, node: str, noun: str) -> None:
    found = rows(network, node, noun)
    assert json.loads(json.dumps(found)) == found
    assert {row["vrf"] for row in found} <= {"default", "red"}


@pytest.mark.parametrize(
    ("noun", "vrf", "message"),
    [
        (
            "mroutes",
            None,
            "nothing to show under 'mroutes'; there are arp, bfd log, bfd neighbor, ",
        ),
        ("mroute", "green", "no VRF 'green' on pe2; there are default, red"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(
    network: Network, noun: str, vrf: str | None, message: str
) -> None:
    with pytest.raises(ShowError) as caught:
        rows(network, "pe2", noun, vrf)
    assert str(caught.value).startswith(message)
