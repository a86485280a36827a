"""The Connector attribute on the wire, in three forms that differ in length.

RFC 6037 5.2.1 writes a type of two octets and the PE's address; another speaker writes the type in
four; Cisco IOS writes the type, the length of what follows, a route distinguisher and the address.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.wire.bgp.attributes import Connector, ConnectorForm
from controlplane.wire.bgp.route_distinguisher import RD_OCTETS, decode_rd, encode_rd
from controlplane.wire.reader import Reader

_TYPE: Final = 1
_ADDRESS_OCTETS: Final = 4
_LONG: Final = 2 + RD_OCTETS + _ADDRESS_OCTETS
"""A type, a route distinguisher and an address, whatever else there is."""
_NO_RD: Final = bytes(RD_OCTETS)


def encode_connector(connector: Connector) -> bytes:
    address = connector.address.packed
    match connector.form:
        case ConnectorForm.RFC6037:
            return _TYPE.to_bytes(2, "big") + address
        case ConnectorForm.FREERTR:
            return _TYPE.to_bytes(4, "big") + address
        case ConnectorForm.IOS:
            rd = _NO_RD if connector.rd is None else encode_rd(connector.rd)
            length = (RD_OCTETS + _ADDRESS_OCTETS).to_bytes(2, "big")
            return _TYPE.to_bytes(2, "big") + length + rd + address


def decode_connector(reader: Reader) -> Connector:
    """The address is last in all forms; the octets before it are not looked at but for an RD."""
    octets = reader.rest()
    head, address = octets[:-_ADDRESS_OCTETS], octets[-_ADDRESS_OCTETS:]
    match len(octets):
        case ConnectorForm.RFC6037 | ConnectorForm.FREERTR as length:
            return Connector(IPv4Address(address), ConnectorForm(length))
        case length if length >= _LONG:
            rd = head[-RD_OCTETS:]
            known = None if rd == _NO_RD else decode_rd(rd)
            return Connector(IPv4Address(address), ConnectorForm.IOS, known)
        case length:
            raise reader.error(f"a Connector of {length} octets")
