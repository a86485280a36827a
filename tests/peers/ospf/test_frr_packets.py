"""Whatever FRR's ospfd sends, our codec reads, and writes again octet by octet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address

import pytest

from controlplane.engine.engine import PacketReceived
from controlplane.engine.time import Instant
from controlplane.wire.ipv4 import IpProtocol
from controlplane.wire.ospf.auth import CryptographicClaim
from controlplane.wire.ospf.bodies import OpaqueLsa
from controlplane.wire.ospf.exchange import LinkStateUpdate
from controlplane.wire.ospf.lsa import Lsa, LsType
from controlplane.wire.ospf.message import (
    HEADER_OCTETS,
    OspfHeader,
    OspfType,
    decode_header,
)
from controlplane.wire.ospf.te import (
    PRIORITIES,
    TE_OPAQUE_TYPE,
    TeLink,
    TeRouterAddress,
    decode_te,
    opaque_type,
)
from tests.peers.frr import Frr, missing_frr
from tests.peers.namespace import Namespace, lan
from tests.peers.ospf.configuration import FrrInterface, ospfd
from tests.peers.wire import Wire, eventually

pytestmark = pytest.mark.live

KEY = (7, "secret")
AREA = "0.0.0.1"
BORDER, INTERNAL = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
INTERNAL_ID = IPv4Address("2.2.2.2")


class Listener:
    """An engine that says nothing, and keeps the OSPF packets that it hears."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []

    def handle(self, event: object, now: Instant) -> list[object]:
        if isinstance(event, PacketReceived):
            self.payloads.append(event.payload)
        return []

    def advance(self, now: Instant) -> list[object]:
        raise AssertionError("no timer runs")

    def next_deadline(self) -> Instant | None:
        return None

    def headers(self) -> Iterator[OspfHeader]:
        return map(decode_header, self.payloads)

    def lsas(self) -> Iterator[Lsa]:
        for header in self.headers():
            body = header.decode_body()
            if isinstance(body, LinkStateUpdate):
                yield from body.lsas

    def traffic_engineering(self) -> Iterator[TeRouterAddress | TeLink]:
        """What was told, in the order in which it came."""
        for lsa in self.lsas():
            if isinstance(lsa.body, OpaqueLsa) and is_te(lsa):
                yield from decode_te(lsa.body.data)

    def te_links(self) -> dict[IPv4Address, TeLink]:
        """What was told last of the link of each address."""
        links = (told for told in self.traffic_engineering() if isinstance(told, TeLink))
        return {address: link for link in links for address in link.local_addresses}


@pytest.fixture(scope="module")
def heard(rights: None) -> Iterator[Listener]:
    """Two ASBRs of an NSSA with TE, one of them its ABR, on a link where all is multicast."""
    if (reason := missing_frr("ospfd")) is not None:
        pytest.skip(reason)
    with ExitStack() as stack:
        switch, one, other, ours = (stack.enter_context(Namespace()) for _ in range(4))
        lan(switch, {"p1": (one, "eth0"), "p2": (other, "eth0"), "p3": (ours, "eth0")})
        one.address("eth0", "10.0.0.1/24")
        one.address("lo", "10.9.0.1/32")
        other.address("eth0", "10.0.0.2/24")
        other.address("lo", "10.9.0.2/32")
        other.address("lo", "172.16.0.1/24")
        wire = stack.enter_context(Wire(Listener(), ours, protocols=(IpProtocol.OSPF,)))
        wire.up("eth0", "10.0.0.3/24")
        link = FrrInterface(name="eth0", area=AREA, key=KEY)
        backbone = FrrInterface(name="lo")
        border = ospfd("1.1.1.1", [link, backbone], *PROCESS)
        internal = ospfd("2.2.2.2", [link], "redistribute connected", *PROCESS)
        for node, configuration in ((one, border), (other, internal)):
            Frr(node, {"ospfd": configuration, "zebra": LINK_PARAMETERS})
        wanted = {LsType.ROUTER, LsType.SUMMARY_NETWORK, LsType.NSSA_EXTERNAL, LsType.OPAQUE_AREA}
        engine = wire.engine
        eventually(lambda: wanted <= {lsa.header.ls_type for lsa in engine.lsas()}, wire)
        eventually(lambda: set(OspfType) == {header.type for header in engine.headers()}, wire)
        eventually(lambda: is_whole(engine.te_links().get(BORDER)), wire)
        yield engine


def is_whole(link: TeLink | None) -> bool:
    """A link is told of before it is known where it leads."""
    return link is not None and (link.link_id, link.remote_addresses) == (INTERNAL_ID, (INTERNAL,))


def is_te(lsa: Lsa) -> bool:
    return opaque_type(lsa.header.link_state_id) == TE_OPAQUE_TYPE


LINK_PARAMETERS = """
interface eth0
 link-params
  enable
  metric 33
  admin-grp 0x5
 exit-link-params
exit
"""
PROCESS = (
    f"area {AREA} nssa",
    "capability opaque",
    "mpls-te on",
    "mpls-te router-address 10.9.0.1",
)


def test_every_packet_is_written_again_as_it_was(heard: Listener) -> None:
    assert set(OspfType) == {header.type for header in heard.headers()}
    for payload, header in zip(heard.payloads, heard.headers(), strict=True):
        assert header.decode_body().encode() == payload[HEADER_OCTETS:-16]


def test_every_signature_holds(heard: Listener) -> None:
    for header in heard.headers():
        assert isinstance(header.claim, CryptographicClaim)
        assert header.claim.key_id == KEY[0]
        assert header.claim.holds(KEY[1].encode())
        assert not header.claim.holds(b"another")


def test_every_lsa_has_a_checksum_that_we_work_out_too(heard: Listener) -> None:
    lsas = list(heard.lsas())
    assert all(lsa.checksum_ok() for lsa in lsas)
    for lsa in lsas:
        header = lsa.header
        again = Lsa.make(
            options=header.options,
            ls_type=LsType(header.ls_type),
            link_state_id=header.link_state_id,
            advertising_router=header.advertising_router,
            sequence_number=header.sequence_number,
            body=lsa.body,
            age=header.age,
        )
        assert again == lsa


def test_its_traffic_engineering_is_read(heard: Listener) -> None:
    assert TeRouterAddress(IPv4Address("10.9.0.1")) in [*heard.traffic_engineering()]
    link = heard.te_links()[BORDER]
    assert (link.link_id, link.remote_addresses) == (INTERNAL_ID, (INTERNAL,))
    assert (link.metric, link.administrative_group) == (33, 5)
    assert link.maximum_bandwidth is not None and link.maximum_bandwidth > 0
    assert link.unreserved_bandwidth == (link.maximum_reservable_bandwidth,) * PRIORITIES
