"""Streams of controllers, without gRPC."""

from __future__ import annotations

import pytest
from finsy.proto import U128, p4r, stratum

from softswitch.controllers import Controllers
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code
from softswitch.session import MAX_BURST, MAX_QUEUED, Session
from tests.softswitch.p4runtime import learning

Response = p4r.StreamMessageResponse


@pytest.fixture
def service() -> P4Runtime:
    return P4Runtime(1, on_commit=lambda _: None)


@pytest.fixture
def controllers(service: P4Runtime) -> Controllers:
    return Controllers(service, send_packet=lambda _: None)


def arbitration(election_id: int, role: p4r.Role | None = None) -> p4r.StreamMessageRequest:
    update = p4r.MasterArbitrationUpdate(
        device_id=1, election_id=U128.encode(election_id), role=role
    )
    return p4r.StreamMessageRequest(arbitration=update)


def role_with(p4_id: int) -> p4r.Role:
    return role(f"{p4_id:#x}", stratum.P4RoleConfig(shared_p4_ids=[p4_id]))


def role(name: str, config: stratum.P4RoleConfig) -> p4r.Role:
    message = p4r.Role(name=name)
    message.config.Pack(config)
    return message


def packet_ins(session: Session) -> list[bytes]:
    told = all_messages(session)
    return [message.packet.payload for message in told if message.HasField("packet")]


def packet_in(number: int) -> bytes:
    value = bytes([number])
    metadata = [p4r.PacketMetadata(metadata_id=5, value=value)]
    return Response(packet=p4r.PacketIn(payload=value, metadata=metadata)).SerializeToString()


def all_messages(session: Session) -> list[Response]:
    session.end()
    return [Response.FromString(octets) for burst in session.bursts() for octets in burst]


def test_a_message_that_arrives_after_its_stream_has_ended_changes_nothing(
    service: P4Runtime, controllers: Controllers
) -> None:
    session = controllers.connect()
    controllers.disconnect(session)
    controllers.handle(session, arbitration(5))
    assert not list(service.arbitration.primaries())
    other = controllers.connect()
    controllers.handle(other, arbitration(5))
    assert [client for client, _ in service.arbitration.primaries()] == [other.client]


def test_a_packet_out_before_any_pipeline_is_answered(controllers: Controllers) -> None:
    session = controllers.connect()
    controllers.handle(session, arbitration(1))
    controllers.handle(session, p4r.StreamMessageRequest(packet=p4r.PacketOut(payload=b"x")))
    _, answer = all_messages(session)
    assert answer.error.canonical_code == Code.FAILED_PRECONDITION


def test_only_a_primary_acknowledges_digests(controllers: Controllers) -> None:
    session = controllers.connect()
    ack = p4r.DigestListAck(digest_id=4)
    controllers.handle(session, p4r.StreamMessageRequest(digest_ack=ack))
    [answer] = all_messages(session)
    assert answer.error.canonical_code == Code.PERMISSION_DENIED
    assert answer.error.digest_list_ack.digest_list_ack == ack


def test_digest_lists_go_to_the_primary_when_they_are_due(
    service: P4Runtime, controllers: Controllers
) -> None:
    primary, backup = controllers.connect(), controllers.connect()
    controllers.handle(primary, arbitration(2))
    controllers.handle(backup, arbitration(1))
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, learning.CONFIG)
    wanted = learning.entry(learning.STATION, wait_ms=1, acknowledge_ms=1000)
    service.apply([learning.update(p4r.Update.INSERT, wanted)])
    message = bytes.fromhex("00000001 000000000007 0003 00")
    assert controllers.digest(message, 10) == 1010
    assert controllers.digest(None, 1009) == 1010
    assert controllers.digest(None, 1010) is None
    ack = p4r.DigestListAck(digest_id=learning.STATION, list_id=1)
    assert controllers.digest(message, 2000) is None
    controllers.handle(primary, p4r.StreamMessageRequest(digest_ack=ack))
    assert controllers.digest(message, 2000) == 3000
    told = [message.digest for message in all_messages(primary) if message.HasField("digest")]
    assert [list(item.data) for item in told] == [[learning.station(7, 3)]]
    assert not any(message.HasField("digest") for message in all_messages(backup))
    service.close()


def test_a_role_gets_and_acknowledges_the_digests_that_it_has(
    service: P4Runtime, controllers: Controllers
) -> None:
    service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, learning.CONFIG)
    stations, pairs = controllers.connect(), controllers.connect()
    controllers.handle(stations, arbitration(1, role_with(learning.STATION)))
    controllers.handle(pairs, arbitration(1, role_with(learning.PAIR)))
    service.apply([learning.update(p4r.Update.INSERT, learning.entry(learning.STATION))])
    controllers.digest(bytes.fromhex("00000001 000000000007 0003 00"), 0)
    ack = p4r.StreamMessageRequest(
        digest_ack=p4r.DigestListAck(digest_id=learning.STATION, list_id=1)
    )
    controllers.handle(stations, ack)
    controllers.handle(pairs, ack)
    kinds = [
        [message.WhichOneof("update") for message in all_messages(session)]
        for session in (stations, pairs)
    ]
    assert kinds == [["arbitration", "digest"], ["arbitration", "error"]]
    service.close()


def test_packet_ins_go_to_the_primary_and_not_to_its_backup(controllers: Controllers) -> None:
    backup, primary = controllers.connect(), controllers.connect()
    controllers.handle(backup, arbitration(1))
    controllers.handle(primary, arbitration(2))
    controllers.packet_ins([packet_in(1), packet_in(2)])
    assert (packet_ins(primary), packet_ins(backup)) == ([b"\1", b"\2"], [])


def test_what_a_controller_was_too_slow_for_is_told_when_it_leaves(
    controllers: Controllers, caplog: pytest.LogCaptureFixture
) -> None:
    slow, other = controllers.connect(), controllers.connect()
    controllers.handle(slow, arbitration(1))
    for _ in range(3):
        controllers.packet_ins([packet_in(1)] * 2000)
    controllers.disconnect(other)
    controllers.disconnect(slow)
    dropped = 3 * 2000 + 1 - MAX_QUEUED
    assert caplog.messages == [f"a controller was too slow for {dropped} messages to it"]


def test_a_role_gets_the_packet_ins_that_its_filter_lets_through(controllers: Controllers) -> None:
    wanted = stratum.P4RoleConfig.PacketFilter(metadata_id=5, value=b"\0\2")
    other = stratum.P4RoleConfig.PacketFilter(metadata_id=6, value=b"\2")
    configs = {
        "all": stratum.P4RoleConfig(receives_packet_ins=True),
        "none": stratum.P4RoleConfig(receives_packet_ins=False),
        "twos": stratum.P4RoleConfig(receives_packet_ins=True, packet_in_filter=wanted),
        "other": stratum.P4RoleConfig(receives_packet_ins=True, packet_in_filter=other),
    }
    sessions = {name: controllers.connect() for name in configs}
    for name, config in configs.items():
        controllers.handle(sessions[name], arbitration(1, role(name, config)))
    controllers.packet_ins([packet_in(1), packet_in(2), packet_in(2)])
    assert {name: packet_ins(session) for name, session in sessions.items()} == {
        "all": [b"\1", b"\2", b"\2"],
        "none": [],
        "twos": [b"\2", b"\2"],
        "other": [],
    }


def test_messages_of_all_kinds_keep_their_order(
    controllers: Controllers,
) -> None:
    session = controllers.connect()
    controllers.handle(session, arbitration(1))
    controllers.packet_ins([packet_in(1)])
    controllers.handle(session, p4r.StreamMessageRequest(packet=p4r.PacketOut()))
    controllers.packet_ins([packet_in(2)])
    controllers.handle(session, arbitration(1))
    kinds = [message.WhichOneof("update") for message in all_messages(session)]
    assert kinds == ["arbitration", "packet", "error", "packet", "arbitration"]


def test_a_burst_has_what_is_queued_up_to_a_bound() -> None:
    session = Session()
    session.offer([packet_in(1)] * (MAX_BURST + 2))
    bursts = session.bursts()
    assert [len(next(bursts)), len(next(bursts))] == [MAX_BURST, 2]
    session.offer([packet_in(2)])
    session.end()
    session.offer([packet_in(3)])
    assert list(bursts) == [[packet_in(2)]]


def test_packets_that_a_controller_does_not_take_are_dropped_and_arbitration_is_not() -> None:
    session = Session()
    session.offer([packet_in(1)] * (MAX_QUEUED - 1))
    session.offer([packet_in(2), packet_in(3), packet_in(4)])
    session.offer([packet_in(5)])
    session.send(Response(arbitration=p4r.MasterArbitrationUpdate()))
    messages = all_messages(session)
    assert session.dropped == 3
    assert len(messages) == MAX_QUEUED + 1
    assert messages[-1].HasField("arbitration")
