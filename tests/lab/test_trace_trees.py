"""`mvpn trace` of trees of any source, bidirectional ones, shared tunnels, and Registers.

The demo lab, in which some switches have been given other routes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import pytest

from controlplane.fib.model import (
    REGISTERS,
    Decapsulate,
    EncapsulateRegister,
    Fib,
    InPlace,
    MulticastRoute,
    Onward,
    Port,
    Replica,
    Tail,
    TunnelRoot,
)
from controlplane.lab.load import Lab, load
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup
from tests.lab.test_trace import Played, text

LABS: Final = Path(__file__).parents[2] / "mininet" / "labs"
SOURCE, GROUP = "10.1.1.10", "239.1.1.1"
STREAM: Final = f"({SOURCE}, {GROUP})"
ANY: Final = AnySource.of(IPv4Address(GROUP))
ANYWHERE = MacAddress(0)
RP = IPv4Address("10.1.2.1")
PE1 = IPv4Address("192.0.2.1")


@pytest.fixture(scope="module")
def rosen(demo: Lab) -> Played:
    return Played(demo)


def interface(played: Played, router: str, name: str) -> int:
    interfaces = (item.interface for item in played.lab.plan.routers[router].interfaces)
    return next(one.index for one in interfaces if one.name == name)


def mac(played: Played, router: str, name: str) -> MacAddress:
    interfaces = (item.interface for item in played.lab.plan.routers[router].interfaces)
    found = next(one.mac for one in interfaces if one.name == name)
    assert found is not None
    return found


def with_route(fib: Fib, route: MulticastRoute) -> Fib:
    others = frozenset(r for r in fib.multicast if (r.vrf, r.tree) != (route.vrf, route.tree))
    return replace(fib, multicast=others | {route})


def bidirectional(played: Played, router: str, vrf: int, *names: str) -> Fib:
    """The router takes the group on these interfaces, and sends it on all of them."""
    ports = {i.interface.name: i.interface.port for i in played.lab.plan.routers[router].interfaces}
    copies = (Replica(Port(ports[name] or 0), ANYWHERE, InPlace()) for name in names)
    iifs = frozenset(interface(played, router, name) for name in names)
    return with_route(played.fibs[router], MulticastRoute(vrf, ANY, iifs, frozenset(copies)))


def test_any_source_and_the_other_accepted_interfaces(rosen: Played) -> None:
    ce = bidirectional(rosen, "red-ce1", 0, "eth1", "eth2")
    pe1 = bidirectional(rosen, "pe1", 1, "eth3")
    assert rosen.trace("red-ce1", "default", STREAM, **{"red-ce1": ce, "pe1": pe1}) == text(
        f"""
        red-ce1, from eth1: {STREAM}
        │ (*, {GROUP}) from eth1, eth2
        └─ eth2: as it is to red-src
        """
    )
    assert rosen.trace("pe1", "red", STREAM, **{"red-ce1": ce, "pe1": pe1}) == text(
        f"""
        pe1, from eth3: {STREAM}
          (*, {GROUP}) from eth3
          nobody to send it to
        """
    )


def test_an_interface_that_is_not_accepted_fails_the_rpf_check(rosen: Played) -> None:
    ce = bidirectional(rosen, "red-ce1", 0, "eth2")
    to_ce = frozenset({Replica(Port(3), ANYWHERE, InPlace())})
    from_blue = frozenset({interface(rosen, "pe1", "eth4")})
    pe1 = with_route(rosen.fibs["pe1"], MulticastRoute(1, ANY, from_blue, to_ce))
    trace = rosen.trace("pe1", "red", STREAM, **{"red-ce1": ce, "pe1": pe1})
    assert trace.endswith(f"(*, {GROUP}) from eth2\n     RPF check failed")


class TestSharedTunnel:
    """The PEs have one tree; what PE1 sends comes to PE3 out of it in PE1's name."""

    SHARED: Final = AnySource.of(IPv4Address("232.10.0.1"))
    OF_PE1 = 4000

    def fib(self, played: Played, *copies: Replica, roots: bool = True) -> Fib:
        pe3 = played.fibs["pe3"]
        core = frozenset({interface(played, "pe3", "eth1")})
        tunnel = MulticastRoute(0, self.SHARED, core, frozenset(), Tail(1, None))
        stream = MulticastRoute(1, ANY, frozenset({self.OF_PE1}), frozenset(copies))
        known = frozenset({TunnelRoot(1, PE1, self.OF_PE1)} if roots else ())
        return Fib(
            interfaces=pe3.interfaces,
            multicast=frozenset({tunnel, stream}),
            tunnel_roots=known,
        )

    def test_the_outer_source_says_whose_packet_it_is(self, rosen: Played) -> None:
        to_ce = Replica(Port(3), ANYWHERE, Decapsulate())
        trace = rosen.trace("pe3", "red", STREAM, pe3=self.fib(rosen, to_ce)).splitlines()
        assert trace[:4] == [
            f"pe3, from eth1: GRE (192.0.2.1, 232.10.0.1), {STREAM}",
            "│ (*, 232.10.0.1) from eth1, then look inside",
            f"│ (*, {GROUP}) from tunnel (192.0.2.1, 232.10.0.1)",
            "└─ eth3: out of GRE",
        ]

    def test_copies_along_another_pe_s_tree_are_not_made(self, rosen: Played) -> None:
        copies = (
            Replica(Port(3), ANYWHERE, Decapsulate()),
            Replica(Port(1), ANYWHERE, Onward(9999)),
        )
        trace = rosen.trace("pe3", "red", STREAM, pe3=self.fib(rosen, *copies)).splitlines()
        assert [line for line in trace if line[1:3] == "─ "] == ["└─ eth3: out of GRE"]

    def test_of_a_pe_that_is_not_known_nothing_is_taken(self, rosen: Played) -> None:
        fib = self.fib(rosen, Replica(Port(3), ANYWHERE, Decapsulate()), roots=False)
        trace = rosen.trace("p2", "default", "(192.0.2.1, 232.10.0.1)", pe3=fib)
        assert trace.endswith("VRF red gets what is inside")


class TestRegisters:
    """red-ce1 is the DR of the source, red-ce2 the RP: two sites of a VPN."""

    def ce1(self, played: Played) -> Fib:
        pe1 = mac(played, "pe1", "eth3")
        rewrite = EncapsulateRegister(IPv4Address("10.1.1.1"), RP, pe1)
        lan = frozenset({interface(played, "red-ce1", "eth2")})
        copies = frozenset({Replica(Port(1), ANYWHERE, rewrite)})
        stream = SourceGroup(IPv4Address(SOURCE), IPv4Address(GROUP))
        return with_route(played.fibs["red-ce1"], MulticastRoute(0, stream, lan, copies))

    def trace(self, played: Played, rp: Fib) -> str:
        """With N for labels, which LDP and BGP chose."""
        trace = played.trace(
            "red-ce1", "default", STREAM, **{"red-ce1": self.ce1(played), "red-ce2": rp}
        )
        return re.sub(r"\b(label|push|pop|swap|for) [\d/]+", r"\1 N", trace)

    def test_a_packet_goes_to_the_rp_and_down_its_tree(self, rosen: Played) -> None:
        down = frozenset({Replica(Port(2), ANYWHERE, InPlace())})
        tree = MulticastRoute(0, ANY, frozenset({REGISTERS}), down)
        register = f"Register 10.1.1.1 > 10.1.2.1, {STREAM}"
        assert self.trace(rosen, with_route(rosen.fibs["red-ce2"], tree)) == text(
            f"""
            red-ce1, from eth2: {STREAM}
            │ {STREAM} from eth2
            └─ eth1: into a Register 10.1.1.1 > 10.1.2.1
               pe1, from eth3: {register}
               │ route 10.1.2.0/24
               │ VPN path 192.0.2.2 label N: way 192.0.2.2/32
               └─ eth2: push N
                  p2, from eth1: label N, {register}
                  │ label N: way 192.0.2.2/32
                  └─ eth2: pop N
                     pe2, from eth2: label N, {register}
                     │ label N: pop, look up in VRF red
                     │ route 10.1.2.0/24: way 172.16.0.10 on eth3
                     └─ eth3: as it is
                        red-ce2, from eth1: {register}
                        │ route 10.1.2.1/32
                        │ (*, {GROUP}) from Registers
                        └─ eth2: out of the Register to red-r2a, red-r2b
            """
        )

    def test_a_register_without_a_tree_is_pim_s(self, rosen: Played) -> None:
        assert self.trace(rosen, rosen.fibs["red-ce2"]).endswith(
            "route 10.1.2.1/32\n              a Register for PIM of this router"
        )

    def test_at_the_rp_a_trace_may_start_with_what_registers_bring(self, rosen: Played) -> None:
        down = frozenset({Replica(Port(2), ANYWHERE, InPlace())})
        tree = MulticastRoute(0, ANY, frozenset({REGISTERS}), down)
        fib = with_route(rosen.fibs["red-ce2"], tree)
        assert rosen.trace("red-ce2", "default", STREAM, **{"red-ce2": fib}) == text(
            f"""
            red-ce2, from Registers: {STREAM}
            │ (*, {GROUP}) from Registers
            └─ eth2: out of the Register to red-r2a, red-r2b
            """
        )


@pytest.mark.parametrize(
    ("lab", "router", "goal", "entries", "hosts"),
    [
        pytest.param(
            "rosen-bidir",
            "ce1",
            "(10.1.1.10, 232.1.1.1)",
            ["into GRE 192.0.2.1 > 239.10.0.1", "(*, 239.10.0.1) from eth1, eth2, eth3"],
            {"r2", "r4"},
            id="up and down a bidirectional P-tunnel",
        ),
        pytest.param(
            "c-rp-at-customer",
            "red-ce2",
            "(10.1.1.10, 239.1.1.1)",
            ["red-ce2, from Registers", "into GRE 192.0.2.2 > 232.10.0.1", "(*, 239.1.1.1) from"],
            {"red-r2", "red-r3"},
            id="from the RP down the shared tree, over the MDT",
        ),
    ],
)
def test_a_packet_is_followed_to_its_receivers_in_the_labs(
    lab: str, router: str, goal: str, entries: list[str], hosts: set[str]
) -> None:
    found = Played(load(LABS / f"{lab}.yaml")).trace(router, "default", goal)
    assert [entry for entry in entries if entry not in found] == []
    assert set(re.findall(r" to ([\w-]+)$", found, re.MULTILINE)) == hosts
