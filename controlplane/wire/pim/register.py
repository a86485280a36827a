"""Register and Register-Stop (RFC 7761 4.9.3, 4.9.4): a source's packets on their way to the RP.

A DR sends what a source sends to the RP, one packet a Register. The RP answers with a Register-Stop
when it needs no more of them. Before its Register-Suppression Timer runs out the DR asks again with
a Null-Register, which holds only a header: whose packets, and to whom.

The Border bit is deprecated: it is sent as zero and not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self

from controlplane.net.multicast import SourceGroup
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol, Ipv4Packet
from controlplane.wire.pim.address import EncodedGroup, decode_own_unicast, encode_unicast
from controlplane.wire.reader import Reader

_NULL: Final = 0x4000_0000
_CHECKSUM: Final = slice(10, 12)

ANY_SOURCE: Final = IPv4Address(0)
"""RFC 7761 4.9.4: a Register-Stop with this source is for every source of the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The body of a Register. `null` is the N bit; the packet is a dummy header then.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |B|N|                       Reserved2                           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    .                     Multicast data packet                     .
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    packet: Ipv4Packet
    null: bool = False

    @classmethod
    def null_of(cls, sg: SourceGroup) -> Self:
        """A Null-Register; RFC 7761 4.9.3 says what is in the dummy header."""
        return cls(
            packet=Ipv4Packet(
                source=sg.source, destination=sg.group, protocol=IpProtocol.PIM, payload=b""
            ),
            null=True,
        )

    @property
    def sg(self) -> SourceGroup:
        """Whose packet it is, and to whom."""
        return SourceGroup(self.packet.source, self.packet.destination)

    def encode(self) -> bytes:
        flags = _NULL if self.null else 0
        return flags.to_bytes(4, "big") + self.packet.encode()

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        null = bool(reader.u32() & _NULL)
        packet = _dummy_header(reader) if null else Ipv4Packet.decode(reader)
        return cls(packet=packet, null=null)


def _dummy_header(reader: Reader) -> Ipv4Packet:
    """RFC 7761 4.9.3: "a correct IP header checksum is sufficient", and zero "MUST NOT" be checked.

    The other fields "SHOULD NOT" be looked at, so those of a right dummy header stand for them.
    """
    header = reader.take(MINIMUM_HEADER)
    if any(header[_CHECKSUM]) and internet_checksum(header):
        raise reader.error("wrong checksum of the dummy header in a Null-Register")
    reader.rest()
    source, group = IPv4Address(header[12:16]), IPv4Address(header[16:20])
    return Register.null_of(SourceGroup(source, group)).packet


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStop:
    """The body of a Register-Stop; `source` is ANY_SOURCE for all sources of the group.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |             Group Address (Encoded-Group format)              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            Source Address (Encoded-Unicast format)            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    group: EncodedGroup
    source: IPv4Address

    def encode(self) -> bytes:
        return self.group.encode() + encode_unicast(self.source)

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        stop = cls(
            group=EncodedGroup.decode_own(reader), source=decode_own_unicast(reader, "source")
        )
        reader.finish()
        return stop
