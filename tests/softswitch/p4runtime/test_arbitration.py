"""Section "Client Arbitration and Controller Replication"."""

from __future__ import annotations

import pytest
from finsy.proto import U128, p4r

from softswitch.p4runtime.arbitration import Arbitration, Notification
from softswitch.p4runtime.election import ClientId
from softswitch.p4runtime.status import Code, P4RuntimeError

DEVICE = 7
A, B, C = ClientId(1), ClientId(2), ClientId(3)

Told = list[tuple[ClientId, int, int | None]]


@pytest.fixture
def arbitration() -> Arbitration:
    return Arbitration(DEVICE, max_clients=3)


def update(election_id: int | None, device_id: int = DEVICE) -> p4r.MasterArbitrationUpdate:
    message = p4r.MasterArbitrationUpdate(device_id=device_id)
    if election_id is not None:
        message.election_id.CopyFrom(U128.encode(election_id))
    return message


def primary_of(arbitration: Arbitration) -> ClientId | None:
    return next((client for client, _ in arbitration.primaries()), None)


def told(notifications: list[Notification]) -> Told:
    """(client, status code, highest election id) of each notification."""
    return [
        (
            item.client,
            item.update.status.code,
            U128.decode(item.update.election_id) if item.update.HasField("election_id") else None,
        )
        for item in notifications
    ]


def test_the_first_controller_becomes_primary(arbitration: Arbitration) -> None:
    assert told(arbitration.update(A, update(5))) == [(A, Code.OK, 5)]
    assert primary_of(arbitration) == A


def test_a_lower_id_becomes_backup_and_only_it_is_told(arbitration: Arbitration) -> None:
    arbitration.update(A, update(5))
    assert told(arbitration.update(B, update(4))) == [(B, Code.ALREADY_EXISTS, 5)]
    assert primary_of(arbitration) == A


def test_a_higher_id_takes_over_and_the_old_primary_is_told_first(
    arbitration: Arbitration,
) -> None:
    arbitration.update(A, update(5))
    expected = [(A, Code.ALREADY_EXISTS, 1 << 100), (B, Code.OK, 1 << 100)]
    assert told(arbitration.update(B, update(1 << 100))) == expected


def test_without_an_id_a_controller_is_never_primary(arbitration: Arbitration) -> None:
    assert told(arbitration.update(A, update(None))) == [(A, Code.NOT_FOUND, None)]
    assert primary_of(arbitration) is None


def test_an_id_of_zero_is_an_id(arbitration: Arbitration) -> None:
    assert told(arbitration.update(A, update(0))) == [(A, Code.OK, 0)]


def test_when_the_primary_leaves_there_is_none_until_its_id_is_reached(
    arbitration: Arbitration,
) -> None:
    arbitration.update(A, update(5))
    arbitration.update(B, update(4))
    assert told(arbitration.leave(A)) == [(B, Code.NOT_FOUND, 5)]
    assert told(arbitration.update(B, update(4))) == [(B, Code.NOT_FOUND, 5)]
    assert told(arbitration.update(C, update(5))) == [
        (B, Code.ALREADY_EXISTS, 5),
        (C, Code.OK, 5),
    ]


def test_when_a_backup_leaves_nobody_is_told(arbitration: Arbitration) -> None:
    arbitration.update(A, update(5))
    arbitration.update(B, update(4))
    assert arbitration.leave(B) == []


def test_a_primary_that_lowers_its_id_becomes_backup_and_all_are_told(
    arbitration: Arbitration,
) -> None:
    arbitration.update(A, update(5))
    arbitration.update(B, update(2))
    expected = [(A, Code.NOT_FOUND, 5), (B, Code.NOT_FOUND, 5)]
    assert told(arbitration.update(A, update(3))) == expected


def test_a_primary_that_raises_its_id_stays_primary(arbitration: Arbitration) -> None:
    arbitration.update(A, update(5))
    assert told(arbitration.update(A, update(6))) == [(A, Code.OK, 6)]


@pytest.mark.parametrize(
    ("client", "message", "code"),
    [
        (B, update(5), Code.INVALID_ARGUMENT),
        (B, update(6, device_id=8), Code.NOT_FOUND),
        (A, update(6, device_id=8), Code.FAILED_PRECONDITION),
        (
            B,
            p4r.MasterArbitrationUpdate(device_id=DEVICE, role=p4r.Role(id=3)),
            Code.INVALID_ARGUMENT,
        ),
    ],
    ids=["id in use", "unknown device", "changed device", "a number for a role"],
)
def test_a_bad_update_is_refused_and_changes_nothing(
    arbitration: Arbitration, client: ClientId, message: p4r.MasterArbitrationUpdate, code: Code
) -> None:
    arbitration.update(A, update(5))
    with pytest.raises(P4RuntimeError) as caught:
        arbitration.update(client, message)
    assert caught.value.code is code
    assert primary_of(arbitration) == A


def test_too_many_controllers_are_refused(arbitration: Arbitration) -> None:
    for client in (A, B, C):
        arbitration.update(client, update(client))
    with pytest.raises(P4RuntimeError) as caught:
        arbitration.update(ClientId(4), update(4))
    assert caught.value.code is Code.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("election_id", [None, 0, 4, 6])
def test_only_the_primarys_id_may_write(arbitration: Arbitration, election_id: int | None) -> None:
    arbitration.update(A, update(5))
    arbitration.update(B, update(4))
    arbitration.require_primary("", U128.encode(5))
    with pytest.raises(P4RuntimeError) as caught:
        arbitration.require_primary("", None if election_id is None else U128.encode(election_id))
    assert caught.value.code is Code.PERMISSION_DENIED


def test_nobody_may_write_without_a_primary(arbitration: Arbitration) -> None:
    arbitration.update(A, update(5))
    arbitration.leave(A)
    with pytest.raises(P4RuntimeError, match="no primary"):
        arbitration.require_primary("", U128.encode(5))
