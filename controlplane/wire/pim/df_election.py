"""DF election messages (RFC 5015 3.7): who forwards between a link and a rendezvous point.

They begin alike, and their second octet (beside the version and the type of the PIM header) says
which of the four one is.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |PIM Ver| Type  |Subtype| Rsvd  |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |               RP Address (Encoded-Unicast format)           ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                   Sender Metric Preference                    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Sender Metric                          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final, Self, TypeAlias

from controlplane.wire.pim.address import decode_own_unicast, encode_unicast
from controlplane.wire.reader import Reader


class DfSubtype(IntEnum):
    OFFER = 1
    WINNER = 2
    BACKOFF = 3
    PASS = 4


@dataclass(frozen=True, slots=True, order=True)
class DfMetric:
    """Metric preference, then metric, of a router's route to the RP; the lower is the better."""

    preference: int
    metric: int

    def encode(self) -> bytes:
        return self.preference.to_bytes(4, "big") + self.metric.to_bytes(4, "big")

    @classmethod
    def decode(cls, reader: Reader) -> Self:
        return cls(reader.u32(), reader.u32())


INFINITE_METRIC: Final = DfMetric(0xFFFF_FFFF, 0xFFFF_FFFF)
"""RFC 5015 3.5.2: of a router that has no route to the RP, or has it through this link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """What all four have: the rendezvous point, and the sender's metric to it."""

    rp_address: IPv4Address
    sender: DfMetric

    def encode(self) -> bytes:
        """What is behind the header, in which the subtype is."""
        return encode_unicast(self.rp_address) + self.sender.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(_Common):
    """The sender would be the forwarder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner(_Common):
    """The sender is the forwarder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff(_Common):
    """The forwarder hears a better offer, and will pass on its duty after an interval.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |              Offering Address (Encoded-Unicast format)      ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                  Offering Metric Preference                   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                       Offering Metric                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            Interval           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

    `interval` is in milliseconds.
    """

    offering_address: IPv4Address
    offering: DfMetric
    interval: int

    def encode(self) -> bytes:
        offering = encode_unicast(self.offering_address) + self.offering.encode()
        return _Common.encode(self) + offering + self.interval.to_bytes(2, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(_Common):
    """The forwarder has passed its duty on.

    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |              New Winner Address (Encoded-Unicast format)    ...
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 New Winner Metric Preference                  |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      New Winner Metric                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    """

    new_winner_address: IPv4Address
    new_winner: DfMetric

    def encode(self) -> bytes:
        new_winner = encode_unicast(self.new_winner_address) + self.new_winner.encode()
        return _Common.encode(self) + new_winner


DfMessage: TypeAlias = Offer | Winner | Backoff | Pass

_SUBTYPES: Final = {
    Offer: DfSubtype.OFFER,
    Winner: DfSubtype.WINNER,
    Backoff: DfSubtype.BACKOFF,
    Pass: DfSubtype.PASS,
}


def subtype_octet(message: DfMessage) -> int:
    """The second octet of the header."""
    return _SUBTYPES[type(message)] << 4


def decode_df_message(reader: Reader, octet: int) -> DfMessage:
    """What is behind the header; `octet` is the header's second."""
    rp_address, sender = decode_own_unicast(reader, "RP"), DfMetric.decode(reader)
    message: DfMessage
    match octet >> 4:
        case DfSubtype.OFFER:
            message = Offer(rp_address=rp_address, sender=sender)
        case DfSubtype.WINNER:
            message = Winner(rp_address=rp_address, sender=sender)
        case DfSubtype.BACKOFF:
            message = Backoff(
                rp_address=rp_address,
                sender=sender,
                offering_address=decode_own_unicast(reader, "offering router"),
                offering=DfMetric.decode(reader),
                interval=reader.u16(),
            )
        case DfSubtype.PASS:
            message = Pass(
                rp_address=rp_address,
                sender=sender,
                new_winner_address=decode_own_unicast(reader, "new winner"),
                new_winner=DfMetric.decode(reader),
            )
        case unknown:
            raise reader.error(f"unknown DF election subtype {unknown}")
    reader.finish()
    return message
