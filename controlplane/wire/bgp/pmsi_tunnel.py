"""The PMSI Tunnel attribute (RFC 6514 5): which P-tunnel carries the PMSI of an A-D route.

+---------------------------------+
|  Flags (1 octet)                |
+---------------------------------+
|  Tunnel Type (1 octet)          |
+---------------------------------+
|  MPLS Label (3 octets)          |
+---------------------------------+
|  Tunnel Identifier (variable)   |
+---------------------------------+
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self, TypeAlias

from controlplane.net.label import Label
from controlplane.wire.reader import Reader

_LEAF_INFORMATION_REQUIRED: Final = 0x01

_P2MP: Final = 0x06
_MP2MP: Final = (0x07, 0x08)
_IPV4_FAMILY: Final = b"\0\1\4"
"""Address family 1, and the length of its addresses."""


@dataclass(frozen=True, slots=True)
class NoTunnel:
    """Type 0: nothing is said of a tunnel."""


@dataclass(frozen=True, slots=True)
class RsvpTeP2mp:
    """Type 1; the order on the wire is that of RFC 6514 5, not that of a SESSION object."""

    extended_tunnel_id: IPv4Address
    tunnel_id: int
    p2mp_id: int


@dataclass(frozen=True, slots=True)
class MldpP2mp:
    """Type 2: a P2MP FEC element (RFC 6388 2.2), as octets."""

    fec: bytes


@dataclass(frozen=True, slots=True)
class PimSsmTree:
    """Type 3."""

    root: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True)
class PimSmTree:
    """Type 4."""

    sender: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True)
class BidirPimTree:
    """Type 5."""

    sender: IPv4Address
    group: IPv4Address


@dataclass(frozen=True, slots=True)
class IngressReplication:
    """Type 6."""

    endpoint: IPv4Address


@dataclass(frozen=True, slots=True)
class MldpMp2mp:
    """Type 7: an MP2MP FEC element (RFC 6388 3.2), upstream or downstream, as octets."""

    fec: bytes


PTunnel: TypeAlias = (
    NoTunnel
    | RsvpTeP2mp
    | MldpP2mp
    | PimSsmTree
    | PimSmTree
    | BidirPimTree
    | IngressReplication
    | MldpMp2mp
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PmsiTunnel:
    """`label` 0: none. `leaf_information_required` is the L flag."""

    tunnel: PTunnel
    label: Label = 0
    leaf_information_required: bool = False

    def __str__(self) -> str:
        label = f" label {self.label}" if self.label else ""
        leaves = ", leaf information required" if self.leaf_information_required else ""
        return f"{_words(self.tunnel)}{label}{leaves}"

    def encode(self) -> bytes:
        kind, identifier = _encoded(self.tunnel)
        flags = _LEAF_INFORMATION_REQUIRED if self.leaf_information_required else 0
        return bytes((flags, kind)) + (self.label << 4).to_bytes(3, "big") + identifier

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        """DecodeError for a tunnel type or identifier that RFC 6514 5 calls malformed."""
        flags, kind, label = reader.u8(), reader.u8(), reader.uint(3) >> 4
        decode = _DECODERS.get(kind)
        if decode is None:
            raise reader.error(f"P-tunnel type {kind}")
        tunnel = decode(reader)
        required = bool(flags & _LEAF_INFORMATION_REQUIRED)
        return cls(tunnel=tunnel, label=label, leaf_information_required=required)


def _words(tunnel: PTunnel) -> str:
    match tunnel:
        case NoTunnel():
            return "no tunnel"
        case RsvpTeP2mp(extended_tunnel_id, tunnel_id, p2mp_id):
            return f"RSVP-TE P2MP {extended_tunnel_id} {tunnel_id} {p2mp_id}"
        case MldpP2mp(fec):
            return f"mLDP P2MP {fec.hex()}"
        case PimSsmTree(root, group):
            return f"PIM-SSM ({root}, {group})"
        case PimSmTree(sender, group):
            return f"PIM-SM {group} of {sender}"
        case BidirPimTree(sender, group):
            return f"BIDIR-PIM {group} of {sender}"
        case IngressReplication(endpoint):
            return f"ingress replication to {endpoint}"
        case MldpMp2mp(fec):
            return f"mLDP MP2MP {fec.hex()}"


def _encoded(tunnel: PTunnel) -> tuple[int, bytes]:
    match tunnel:
        case NoTunnel():
            return 0, b""
        case RsvpTeP2mp(extended_tunnel_id, tunnel_id, p2mp_id):
            numbers = bytes(2) + tunnel_id.to_bytes(2, "big") + p2mp_id.to_bytes(4, "big")
            return 1, extended_tunnel_id.packed + numbers
        case MldpP2mp(fec):
            return 2, fec
        case PimSsmTree(root, group):
            return 3, root.packed + group.packed
        case PimSmTree(sender, group):
            return 4, sender.packed + group.packed
        case BidirPimTree(sender, group):
            return 5, sender.packed + group.packed
        case IngressReplication(endpoint):
            return 6, endpoint.packed
        case MldpMp2mp(fec):
            return 7, fec


def _no_tunnel(_: Reader) -> NoTunnel:
    return NoTunnel()


def _rsvp_te_p2mp(reader: Reader) -> RsvpTeP2mp:
    extended_tunnel_id = reader.ipv4()
    reader.take(2)
    return RsvpTeP2mp(extended_tunnel_id, reader.u16(), reader.u32())


def _mldp_p2mp(reader: Reader) -> MldpP2mp:
    return MldpP2mp(_fec(reader, (_P2MP,)))


def _pim_ssm_tree(reader: Reader) -> PimSsmTree:
    return PimSsmTree(reader.ipv4(), reader.ipv4())


def _pim_sm_tree(reader: Reader) -> PimSmTree:
    return PimSmTree(reader.ipv4(), reader.ipv4())


def _bidir_pim_tree(reader: Reader) -> BidirPimTree:
    return BidirPimTree(reader.ipv4(), reader.ipv4())


def _ingress_replication(reader: Reader) -> IngressReplication:
    return IngressReplication(reader.ipv4())


def _mldp_mp2mp(reader: Reader) -> MldpMp2mp:
    return MldpMp2mp(_fec(reader, _MP2MP))


def _fec(reader: Reader, kinds: tuple[int, ...]) -> bytes:
    """RFC 6388 2.2: type, address family and length, root, length of the opaque value, and it."""
    kind, family = reader.take(1), reader.take(len(_IPV4_FAMILY))
    if kind[0] not in kinds or family != _IPV4_FAMILY:
        raise reader.error(f"FEC element {(kind + family).hex()}")
    root, length = reader.take(4), reader.take(2)
    opaque = reader.take(int.from_bytes(length, "big"))
    return kind + family + root + length + opaque


_DECODERS: Final[Mapping[int, Callable[[Reader], PTunnel]]] = {
    0: _no_tunnel,
    1: _rsvp_te_p2mp,
    2: _mldp_p2mp,
    3: _pim_ssm_tree,
    4: _pim_sm_tree,
    5: _bidir_pim_tree,
    6: _ingress_replication,
    7: _mldp_mp2mp,
}
