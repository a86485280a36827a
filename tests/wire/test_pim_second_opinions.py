"""What scapy and tshark make of our PIM messages."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from scapy.contrib.pim import (
    PIMv2Hdr,
    PIMv2Hello,
    PIMv2HelloDRPriority,
    PIMv2HelloGenerationID,
    PIMv2HelloHoldtime,
    PIMv2HelloLANPruneDelay,
    PIMv2JoinPrune,
)
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from controlplane.wire.pim.address import EncodedGroup, EncodedSource, JoinAttribute
from controlplane.wire.pim.hello import Hello, LanPruneDelay
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import SpokenMessage, decode_message, encode_message
from tests.wire.pim_samples import SAMPLES

HELLO = Hello(
    holdtime=105,
    lan_prune_delay=LanPruneDelay(propagation_delay=500, override_interval=2500),
    dr_priority=7,
    generation_id=0xCAFE,
    secondary_addresses=(IPv4Address("10.0.1.1"),),
    join_attribute=True,
)


def group_set(group: str, joined: tuple[str, ...], pruned: tuple[str, ...]) -> GroupSet:
    return GroupSet(
        group=EncodedGroup(address=IPv4Address(group)),
        joined=tuple(EncodedSource(address=IPv4Address(s)) for s in joined),
        pruned=tuple(EncodedSource(address=IPv4Address(s)) for s in pruned),
    )


JOIN_PRUNE = JoinPrune(
    upstream_neighbor=IPv4Address("10.0.0.1"),
    holdtime=210,
    groups=(
        group_set("232.1.1.1", ("192.0.2.1", "192.0.2.2"), ()),
        group_set("232.1.1.2", ("192.0.2.1",), ("192.0.2.3",)),
    ),
)
WITH_ATTRIBUTES = JoinPrune(
    upstream_neighbor=IPv4Address("10.0.0.1"),
    holdtime=0xFFFF,
    groups=(
        GroupSet(
            group=EncodedGroup(address=IPv4Address("232.1.1.1")),
            joined=(
                EncodedSource(
                    address=IPv4Address("192.0.2.1"),
                    attributes=(
                        JoinAttribute(type=0, value=bytes.fromhex("01000a000009")),
                        JoinAttribute(type=4, value=bytes.fromhex("01000a000009"), transitive=True),
                    ),
                ),
            ),
        ),
    ),
)
SHARED = JoinPrune(
    upstream_neighbor=IPv4Address("10.0.0.1"),
    holdtime=210,
    groups=(
        GroupSet(
            group=EncodedGroup(address=IPv4Address("224.1.1.1")),
            joined=(EncodedSource(address=IPv4Address("10.9.9.9"), wildcard=True, rpt=True),),
            pruned=(EncodedSource(address=IPv4Address("192.0.2.1"), rpt=True),),
        ),
    ),
)
ALL: list[Hello | JoinPrune] = [HELLO, Hello(holdtime=0), JOIN_PRUNE, WITH_ATTRIBUTES, SHARED]
OTHERS: list[SpokenMessage] = [message for _, message in SAMPLES.values()]


def test_scapy_reads_our_hello() -> None:
    packet = PIMv2Hdr(encode_message(HELLO))
    delays = packet[PIMv2HelloLANPruneDelay].value[0]
    assert (packet.version, packet.type) == (2, 0)
    assert packet[PIMv2HelloHoldtime].holdtime == 105
    assert (delays.t, delays.propagation_delay, delays.override_interval) == (0, 500, 2500)
    assert packet[PIMv2HelloDRPriority].dr_priority == 7
    assert packet[PIMv2HelloGenerationID].generation_id == 0xCAFE


def test_scapy_reads_our_join_prune() -> None:
    body = PIMv2Hdr(encode_message(JOIN_PRUNE))[PIMv2JoinPrune]
    read = [
        (g.gaddr, [s.src_ip for s in g.join_ips], [s.src_ip for s in g.prune_ips])
        for g in body.jp_ips
    ]
    assert (body.up_neighbor_ip, body.holdtime, body.num_group) == ("10.0.0.1", 210, 2)
    assert read == [
        ("232.1.1.1", ["192.0.2.1", "192.0.2.2"], []),
        ("232.1.1.2", ["192.0.2.1"], ["192.0.2.3"]),
    ]


def test_we_read_scapys_hello() -> None:
    options = [
        PIMv2HelloHoldtime(holdtime=90),
        PIMv2HelloDRPriority(dr_priority=3),
        PIMv2HelloGenerationID(generation_id=0xABCD),
    ]
    packet = IP(bytes(IP(dst="224.0.0.13") / PIMv2Hdr() / PIMv2Hello(option=options)))
    assert decode_message(bytes(packet[PIMv2Hdr])) == Hello(
        holdtime=90, dr_priority=3, generation_id=0xABCD
    )


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_nothing_malformed_and_no_wrong_checksum(tmp_path: Path) -> None:
    capture = _captured(tmp_path, ALL)
    assert _tshark(capture, "_ws.malformed || _ws.expert", "frame.number") == []
    assert _tshark(capture, "pim", "pim.type", "pim.cksum.status") == [
        "0\t1",
        "0\t1",
        "3\t1",
        "3\t1",
        "3\t1",
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_same_trees(tmp_path: Path) -> None:
    capture = _captured(tmp_path, [JOIN_PRUNE])
    fields = ("pim.upstream_neighbor", "pim.join_ip", "pim.prune_ip", "pim.holdtime")
    assert _tshark(capture, "pim", *fields) == [
        "10.0.0.1\t192.0.2.1,192.0.2.2,192.0.2.1\t192.0.2.3\t210"
    ]
    (groups,) = _tshark(capture, "pim", "pim.group")
    assert set(groups.split(",")) == {"232.1.1.1", "232.1.1.2"}


READINGS = {
    "a Register": (
        ("pim.register_flag.null_register", "ip.dst"),
        "0\t224.0.0.13,239.1.1.1",
    ),
    "a Null-Register": (("pim.register_flag.null_register",), "1"),
    "a Register-Stop": (("pim.group", "pim.source"), "239.1.1.1\t192.0.2.1"),
    "an Assert of (S,G)": (
        ("pim.group", "pim.source", "pim.rpt", "pim.metric_pref", "pim.metric"),
        "239.1.1.1\t192.0.2.1\t0\t110\t20",
    ),
    "an Assert of (*,G) that is cancelled": (
        ("pim.rpt", "pim.metric_pref", "pim.metric"),
        "1\t2147483647\t4294967295",
    ),
    "a fragment of a Bootstrap message that is not to be forwarded": (
        (
            *("pim.fragment_tag", "pim.hash_mask_len", "pim.bsr_priority", "pim.bsr"),
            *("pim.group", "pim.group_addr.flags.b", "pim.mask_len"),
            *("pim.rp_count", "pim.frp_count", "pim.rp", "pim.priority", "pim.holdtime"),
        ),
        "0x1234\t30\t64\t10.9.0.1\t239.0.0.0,239.1.1.1\t1,0\t8,32"
        "\t2,3\t2,0\t10.9.0.2,10.0.0.3\t192,1\t150,0",
    ),
    "a scoped Bootstrap message": (("pim.group_addr.flags.z",), "1"),
    "a Candidate-RP-Advertisement": (
        ("pim.prefix_count", "pim.priority", "pim.holdtime", "pim.rp", "pim.group"),
        "2\t192\t150\t10.9.0.2\t239.0.0.0,224.0.0.0",
    ),
    "a DF Offer": (
        ("pim.df_elect.subtype", "pim.rp", "pim.metric_pref", "pim.metric"),
        "1\t10.9.0.2\t110\t20",
    ),
    "a DF Winner": (("pim.df_elect.subtype",), "2"),
    "a DF Backoff": (("pim.df_elect.subtype", "pim.rp"), "3\t10.9.0.2"),
    "a DF Pass": (("pim.df_elect.subtype", "pim.rp"), "4\t10.9.0.2"),
}
"""tshark reads of Backoff and Pass what all DF messages have."""


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_nothing_wrong_with_the_other_messages(tmp_path: Path) -> None:
    capture = _captured(tmp_path, OTHERS)
    assert _tshark(capture, "_ws.malformed || _ws.expert", "frame.number") == []
    assert set(_tshark(capture, "pim", "pim.cksum.status")) == {"1"}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("name", READINGS)
def test_tshark_reads_what_the_other_messages_say(name: str, tmp_path: Path) -> None:
    fields, expected = READINGS[name]
    (line,) = _tshark(_captured(tmp_path, [SAMPLES[name][1]]), "pim", *fields)
    assert [_each_once(field) for field in line.split("\t")] == expected.split("\t")


def _each_once(values: str) -> str:
    """tshark tells an encoded address twice, of the whole and of its part."""
    return ",".join(dict.fromkeys(values.split(",")))


def _captured(folder: Path, messages: Sequence[SpokenMessage]) -> Path:
    capture = folder / "pim.pcap"
    wrpcap(
        str(capture),
        [
            Ether(src="02:00:00:00:00:01", dst="01:00:5e:00:00:0d")
            / IP(src="10.0.0.2", dst="224.0.0.13", ttl=1, proto=103)
            / encode_message(message)
            for message in messages
        ],
    )
    return capture


def _tshark(capture: Path, shown: str, *fields: str) -> list[str]:
    """The fields of the frames that a display filter shows, one frame a line."""
    wanted = [argument for field in fields for argument in ("-e", field)]
    command = ["tshark", "-r", str(capture), "-o", "ip.check_checksum:TRUE", "-Y", shown]
    run = subprocess.run(
        [*command, "-T", "fields", *wanted], capture_output=True, text=True, check=True
    )
    return run.stdout.splitlines()
