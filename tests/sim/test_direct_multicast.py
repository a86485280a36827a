"""Trees, shared tunnels and Registers without a pipeline: as with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

import pytest

from controlplane.fib.model import (
    REGISTERS,
    EncapsulateRegister,
    MulticastRoute,
    Port,
    Receive,
    Replica,
    Submit,
    Tail,
    TtlMode,
    TunnelRoot,
    UnicastRoute,
)
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.net.punt import PuntReason
from controlplane.p4rt.memory import MemoryTarget
from controlplane.sim.direct import DirectTarget
from controlplane.wire.ipv4 import ROUTER_ALERT, IpProtocol, Ipv4Packet
from tests.sim.test_direct import (
    FIB,
    LOOPBACK,
    MAC,
    ME,
    OTHER_MAC,
    SOURCE,
    Both,
    both,
    frame,
    ip,
    mpls,
    replica,
    tunnelled,
)

RP = IPv4Address("10.9.9.9")
STRANGER = IPv4Address("10.255.0.99")
SHARED, WATCHED, NATIVE, AT_RP, AT_LEAF = (f"239.1.1.{n}" for n in range(1, 6))
RANGE = "239.2.0.0/16"
OF_PE = 1025

HELLO = ip("224.0.0.13", IpProtocol.PIM, ttl=1)
REGISTER = bytes.fromhex("2100deff00000000")
NULL_REGISTER = bytes.fromhex("21009eff40000000")


def any_source(group: str, *iifs: int, **fields: object) -> MulticastRoute:
    copies = frozenset({replica(1), replica(2), replica(3, 7)})
    return MulticastRoute(
        0,
        AnySource(IPv4Network(group)),
        frozenset(iifs),
        fields.pop("replicas", copies),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )


def registering(*labels: int) -> frozenset[Replica]:
    rewrite = EncapsulateRegister(ME, RP, OTHER_MAC, labels)
    return frozenset({Replica(Port(2), MAC, rewrite), replica(3, 7)})


TREES: Final = frozenset(
    {
        any_source(SHARED, 1, LOOPBACK, tail=Tail(1, None)),
        any_source(WATCHED, 1, watch=True),
        any_source(RANGE, 1, 2),
        any_source(NATIVE, 1, LOOPBACK, replicas=registering()),
        any_source(AT_RP, REGISTERS, watch=True),
        any_source(AT_LEAF, REGISTERS, tail=Tail(1, OF_PE)),
        MulticastRoute(0, SourceGroup(SOURCE, IPv4Address("239.2.0.1")), frozenset(), frozenset()),
    }
)
WITH_TREES: Final = replace(
    FIB,
    unicast=FIB.unicast | {UnicastRoute(0, IPv4Network(RP), Receive())},
    multicast=TREES,
    tunnel_roots=frozenset({TunnelRoot(1, SOURCE, OF_PE)}),
)


def to(group: str, inner: Ipv4Packet, source: IPv4Address = SOURCE) -> Ipv4Packet:
    return replace(tunnelled(inner, source), destination=IPv4Address(group))


def register(inner: Ipv4Packet, header: bytes = REGISTER, **fields: object) -> Ipv4Packet:
    outer = replace(ip(str(RP), IpProtocol.PIM), payload=header + inner.encode())
    return replace(outer, **fields)  # type: ignore[arg-type]


def of_source(group: str, ttl: int = 64) -> Ipv4Packet:
    return ip(group, IpProtocol.UDP, source=SOURCE, ttl=ttl)


PACKETS = {
    "Hello in a shared tunnel": to(SHARED, HELLO),
    "Hello of a PE that is not known": to(SHARED, HELLO, STRANGER),
    "watched": of_source(WATCHED),
    "by a prefix": of_source("239.2.3.4"),
    "by the source's tree": of_source("239.2.0.1"),
    "no prefix": of_source("239.3.0.1"),
    "into a Register": of_source(NATIVE),
    "into a Register, with the last TTL": of_source(NATIVE, ttl=1),
    "Register": register(of_source(AT_RP)),
    "Register around a tunnel": register(to(AT_RP, HELLO)),
    "Register around the last TTL": register(of_source(AT_RP, ttl=1)),
    "Register of a tree without a use for it": register(of_source(NATIVE)),
    "Register of no tree": register(of_source("239.3.0.1")),
    "Register at a leaf of the tunnel inside": register(to(AT_LEAF, HELLO)),
    "Register around unicast": register(ip("10.2.0.1")),
    "Register around options": register(ip(AT_RP, options=ROUTER_ALERT)),
    "Register around nothing": register(HELLO, payload=REGISTER),
    "Register cut short": register(HELLO, payload=REGISTER[:7]),
    "Null-Register": register(ip(AT_RP, IpProtocol.PIM), NULL_REGISTER),
    "Register in fragments": register(of_source(AT_RP), more_fragments=True),
    "Register with options": register(of_source(AT_RP), options=ROUTER_ALERT),
    "Register-Stop": register(HELLO, payload=bytes.fromhex("2200ddff")),
    "Register to another": register(of_source(AT_RP), destination=IPv4Address("10.2.0.9")),
}


@pytest.fixture(scope="module")
def targets() -> Iterator[Both]:
    with closing(MemoryTarget()) as pipeline:
        yield DirectTarget(), pipeline


@pytest.mark.parametrize("port", [1, 2])
@pytest.mark.parametrize("name", PACKETS)
def test_a_packet_is_treated_as_by_the_pipeline(targets: Both, name: str, port: int) -> None:
    octets = frame(PACKETS[name])
    direct, pipeline = both(
        targets, TtlMode.UNIFORM, lambda target: target.process(port, octets, 0), WITH_TREES
    )
    assert direct == pipeline


@pytest.mark.parametrize("interface", [LOOPBACK, REGISTERS])
@pytest.mark.parametrize("name", [n for n, p in PACKETS.items() if p.destination.is_multicast])
def test_a_submitted_one_too(targets: Both, name: str, interface: int) -> None:
    submit = Submit(0, interface, frame(PACKETS[name]))
    direct, pipeline = both(
        targets, TtlMode.UNIFORM, lambda target: target.send(submit, 0), WITH_TREES
    )
    assert direct == pipeline


@pytest.mark.parametrize("labels", [(), (17,), (17, 18)])
@pytest.mark.parametrize("mode", TtlMode)
def test_the_way_to_the_rp_may_have_labels(
    targets: Both, mode: TtlMode, labels: tuple[int, ...]
) -> None:
    trees = frozenset({any_source(NATIVE, 1, replicas=registering(*labels))})
    octets = frame(of_source(NATIVE))
    fib = replace(FIB, multicast=trees)
    direct, pipeline = both(targets, mode, lambda target: target.process(1, octets, 0), fib)
    assert direct == pipeline
    assert len(direct[0]) == 2


@pytest.mark.parametrize("labels", [(0,), (0, 17)])
def test_a_register_may_come_with_labels(targets: Both, labels: tuple[int, ...]) -> None:
    octets = mpls(register(of_source(AT_RP)), *labels)
    direct, pipeline = both(
        targets, TtlMode.UNIFORM, lambda target: target.process(1, octets, 0), WITH_TREES
    )
    assert direct == pipeline


def test_a_hello_that_is_submitted_reaches_the_rp_s_tree_through_a_register() -> None:
    """Two routers: the root of a tunnel that has no branches yet, and the RP of the core."""
    root, rp = DirectTarget(), DirectTarget()
    root.set_fib(replace(FIB, multicast=frozenset({any_source(AT_RP, 9, replicas=registering())})))
    rp.set_fib(WITH_TREES)
    hello = to(AT_RP, HELLO, ME)
    ((_, registered), _), _ = root.send(Submit(0, 9, frame(hello)), 0)
    addressed = MAC.packed + registered[6:]
    copies, (shown,) = rp.process(1, addressed, 0)
    assert sorted(port for port, _ in copies) == [1, 2, 3]
    assert shown.reason is PuntReason.REGISTER_TAKEN
