"""tshark reads every LDP message that is sent here, and finds nothing to say against one.

Two things it does not know (4.0): typed wildcards (RFC 5918), which FRR reads in tests/peers/ldp;
and that a FEC TLV may be the last of a PDU: so each message here has a KeepAlive behind it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import wrpcap

from controlplane.wire.ldp.hello import Hello
from controlplane.wire.ldp.initialization import KeepAlive
from controlplane.wire.ldp.message import LdpMessage, encode_message
from controlplane.wire.ldp.numbers import LDP_PORT
from controlplane.wire.ldp.pdu import encode_pdu
from tests.wire.ldp_samples import ME, OCTETS

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not on PATH")

MESSAGES = [message for message, _ in OCTETS]

GTSM_NOTES = [
    "GTSM is supported by the source",
    "GTSM is not supported by the source, since basic discovery is not enabled",
]
TYPED_WILDCARDS = ["Error in FEC Element 1"] * 2


def sent(message: LdpMessage) -> list[LdpMessage]:
    """The messages of the PDU."""
    return [message] if isinstance(message, Hello) else [message, KeepAlive()]


def _number(message: LdpMessage) -> str:
    return f"{message.kind:#06x}"


READ: list[tuple[str, list[str]]] = [
    ("ldp.msg.type", [",".join(map(_number, sent(m))) for m in MESSAGES]),
    ("ldp.hdr.ldpid.lsr", ["10.9.0.1"] * len(MESSAGES)),
    ("ldp.msg.tlv.hello.hold", ["15", "45"]),
    ("ldp.msg.tlv.hello.targeted", ["0", "1"]),
    ("ldp.msg.tlv.hello.requested", ["0", "1"]),
    ("ldp.msg.tlv.ipv4.taddr", ["10.9.0.1", "10.9.0.1"]),
    ("ldp.msg.tlv.hello.cnf_seqno", ["7"]),
    ("ldp.msg.tlv.sess.ka", ["180"]),
    ("ldp.msg.tlv.sess.mxpdu", ["4096"]),
    ("ldp.msg.tlv.sess.rxlsr", ["10.9.0.2"]),
    ("ldp.msg.tlv.ft_sess.flag_l", ["1"]),
    ("ldp.msg.tlv.ft_sess.reconn_to", ["120000"]),
    ("ldp.msg.tlv.ft_sess.recovery_time", ["60000"]),
    ("ldp.msg.tlv.addrl.addr", ["10.0.0.1,10.9.0.1", "10.0.0.1"]),
    ("ldp.msg.tlv.generic.label", ["16", "3", "0", "100", "1048575"]),
    ("ldp.msg.tlv.lbl_req_msg_id", ["0x00000005", "0x00000005", "0x00000008"]),
    ("ldp.msg.tlv.fec.pfval", ["192.0.2.1", "172.16.0.0,0.0.0.0"] + ["192.0.2.1"] * 3),
    ("ldp.msg.tlv.status.data", [f"{code:#010x}" for code in (0x0B, 0x0A, 0x2F, 0x06, 0x15)]),
    ("ldp.msg.tlv.status.ebit", ["0", "1", "0", "0", "0"]),
    ("ldp.msg.tlv.status.msg.id", ["0x00000000"] * 3 + ["0x00000009"] * 2),
    ("ldp.msg.tlv.extstatus.data", ["0x00000003"]),
]
"""A field, and what it is in the messages that have it."""


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hellos over UDP, the others over one stream."""
    path, sequence, frames = tmp_path_factory.mktemp("tshark") / "ldp.pcap", 1, []
    for message in MESSAGES:
        octets = encode_pdu(ME, b"".join(encode_message(m, 1) for m in sent(message)))
        if isinstance(message, Hello):
            carrier = IP(src="10.0.0.1", dst="224.0.0.2", ttl=1) / UDP(
                sport=LDP_PORT, dport=LDP_PORT
            )
        else:
            carrier = IP(src="10.9.0.1", dst="10.9.0.2") / TCP(
                sport=40000, dport=LDP_PORT, flags="PA", seq=sequence
            )
            sequence += len(octets)
        frames.append(
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / carrier / Raw(octets)
        )
    wrpcap(str(path), frames)
    return path


def read(capture: Path, field: str) -> list[str]:
    command = ["tshark", "-r", str(capture), "-T", "fields", "-e", field, "-Y", field]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return done.stdout.splitlines()


def test_tshark_objects_to_nothing(capture: Path) -> None:
    assert read(capture, "_ws.malformed") == []
    assert sorted(read(capture, "_ws.expert.message")) == sorted(GTSM_NOTES + TYPED_WILDCARDS)


@pytest.mark.parametrize(("field", "values"), READ, ids=[field for field, _ in READ])
def test_tshark_reads_what_was_written(capture: Path, field: str, values: list[str]) -> None:
    assert read(capture, field) == values
