"""Who may write: for every role its primary and backups, and what the role may do.

A controller says on its stream for which role it stands, once, and with which election id. Each
role elects its primary on its own (`election`), and the primary's config says what the role may do
(`role`). This is state only: it returns what each client has to be told, and the caller sends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from finsy.proto import U128, p4r, rpc_status

from softswitch.p4runtime.election import ClientId, Election
from softswitch.p4runtime.role import DEFAULT_ROLE, EVERYTHING, Scope, read_scope
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid


@dataclass(frozen=True, slots=True)
class Notification:
    """A message for one client."""

    client: ClientId
    update: p4r.MasterArbitrationUpdate


@dataclass(slots=True)
class _Role:
    election: Election = field(default_factory=Election)
    scope: Scope = EVERYTHING
    message: p4r.Role = field(default_factory=p4r.Role)
    """As its primary said it last."""


class Arbitration:
    """The live controllers of one device and the roles that they have."""

    def __init__(self, device_id: int, max_clients: int) -> None:
        self._device_id = device_id
        self._max_clients = max_clients
        self._roles = {DEFAULT_ROLE: _Role()}
        self._clients: dict[ClientId, str] = {}

    def primaries(self) -> Iterator[tuple[ClientId, Scope]]:
        """The primary of each role that has one, with what it controls."""
        for role in self._roles.values():
            primary = role.election.primary
            if primary is not None:
                yield primary, role.scope

    def update(self, client: ClientId, request: p4r.MasterArbitrationUpdate) -> list[Notification]:
        """A client arrives, or says another election id; an error here ends its stream."""
        self._check_client(client, request)
        name, scope = request.role.name, read_scope(request.role)
        self._check_exclusive(name, scope)
        role = self._roles.get(name, _Role())
        election_id = U128.decode(request.election_id) if request.HasField("election_id") else None
        _check_unused(role.election, client, election_id)
        self._roles[name], self._clients[client] = role, name
        told = role.election.stand(client, election_id)
        if role.election.primary == client:
            role.scope, role.message = scope, _copy(request.role)
        return self._notifications(role, told)

    def leave(self, client: ClientId) -> list[Notification]:
        """A client's stream has ended."""
        name = self._clients.pop(client, None)
        if name is None:
            return []
        role = self._roles[name]
        return self._notifications(role, role.election.leave(client))

    def scope(self, role: str) -> Scope:
        """What a role may do; NOT_FOUND for one that no controller has ever stood for."""
        return self._role(role).scope

    def require_primary(self, role: str, request_id: p4r.Uint128 | None) -> Scope:
        """What the role may do; refuses a request without the election id of its primary."""
        found = self._role(role)
        election = found.election
        if election.primary is None:
            raise P4RuntimeError(Code.PERMISSION_DENIED, f"there is no primary{_of(role)}")
        if request_id is None or U128.decode(request_id) != election.highest:
            raise P4RuntimeError(
                Code.PERMISSION_DENIED,
                f"the request's election id is not that of the primary{_of(role)}"
                f" ({election.highest})",
            )
        return found.scope

    def _role(self, name: str) -> _Role:
        role = self._roles.get(name)
        if role is None:
            raise P4RuntimeError(Code.NOT_FOUND, f"no role {name!r} here")
        return role

    def _check_client(self, client: ClientId, request: p4r.MasterArbitrationUpdate) -> None:
        """The rules about device and role, for a new client and for a known one."""
        known = client in self._clients
        if request.device_id != self._device_id:
            raise P4RuntimeError(
                Code.FAILED_PRECONDITION if known else Code.NOT_FOUND,
                f"no device {request.device_id} here, this is device {self._device_id}",
            )
        if known and request.role.name != self._clients[client]:
            raise P4RuntimeError(
                Code.FAILED_PRECONDITION,
                f"this stream stands for role {self._clients[client]!r}, another takes a new one",
            )
        if not known and len(self._clients) >= self._max_clients:
            raise P4RuntimeError(
                Code.RESOURCE_EXHAUSTED, f"{self._max_clients} controllers are connected already"
            )

    def _check_exclusive(self, name: str, scope: Scope) -> None:
        """What a role has for itself no other described role may have too."""
        for other, role in self._roles.items():
            if other == name or scope.ids is None or role.scope.ids is None:
                continue
            both = (scope.exclusive & role.scope.ids) | (scope.ids & role.scope.exclusive)
            if both:
                ids = ", ".join(f"{p4_id:#010x}" for p4_id in sorted(both))
                raise invalid(f"roles {name!r} and {other!r} both have {ids}, one exclusively")

    def _notifications(self, role: _Role, clients: Iterable[ClientId]) -> list[Notification]:
        return [self._notification(role, client) for client in clients]

    def _notification(self, role: _Role, client: ClientId) -> Notification:
        update = p4r.MasterArbitrationUpdate(
            device_id=self._device_id, status=_status(role.election, client)
        )
        name = self._clients.get(client, DEFAULT_ROLE)
        if name != DEFAULT_ROLE:
            update.role.CopyFrom(role.message)
            update.role.name = name
        if role.election.highest is not None:
            update.election_id.CopyFrom(U128.encode(role.election.highest))
        return Notification(client, update)


def _check_unused(election: Election, client: ClientId, election_id: int | None) -> None:
    if election_id is not None and election.holder(election_id) not in (None, client):
        raise invalid(f"election id {election_id} is in use by another controller")


def _status(election: Election, client: ClientId) -> rpc_status.Status:
    primary = election.primary
    if primary is None:
        return rpc_status.Status(code=Code.NOT_FOUND, message="there is no primary")
    if primary == client:
        return rpc_status.Status(code=Code.OK, message="you are primary")
    return rpc_status.Status(code=Code.ALREADY_EXISTS, message="you are backup")


def _copy(role: p4r.Role) -> p4r.Role:
    copy = p4r.Role()
    copy.CopyFrom(role)
    return copy


def _of(role: str) -> str:
    return f" of role {role!r}" if role else ""
