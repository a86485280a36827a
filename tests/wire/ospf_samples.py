"""OSPF messages that several tests look at: one of each LSA type, and one of each packet."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.wire.ospf.bodies import (
    ExternalLsa,
    LinkType,
    LsaBody,
    NetworkLsa,
    OpaqueLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from controlplane.wire.ospf.exchange import (
    DatabaseDescription,
    LinkStateAck,
    LinkStateRequest,
    LinkStateUpdate,
)
from controlplane.wire.ospf.hello import Hello
from controlplane.wire.ospf.lsa import INITIAL_SEQUENCE_NUMBER, Lsa, LsType
from controlplane.wire.ospf.message import OspfBody, OspfPacket
from controlplane.wire.ospf.options import Options
from controlplane.wire.ospf.te import (
    TE_OPAQUE_TYPE,
    TeLink,
    TeLinkType,
    TeRouterAddress,
    opaque_id,
)

ME: Final = IPv4Address("192.0.2.1")
YOU: Final = IPv4Address("192.0.2.2")
AREA: Final = IPv4Address("0.0.0.7")
NETWORK: Final = IPv4Address("10.1.2.0")
MASK: Final = IPv4Address("255.255.255.0")
NO_APPLICATION: Final = 200
"""RFC 5250 7: opaque types from 128 on are for private use."""


def lsa(ls_type: LsType, link_state_id: IPv4Address, body: LsaBody, options: int = 0x02) -> Lsa:
    return Lsa.make(
        options=options,
        ls_type=ls_type,
        link_state_id=link_state_id,
        advertising_router=ME,
        sequence_number=INITIAL_SEQUENCE_NUMBER,
        body=body,
        age=1,
    )


def link(kind: LinkType, link_id: IPv4Address, link_data: IPv4Address, metric: int) -> RouterLink:
    return RouterLink(type=kind, link_id=link_id, link_data=link_data, metric=metric)


ROUTER = lsa(
    LsType.ROUTER,
    ME,
    RouterLsa(
        links=(
            link(LinkType.POINT_TO_POINT, YOU, IPv4Address("10.0.0.1"), 10),
            link(LinkType.TRANSIT, IPv4Address("10.0.1.2"), IPv4Address("10.0.1.1"), 20),
            link(LinkType.STUB, NETWORK, MASK, 65535),
            link(LinkType.VIRTUAL, YOU, IPv4Address("10.0.0.1"), 1),
        ),
        area_border=True,
        as_boundary=True,
        virtual_endpoint=True,
        nssa_translator=True,
    ),
)
NETWORK_LSA = lsa(
    LsType.NETWORK, IPv4Address("10.0.1.2"), NetworkLsa(mask=MASK, attached_routers=(ME, YOU))
)
SUMMARY = lsa(LsType.SUMMARY_NETWORK, NETWORK, SummaryLsa(mask=MASK, metric=0xABCDEF))
ASBR = lsa(LsType.SUMMARY_ASBR, YOU, SummaryLsa(metric=30))
EXTERNAL = lsa(
    LsType.AS_EXTERNAL, NETWORK, ExternalLsa(mask=MASK, metric=20, type2=True, tag=0xD0000001)
)
NSSA = lsa(
    LsType.NSSA_EXTERNAL,
    NETWORK,
    ExternalLsa(mask=MASK, metric=5, type2=False, forwarding_address=IPv4Address("10.0.0.1")),
    options=Options.NP,
)
TE_ROUTER = lsa(
    LsType.OPAQUE_AREA,
    opaque_id(TE_OPAQUE_TYPE, 0),
    OpaqueLsa(data=TeRouterAddress(ME).encode()),
    options=Options.E | Options.O,
)
TE_LINK = TeLink(
    link_type=TeLinkType.POINT_TO_POINT,
    link_id=YOU,
    local_addresses=(IPv4Address("10.0.0.1"),),
    remote_addresses=(IPv4Address("10.0.0.2"),),
    metric=10,
    maximum_bandwidth=125e6,
    maximum_reservable_bandwidth=100e6,
    unreserved_bandwidth=(100e6,) * 7 + (0.0,),
    administrative_group=5,
)
TE = lsa(
    LsType.OPAQUE_AREA,
    opaque_id(TE_OPAQUE_TYPE, 1),
    OpaqueLsa(data=TE_LINK.encode()),
    options=Options.E | Options.O,
)
OPAQUE_LINK = lsa(LsType.OPAQUE_LINK, opaque_id(NO_APPLICATION, 1), OpaqueLsa(data=b"four"))
OPAQUE_AS = lsa(LsType.OPAQUE_AS, opaque_id(NO_APPLICATION, 2), OpaqueLsa(data=b""))

LSAS: Final = (
    ROUTER,
    NETWORK_LSA,
    SUMMARY,
    ASBR,
    EXTERNAL,
    NSSA,
    TE_ROUTER,
    TE,
    OPAQUE_LINK,
    OPAQUE_AS,
)

HELLO = Hello(
    network_mask=MASK,
    hello_interval=10,
    options=Options.E,
    priority=1,
    dead_interval=40,
    designated_router=IPv4Address("10.0.1.2"),
    backup_designated_router=IPv4Address("10.0.1.1"),
    neighbors=(YOU,),
)
DESCRIPTION = DatabaseDescription(
    mtu=1500,
    options=Options.E | Options.O,
    sequence_number=0xFFFFFFFF,
    more=True,
    master=True,
    headers=tuple(lsa.header for lsa in LSAS),
)
REQUEST = LinkStateRequest(keys=tuple(lsa.key for lsa in LSAS))
UPDATE = LinkStateUpdate(lsas=LSAS)
ACK = LinkStateAck(headers=(ROUTER.header, TE.header))

BODIES: Final[tuple[OspfBody, ...]] = (HELLO, DESCRIPTION, REQUEST, UPDATE, ACK)


def packet(body: OspfBody) -> OspfPacket:
    return OspfPacket(router_id=ME, area_id=AREA, body=body)
