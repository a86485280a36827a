"""Many messages on streams of real clients."""

from __future__ import annotations

import grpc
import pytest
from finsy.proto import p4r, stratum

from softswitch.p4runtime.status import Code
from softswitch.session import MAX_QUEUED, Session
from tests.softswitch.p4runtime.client import Controller, connected
from tests.softswitch.p4runtime.served import DEVICE_ID, Served
from tests.softswitch.p4runtime.test_controllers import role

Response = p4r.StreamMessageResponse


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """That of the first controller that comes."""
    made = Session()
    monkeypatch.setattr("softswitch.controllers.Session", lambda: made)
    return made


def packet_in(number: int, length: int = 4) -> bytes:
    payload = number.to_bytes(4).ljust(length, b".")
    return Response(packet=p4r.PacketIn(payload=payload)).SerializeToString()


def number_of(message: Response) -> int:
    assert message.HasField("packet")
    return int.from_bytes(message.packet.payload[:4])


def received(controller: Controller, count: int) -> list[int]:
    return [number_of(controller.receive()) for _ in range(count)]


def test_thousands_of_messages_arrive_in_order(served: Served) -> None:
    with connected(served.address, DEVICE_ID) as primary:
        primary.arbitrate()
        for first in range(0, 3000, 1000):
            served.controllers.packet_ins([packet_in(n) for n in range(first, first + 1000)])
        assert received(primary, 3000) == list(range(3000))
        assert primary.arbitrate().HasField("arbitration")


def test_two_controllers_get_the_packets_of_their_roles(served: Served) -> None:
    everything = stratum.P4RoleConfig(receives_packet_ins=True)
    with connected(served.address, DEVICE_ID) as one, connected(served.address, DEVICE_ID) as other:
        one.arbitrate()
        other.arbitrate(role("other", everything))
        served.controllers.packet_ins([packet_in(n) for n in range(2000)])
        assert received(one, 2000) == received(other, 2000) == list(range(2000))


def test_a_controller_that_does_not_read_loses_packets_in_the_end_and_no_others(
    served: Served, session: Session
) -> None:
    with connected(served.address, DEVICE_ID) as primary:
        primary.arbitrate()
        offered = 0
        while session.dropped == 0:
            served.controllers.packet_ins([packet_in(offered, length=1000)])
            offered += 1
        kept = offered - 1
        assert kept >= MAX_QUEUED
        assert received(primary, kept) == list(range(kept))
        served.controllers.packet_ins([packet_in(offered)])
        assert received(primary, 1) == [offered]


def test_a_controller_that_goes_away_in_the_middle_is_forgotten(served: Served) -> None:
    with grpc.insecure_channel(served.address) as channel:
        Controller(channel, DEVICE_ID, election_id=7).arbitrate()
        served.controllers.packet_ins([packet_in(n, length=1000) for n in range(MAX_QUEUED)])
    with connected(served.address, DEVICE_ID, election_id=4) as backup:
        while backup.arbitrate().arbitration.status.code != Code.NOT_FOUND:
            pass  # the server has not yet seen the stream end
    with connected(served.address, DEVICE_ID, election_id=8) as other:
        other.arbitrate()
        served.controllers.packet_ins([packet_in(5)])
        assert received(other, 1) == [5]


def test_a_server_stops_while_a_controller_does_not_read(served: Served) -> None:
    with connected(served.address, DEVICE_ID) as primary:
        primary.arbitrate()
        served.controllers.packet_ins([packet_in(n, length=1000) for n in range(MAX_QUEUED)])
        served.server.stop()
        with pytest.raises(grpc.RpcError) as caught:
            received(primary, MAX_QUEUED + 1)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
