"""The queries that a router sends, as packets (RFC 3376 4.1, 7.3.1; RFC 2236 2).

A router that is set to version 1 or 2 sends queries of eight octets, with a Max Resp Time that is
linear, and zero in version 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.engine import SendPacket
from controlplane.engine.time import Duration
from controlplane.net.interface import Interface
from controlplane.net.multicast import ALL_SYSTEMS
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.wire.igmp import (
    ANY_GROUP,
    IgmpType,
    QueryV3,
    ShortMessage,
    value_code,
)
from controlplane.wire.ipv4 import MINIMUM_HEADER, ROUTER_ALERT, IpProtocol

_QUERY_HEADER: Final = 12
_MAX_QRV: Final = 7
_MAX_CODE: Final = 0xFF


class QueryWriter:
    """Queries of one interface, with its variables of the moment."""

    def __init__(self, interface: Interface, variables: IgmpSettings) -> None:
        self._interface = interface
        self._variables = variables

    def general(self) -> SendPacket:
        response = self._variables.query_response_interval
        return self._packet(ALL_SYSTEMS, self._query(ANY_GROUP, response))

    def group(self, group: IPv4Address, *, suppress: bool) -> SendPacket:
        """A Group-Specific Query."""
        response = self._variables.last_member_query_interval
        return self._packet(group, self._query(group, response, suppress=suppress))

    def sources(
        self, group: IPv4Address, sources: Sequence[IPv4Address], *, suppress: bool
    ) -> Iterator[SendPacket]:
        """Group-and-Source-Specific Queries, as many as the MTU asks for (RFC 3376 4.1.8)."""
        response = self._variables.last_member_query_interval
        room = self._interface.mtu - MINIMUM_HEADER - len(ROUTER_ALERT) - _QUERY_HEADER
        size = room // 4
        for start in range(0, len(sources), size):
            some = tuple(sources[start : start + size])
            yield self._packet(group, self._query(group, response, suppress=suppress, sources=some))

    def _query(
        self,
        group: IPv4Address,
        response: Duration,
        *,
        suppress: bool = False,
        sources: tuple[IPv4Address, ...] = (),
    ) -> ShortMessage | QueryV3:
        tenths = round(response * 10)
        if self._variables.version < 3:
            code = min(tenths, _MAX_CODE) if self._variables.version == 2 else 0
            return ShortMessage(kind=IgmpType.QUERY, group=group, max_response_code=code)
        robustness = self._variables.robustness
        return QueryV3(
            max_response_code=value_code(tenths),
            # RFC 3376 4.1.6: a robustness that the field cannot hold is sent as zero.
            robustness=robustness if robustness <= _MAX_QRV else 0,
            interval_code=value_code(round(self._variables.query_interval)),
            group=group,
            suppress=suppress,
            sources=sources,
        )

    def _packet(self, destination: IPv4Address, query: ShortMessage | QueryV3) -> SendPacket:
        return SendPacket(
            interface=self._interface.name,
            source=self._interface.address.ip,
            destination=destination,
            protocol=IpProtocol.IGMP,
            payload=query.encode(),
            router_alert=True,
        )
