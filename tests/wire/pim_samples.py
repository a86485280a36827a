"""PIM messages beside Hello and Join/Prune: their octets as RFC 7761, 5059 and 5015 draw them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.net.multicast import SourceGroup
from controlplane.wire.checksum import internet_checksum
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.bootstrap import (
    Bootstrap,
    BootstrapRange,
    BootstrapRp,
    CandidateRpAdvertisement,
)
from controlplane.wire.pim.df_election import Backoff, DfMetric, Offer, Pass, Winner
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.message import SpokenMessage
from controlplane.wire.pim.register import ANY_SOURCE, Register, RegisterStop

SG: Final = SourceGroup(IPv4Address("192.0.2.1"), IPv4Address("239.1.1.1"))
GROUP: Final = EncodedGroup(address=SG.group)
BSR: Final = IPv4Address("10.9.0.1")
RP: Final = IPv4Address("10.9.0.2")
OTHER: Final = IPv4Address("10.0.0.3")
DATAGRAM: Final = Ipv4Packet(
    source=SG.source,
    destination=SG.group,
    protocol=IpProtocol.UDP,
    payload=bytes.fromhex("9c40 c350 000c 0000 6461 7461"),
    ttl=31,
)
ADMIN_SCOPED: Final = IPv4Network("239.0.0.0/8")
FRAGMENT: Final = Bootstrap(
    fragment_tag=0x1234,
    hash_mask_length=30,
    bsr_priority=64,
    bsr_address=BSR,
    ranges=(
        BootstrapRange(
            group=EncodedGroup.of(ADMIN_SCOPED, bidirectional=True),
            rp_count=2,
            rps=(
                BootstrapRp(address=RP, holdtime=150, priority=192),
                BootstrapRp(address=OTHER, holdtime=0, priority=1),
            ),
        ),
        BootstrapRange(group=GROUP, rp_count=3),
    ),
    no_forward=True,
)

SAMPLES: Final[dict[str, tuple[str, SpokenMessage]]] = {
    "a Hello of a router that elects designated forwarders": (
        "2000 dfe9 0016 0000",
        Hello(bidirectional_capable=True),
    ),
    "a Register": (
        "2100 deff 00000000"
        " 4500 0020 0000 0000 1f11 e9c9 c0000201 ef010101 9c40 c350 000c 0000 6461 7461",
        Register(packet=DATAGRAM),
    ),
    "a Null-Register": (
        "2100 9eff 40000000 4500 0014 0000 0000 4067 c87f c0000201 ef010101",
        Register.null_of(SG),
    ),
    "a Register-Stop": (
        "2200 29db 0100 00 20 ef010101 0100 c0000201",
        RegisterStop(group=GROUP, source=SG.source),
    ),
    "a Register-Stop of a whole group": (
        "2200 ebdc 0100 00 20 ef010101 0100 00000000",
        RegisterStop(group=GROUP, source=ANY_SOURCE),
    ),
    "an Assert of (S,G)": (
        "2500 2659 0100 00 20 ef010101 0100 c0000201 0000006e 00000014",
        Assert(group=GROUP, source=SG.source, rpt=False, preference=110, metric=20),
    ),
    "an Assert of (*,G) that is cancelled": (
        "2500 e8dc 0100 00 20 ef010101 0100 00000000 ffffffff ffffffff",
        Assert(group=GROUP, source=ANY_SOURCE, rpt=True, preference=0x7FFFFFFF, metric=0xFFFFFFFF),
    ),
    "an empty Bootstrap message": (
        "2400 a081 1234 1e 40 0100 0a090001",
        Bootstrap(fragment_tag=0x1234, hash_mask_length=30, bsr_priority=64, bsr_address=BSR),
    ),
    "a fragment of a Bootstrap message that is not to be forwarded": (
        "2480 622e 1234 1e 40 0100 0a090001"
        " 0100 80 08 ef000000 02 02 0000"
        " 0100 0a090002 0096 c0 00"
        " 0100 0a000003 0000 01 00"
        " 0100 00 20 ef010101 03 00 0000",
        FRAGMENT,
    ),
    "a scoped Bootstrap message": (
        "2400 deec 0001 00 ff 0100 0a090001 0100 01 08 ef000000 00 00 0000",
        Bootstrap(
            fragment_tag=1,
            hash_mask_length=0,
            bsr_priority=255,
            bsr_address=BSR,
            ranges=(
                BootstrapRange(
                    group=EncodedGroup(
                        address=IPv4Address("239.0.0.0"), mask_length=8, scoped=True
                    ),
                    rp_count=0,
                ),
            ),
        ),
    ),
    "a Candidate-RP-Advertisement": (
        "2800 7890 02 c0 0096 0100 0a090002 0100 80 08 ef000000 0100 00 04 e0000000",
        CandidateRpAdvertisement(
            rp_address=RP,
            priority=192,
            holdtime=150,
            groups=(
                EncodedGroup.of(ADMIN_SCOPED, bidirectional=True),
                EncodedGroup.of(IPv4Network("224.0.0.0/4")),
            ),
        ),
    ),
    "a DF Offer": (
        "2a10 ca62 0100 0a090002 0000006e 00000014",
        Offer(rp_address=RP, sender=DfMetric(110, 20)),
    ),
    "a DF Winner": (
        "2a20 ca52 0100 0a090002 0000006e 00000014",
        Winner(rp_address=RP, sender=DfMetric(110, 20)),
    ),
    "a DF Backoff": (
        "2a30 badf 0100 0a090002 0000006e 00000014 0100 0a000003 0000006e 0000000a 03e8",
        Backoff(
            rp_address=RP,
            sender=DfMetric(110, 20),
            offering_address=OTHER,
            offering=DfMetric(110, 10),
            interval=1000,
        ),
    ),
    "a DF Pass": (
        "2a40 beb7 0100 0a090002 0000006e 00000014 0100 0a000003 0000006e 0000000a",
        Pass(
            rp_address=RP,
            sender=DfMetric(110, 20),
            new_winner_address=OTHER,
            new_winner=DfMetric(110, 10),
        ),
    ),
}


def summed(text: str) -> bytes:
    """Octets of a message whose checksum field, the second word, is filled in."""
    data = bytearray.fromhex(text)
    data[2:4] = internet_checksum(bytes(data[:2] + data[4:])).to_bytes(2, "big")
    return bytes(data)
