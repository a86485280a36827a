"""VPN routes in `show forwarding` and in what a new Fib changes."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from random import Random

import pytest

from controlplane.cli.nouns import as_text
from controlplane.fib.model import (
    Adjacency,
    Fib,
    ForwardVpn,
    NextHopGroup,
    Nhlfe,
    Port,
    UnicastRoute,
    VpnPath,
)
from controlplane.net.label import IMPLICIT_NULL, Label
from controlplane.net.mac import MacAddress
from controlplane.router.fib_words import fib_changes
from controlplane.router.router import Router
from controlplane.router.show import Row, show
from tests.router.lab import configs

SITE = IPv4Network("10.2.0.0/16")
NAME, WAY = "10.255.0.2 label 24", "10.255.0.2/32"


@pytest.fixture
def pe3() -> Router:
    (config,) = (config for config in configs() if config.name == "pe3")
    return Router(config, Random(1))


def fib(way: str | None, label: Label | None = 17) -> Fib:
    """A route of red to PE2, behind a neighbour on eth1 that gave this label for it."""
    neighbor = Adjacency(Port(1), MacAddress(1), MacAddress(2))
    return Fib(
        unicast=frozenset({UnicastRoute(1, SITE, ForwardVpn(NAME))}),
        vpn_paths=frozenset({VpnPath(NAME, 24, way)}),
        groups=frozenset({NextHopGroup(WAY, frozenset({Nhlfe(neighbor, label)}))}),
    )


def shown(router: Router, fib: Fib) -> list[Row]:
    router.fib = fib
    return show(router, "forwarding", "red", 0.0)


@pytest.mark.parametrize(("label", "labels"), [(17, "17/24"), (IMPLICIT_NULL, "24")])
def test_a_vpn_route_shows_the_labels_that_leave(pe3: Router, label: Label, labels: str) -> None:
    rows = shown(pe3, fib(WAY, label))
    hop = {"interface": "eth1", "mac": "00:00:00:00:00:02", "label": labels}
    assert rows == [
        {
            "vrf": "red",
            "table": "unicast",
            "prefix": str(SITE),
            "action": "forward",
            "path": NAME,
            "way": WAY,
            "next_hops": [hop],
        }
    ]
    assert f"{labels} to eth1" in as_text("forwarding", rows)


def test_a_next_hop_without_a_label_is_none_of_a_vpn_route(pe3: Router) -> None:
    (row,) = shown(pe3, fib(WAY, None))
    assert (row["action"], row["next_hops"]) == ("forward", [])


def test_a_path_that_leads_nowhere_says_so(pe3: Router) -> None:
    rows = shown(pe3, fib(None))
    (row,) = rows
    assert (row["action"], row["next_hops"]) == ("PE out of reach", [])
    assert "PE out of reach" in as_text("forwarding", rows)


def test_a_new_fib_tells_of_paths_and_their_routes(pe3: Router) -> None:
    assert list(fib_changes(pe3, Fib(), replace(fib(WAY), groups=frozenset()))) == [
        f"+ VPN path {NAME}: push 24, way {WAY}",
        f"+ red {SITE} forward VPN {NAME}",
    ]


def test_the_death_of_a_pe_is_a_line_of_its_path(pe3: Router) -> None:
    assert list(fib_changes(pe3, fib(WAY), fib(None))) == [
        f"- VPN path {NAME}: push 24, way {WAY}",
        f"+ VPN path {NAME}: out of reach",
    ]
