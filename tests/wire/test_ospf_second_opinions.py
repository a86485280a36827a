"""What scapy and tshark make of our OSPF packets, and we of scapy's."""

from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from scapy.contrib.ospf import (
    OSPF_Area_Scope_Opaque_LSA,
    OSPF_DBDesc,
    OSPF_External_LSA,
    OSPF_Hdr,
    OSPF_Hello,
    OSPF_Link,
    OSPF_LSAck,
    OSPF_LSReq,
    OSPF_LSUpd,
    OSPF_Network_LSA,
    OSPF_Router_LSA,
    OSPF_SummaryIP_LSA,
)
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from controlplane.wire.ospf.auth import Signature
from controlplane.wire.ospf.bodies import LinkType, NetworkLsa, RouterLsa
from controlplane.wire.ospf.exchange import LinkStateUpdate
from controlplane.wire.ospf.hello import Hello
from controlplane.wire.ospf.message import decode_packet
from tests.wire.ospf_samples import (
    ACK,
    BODIES,
    DESCRIPTION,
    EXTERNAL,
    HELLO,
    LSAS,
    MASK,
    ME,
    NETWORK,
    NETWORK_LSA,
    NO_APPLICATION,
    REQUEST,
    ROUTER,
    SUMMARY,
    TE,
    UPDATE,
    YOU,
    link,
    packet,
)

ENCODED = [packet(body).encode() for body in BODIES]
SIGNED = packet(UPDATE).encode(Signature(key_id=7, key=b"secret", sequence_number=99))


def test_scapy_reads_our_hello() -> None:
    header = OSPF_Hdr(packet(HELLO).encode())
    hello = header[OSPF_Hello]
    assert (header.type, header.src, header.area) == (1, "192.0.2.1", "0.0.0.7")
    assert (hello.mask, hello.hellointerval, hello.prio) == ("255.255.255.0", 10, 1)
    assert (hello.router, hello.backup) == ("10.0.1.2", "10.0.1.1")
    assert (hello.deadinterval, hello.neighbors) == (40, ["192.0.2.2"])


def test_scapy_reads_our_database_description_request_and_acknowledgment() -> None:
    description = OSPF_Hdr(packet(DESCRIPTION).encode())[OSPF_DBDesc]
    assert (description.mtu, description.ddseq) == (1500, 0xFFFFFFFF)
    assert [header.type for header in description.lsaheaders] == [
        lsa.header.ls_type for lsa in LSAS
    ]
    request = OSPF_Hdr(packet(REQUEST).encode())[OSPF_LSReq]
    assert [(item.type, item.id) for item in request.requests] == [
        (key.ls_type, str(key.link_state_id)) for key in REQUEST.keys
    ]
    acknowledgment = OSPF_Hdr(packet(ACK).encode())[OSPF_LSAck]
    assert [header.chksum for header in acknowledgment.lsaheaders] == [
        header.checksum for header in ACK.headers
    ]


def test_scapy_reads_our_lsas() -> None:
    update = OSPF_Hdr(packet(LinkStateUpdate((ROUTER, NETWORK_LSA, SUMMARY, EXTERNAL))).encode())
    router, network, summary, external = update[OSPF_LSUpd].lsalist
    assert isinstance(router, OSPF_Router_LSA)
    assert [(item.type, item.id, item.data, item.metric) for item in router.linklist] == [
        (1, "192.0.2.2", "10.0.0.1", 10),
        (2, "10.0.1.2", "10.0.1.1", 20),
        (3, "10.1.2.0", "255.255.255.0", 65535),
        (4, "192.0.2.2", "10.0.0.1", 1),
    ]
    assert isinstance(network, OSPF_Network_LSA)
    assert (network.mask, network.routerlist) == ("255.255.255.0", ["192.0.2.1", "192.0.2.2"])
    assert isinstance(summary, OSPF_SummaryIP_LSA)
    assert (summary.mask, summary.metric) == ("255.255.255.0", 0xABCDEF)
    assert isinstance(external, OSPF_External_LSA)
    assert (external.ebit, external.metric, external.tag) == (1, 20, 0xD0000001)


def test_scapy_works_out_the_same_checksums() -> None:
    read = OSPF_Hdr(packet(LinkStateUpdate((ROUTER, TE))).encode())[OSPF_LSUpd].lsalist
    assert isinstance(read[1], OSPF_Area_Scope_Opaque_LSA)
    for theirs, ours in zip(read, (ROUTER, TE), strict=True):
        del theirs.chksum, theirs.len
        assert bytes(theirs) == ours.octets


def test_we_read_scapys_packets() -> None:
    hello = OSPF_Hdr(src="192.0.2.1", area="0.0.0.7") / OSPF_Hello(
        mask="255.255.255.0", options=2, neighbors=["192.0.2.2"]
    )
    expected = Hello(
        network_mask=MASK,
        hello_interval=10,
        options=2,
        priority=1,
        dead_interval=40,
        neighbors=(YOU,),
    )
    assert decode_packet(bytes(hello)) == packet(expected)
    router = OSPF_Router_LSA(
        id="192.0.2.1",
        adrouter="192.0.2.1",
        flags=1,
        linklist=[OSPF_Link(type=3, id="10.1.2.0", data="255.255.255.0", metric=5)],
    )
    network = OSPF_Network_LSA(
        id="10.0.1.2", adrouter="192.0.2.1", mask="255.255.255.0", routerlist=["192.0.2.1"]
    )
    update = OSPF_Hdr(src="192.0.2.1") / OSPF_LSUpd(lsalist=[router, network])
    body = decode_packet(bytes(update)).body
    assert isinstance(body, LinkStateUpdate)
    assert [lsa.checksum_ok() for lsa in body.lsas] == [True, True]
    assert [lsa.body for lsa in body.lsas] == [
        RouterLsa(links=(link(LinkType.STUB, NETWORK, MASK, 5),), area_border=True),
        NetworkLsa(mask=MASK, attached_routers=(ME,)),
    ]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not on PATH")
    path = tmp_path_factory.mktemp("ospf") / "ospf.pcap"
    frames = [
        Ether(src="02:00:00:00:00:01", dst="01:00:5e:00:00:05")
        / IP(src="10.0.1.1", dst=str(IPv4Address("224.0.0.5")), ttl=1, proto=89)
        / payload
        for payload in (*ENCODED, SIGNED)
    ]
    wrpcap(str(path), frames)
    return path


def test_tshark_finds_nothing_malformed_and_objects_to_nothing(capture: Path) -> None:
    """It says that it does not know our opaque type of no application, as it should."""
    assert tshark(capture, "_ws.malformed", "frame.number") == []
    objections = ",".join(tshark(capture, "_ws.expert", "_ws.expert.message"))
    assert set(objections.split(",")) == {f"Unknown LSA Type {NO_APPLICATION}"}
    assert tshark(capture, "ospf", "ospf.msg") == ["1", "2", "3", "4", "5", "4"]


PLAIN_UPDATE = "ospf.msg == 4 && ospf.auth.type == 0"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ospf.lsa", ",".join(str(int(lsa.header.ls_type)) for lsa in LSAS)),
        ("ospf.lsa.seqnum", ",".join(["0x80000001"] * len(LSAS))),
        ("ospf.lsa.router.linktype", "1,2,3,4"),
        ("ospf.lsa.router.metric0", "10,20,65535,1"),
        ("ospf.lsa.network.attchrtr", "192.0.2.1,192.0.2.2"),
        ("ospf.lsa.asext.extrttag", "3489660929,0"),
        ("ospf.lsa.asext.fwdaddr", "0.0.0.0,10.0.0.1"),
        ("ospf.mpls.routerid", "192.0.2.1"),
        ("ospf.mpls.local_addr", "10.0.0.1"),
        ("ospf.mpls.remote_addr", "10.0.0.2"),
        ("ospf.mpls.te_metric", "10"),
        ("ospf.mpls.linkcolor", "0x00000005"),
    ],
)
def test_tshark_reads_the_same_lsas(capture: Path, field: str, expected: str) -> None:
    assert tshark(capture, PLAIN_UPDATE, field) == [expected]


def test_tshark_reads_the_signature(capture: Path) -> None:
    assert tshark(
        capture, "ospf.auth.type == 2", "ospf.auth.crypt.key_id", "ospf.auth.crypt.seq_nbr"
    ) == ["7\t99"]


def tshark(capture: Path, shown: str, *fields: str) -> list[str]:
    """The fields of the frames that a display filter shows, one frame a line."""
    wanted = [argument for field in fields for argument in ("-e", field)]
    run = subprocess.run(
        ["tshark", "-r", str(capture), "-Y", shown, "-T", "fields", *wanted],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()
