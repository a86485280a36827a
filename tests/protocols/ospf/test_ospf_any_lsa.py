"""Whatever a neighbour floods or sends, the engine goes on: nothing raises, and routes are made."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import pytest

from controlplane.engine.engine import PacketReceived
from controlplane.protocols.ospf.events import BACKBONE, AreaKind, AreaSettings, OspfConfig
from controlplane.protocols.ospf.interface import ALL_SPF_ROUTERS
from controlplane.wire.ospf.lsa import LsaHeader, LsaKey, LsType, ls_checksum
from controlplane.wire.ospf.message import OspfType, encode_packet
from tests.protocols.ospf.network import P2P, Network

A, B = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
ONE = IPv4Address("0.0.0.1")
FEW = [A, B, IPv4Address("192.0.2.3"), IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")]


def border() -> Network:
    """a is a border of the backbone and an NSSA, b its neighbour in both."""
    areas = (AreaSettings(id=BACKBONE), AreaSettings(id=ONE, kind=AreaKind.NSSA))
    network = Network()
    for name, router_id in (("a", A), ("b", B)):
        network.router(name, str(router_id), OspfConfig(router_id=router_id, areas=areas))
    network.link("a", "b")
    network.link("b", "a", settings=replace(P2P, area=ONE))
    network.run(20)
    return network


def receive(network: Network, link: str, kind: OspfType, body: bytes) -> None:
    area = BACKBONE if link == "a-b" else ONE
    network.tell(
        "a",
        PacketReceived(
            interface=link,
            source=network.links[link].ends["b"].ip,
            destination=ALL_SPF_ROUTERS,
            payload=encode_packet(kind, B, area, body),
        ),
    )


def any_lsa(rng: Random) -> bytes:
    """An LSA with a right checksum and length, about few routers, that says anything."""
    body = bytes(rng.choice((0, 0, 1, 2, 3, 10, 192, 255)) for _ in range(rng.randint(0, 60)))
    body = rng.choice((body, body[: len(body) // 4 * 4], bytes(3) + b"\x01" + _links(rng)))
    header = LsaHeader(
        age=rng.choice((0, 5, 3599, 3600, 0xFFFF)),
        options=rng.getrandbits(8),
        ls_type=rng.choice(list(LsType)),
        link_state_id=rng.choice(FEW),
        advertising_router=rng.choice(FEW),
        sequence_number=rng.choice((-0x80000000, -0x7FFFFFFF, 5, 6, 0x7FFFFFFE, 0x7FFFFFFF)),
        checksum=0,
        length=20 + len(body),
    )
    checksum = ls_checksum(header.encode() + body)
    return replace(header, checksum=checksum).encode() + body


def _links(rng: Random) -> bytes:
    """One link of a router-LSA."""
    ids = rng.choice(FEW).packed + rng.choice((*FEW, IPv4Address("255.255.255.0"))).packed
    return ids + bytes((rng.randint(1, 4), 0)) + rng.choice((0, 1, 0xFFFF)).to_bytes(2, "big")


@pytest.mark.parametrize("seed", range(10))
def test_lsas_that_say_anything_are_survived_and_what_is_own_is_set_right(seed: int) -> None:
    rng, network = Random(seed), border()
    for _ in range(150):
        lsas = [any_lsa(rng) for _ in range(rng.randint(1, 3))]
        body = len(lsas).to_bytes(4, "big") + b"".join(lsas)
        receive(network, rng.choice(("a-b", "b-a")), OspfType.LINK_STATE_UPDATE, body)
        network.run(rng.choice((0.0, 0.1, 2.0)))
    network.run(100)
    (backbone, *_) = network.engines["a"].databases(network.now)
    own = {lsa.header.key: lsa for lsa in backbone.lsas if lsa.is_own}
    expected = network.engines["b"].databases(network.now)[0]
    assert own[LsaKey(LsType.ROUTER, A, A)].body in [lsa.body for lsa in expected.lsas]


@pytest.mark.parametrize("seed", range(10))
def test_packets_of_any_octets_are_survived(seed: int) -> None:
    rng, network = Random(seed), border()
    for _ in range(200):
        kind = rng.choice(list(OspfType))
        body = bytes(rng.choice((0, 1, 2, 7, 255)) for _ in range(rng.randint(0, 80)))
        receive(network, rng.choice(("a-b", "b-a")), kind, body)
        network.run(rng.choice((0.0, 0.1)))
    network.run(100)
    assert {neighbor.state for neighbor in network.engines["a"].neighbors(network.now)} == {"Full"}
