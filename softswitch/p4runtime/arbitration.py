"""Who may write: primary and backups (section "Client Arbitration and Controller Replication").

Every controller says an election id on its stream. The primary is the live controller whose id
equals the highest one that this server has ever seen; with that one gone there is no primary until
somebody comes with the same id or a higher one. An unset id never wins. A stream that ends frees
its id, so a controller that lost its connection comes back with the id that it had.

There is one role, the default one. This is state only: it returns what each client has to be told,
and the caller sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from finsy.proto import U128, p4r, rpc_status

from softswitch.p4runtime.status import Code, P4RuntimeError, invalid

ClientId = NewType("ClientId", int)


@dataclass(frozen=True, slots=True)
class Notification:
    """A message for one client."""

    client: ClientId
    update: p4r.MasterArbitrationUpdate


class Arbitration:
    """The live controllers of one device and the highest election id seen."""

    def __init__(self, device_id: int, max_clients: int) -> None:
        self._device_id = device_id
        self._max_clients = max_clients
        self._election_ids: dict[ClientId, int | None] = {}
        self._highest: int | None = None

    @property
    def primary(self) -> ClientId | None:
        """The live client that holds the highest election id, if there is one."""
        if self._highest is None:
            return None
        holders = (client for client, held in self._election_ids.items() if held == self._highest)
        return next(holders, None)

    def update(self, client: ClientId, request: p4r.MasterArbitrationUpdate) -> list[Notification]:
        """A client arrives, or says another election id; an error here ends its stream."""
        election_id = self._accept(client, request)
        was_primary = self.primary == client
        self._election_ids[client] = election_id
        if election_id is not None and (self._highest is None or election_id >= self._highest):
            self._highest = election_id
            return self._notify_all()
        return self._notify_all() if was_primary else [self._notification(client)]

    def leave(self, client: ClientId) -> list[Notification]:
        """A client's stream has ended."""
        was_primary = self.primary == client
        self._election_ids.pop(client, None)
        return self._notify_all() if was_primary else []

    def require_primary(self, request_id: p4r.Uint128 | None) -> None:
        """Refuse a request that does not carry the primary's election id."""
        primary = self.primary
        if primary is None:
            raise P4RuntimeError(Code.PERMISSION_DENIED, "there is no primary controller")
        if request_id is None or U128.decode(request_id) != self._highest:
            raise P4RuntimeError(
                Code.PERMISSION_DENIED,
                f"the request's election id is not the primary's ({self._highest})",
            )

    def _accept(self, client: ClientId, request: p4r.MasterArbitrationUpdate) -> int | None:
        self._check_device(client, request.device_id)
        if request.role.ListFields():
            raise invalid(f"role {request.role.name!r}: only the default role is supported")
        if client not in self._election_ids and len(self._election_ids) >= self._max_clients:
            raise P4RuntimeError(
                Code.RESOURCE_EXHAUSTED, f"{self._max_clients} controllers are connected already"
            )
        if not request.HasField("election_id"):
            return None
        election_id = U128.decode(request.election_id)
        for other, held in self._election_ids.items():
            if other != client and held == election_id:
                raise invalid(f"election id {election_id} is in use by another controller")
        return election_id

    def _check_device(self, client: ClientId, device_id: int) -> None:
        if device_id == self._device_id:
            return
        known = client in self._election_ids
        raise P4RuntimeError(
            Code.FAILED_PRECONDITION if known else Code.NOT_FOUND,
            f"no device {device_id} here, this is device {self._device_id}",
        )

    def _notify_all(self) -> list[Notification]:
        """Backups first: the new primary learns of it when no other thinks that it is."""
        primary = self.primary
        backups = [client for client in self._election_ids if client != primary]
        told = backups if primary is None else [*backups, primary]
        return [self._notification(client) for client in told]

    def _notification(self, client: ClientId) -> Notification:
        update = p4r.MasterArbitrationUpdate(device_id=self._device_id, status=self._status(client))
        if self._highest is not None:
            update.election_id.CopyFrom(U128.encode(self._highest))
        return Notification(client, update)

    def _status(self, client: ClientId) -> rpc_status.Status:
        primary = self.primary
        if primary is None:
            return rpc_status.Status(code=Code.NOT_FOUND, message="there is no primary")
        if primary == client:
            return rpc_status.Status(code=Code.OK, message="you are primary")
        return rpc_status.Status(code=Code.ALREADY_EXISTS, message="you are backup")
