"""The packet replication engine: multicast groups and clone sessions.

What a controller wrote is kept as its message, with ports in canonical form, and comes back so. A
replica names its port as bytes or, in the deprecated form, as a number; either is read back as it
was written. Backup replicas, optional in P4Runtime, are not supported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from finsy.proto import p4r

from softswitch.engine import Engine
from softswitch.p4runtime import bytestring
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid, unsupported
from softswitch.p4runtime.store import UpdateType

# v1model: mcast_grp and egress_rid have 16 bits. BMv2: a mirror id has 15.
MAX_GROUP = 0xFFFF
MAX_INSTANCE = 0xFFFF
MAX_SESSION = 0x7FFF
PORT_BITS = 32

Replicas = list[tuple[int, int]]

T = TypeVar("T")


class Replication:
    """The store of both kinds."""

    def __init__(self, engine: Engine) -> None:
        self._groups = MulticastGroups(engine)
        self._sessions = CloneSessions(engine)

    def write(self, kind: UpdateType, message: p4r.PacketReplicationEngineEntry) -> None:
        match message.WhichOneof("type"):
            case "multicast_group_entry":
                self._groups.write(kind, message.multicast_group_entry)
            case "clone_session_entry":
                self._sessions.write(kind, message.clone_session_entry)
            case _:
                raise _neither()

    def read(
        self, request: p4r.PacketReplicationEngineEntry
    ) -> Iterator[p4r.PacketReplicationEngineEntry]:
        match request.WhichOneof("type"):
            case "multicast_group_entry":
                for group in self._groups.read(request.multicast_group_entry):
                    yield p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
            case "clone_session_entry":
                for session in self._sessions.read(request.clone_session_entry):
                    yield p4r.PacketReplicationEngineEntry(clone_session_entry=session)
            case _:
                raise _neither()


class MulticastGroups:
    """Groups by id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._groups: dict[int, p4r.MulticastGroupEntry] = {}

    def write(self, kind: UpdateType, message: p4r.MulticastGroupEntry) -> None:
        group = message.multicast_group_id
        what = f"multicast group {group}"
        _check_id(group, MAX_GROUP, what)
        _check_existence(kind, group in self._groups, what)
        if kind is UpdateType.DELETE:
            self._engine.multicast_group_delete(group)
            del self._groups[group]
            return
        entry, replicas = _canonical_group(message, what)
        self._engine.multicast_group_set(group, replicas)
        self._groups[group] = entry

    def read(self, request: p4r.MulticastGroupEntry) -> Iterator[p4r.MulticastGroupEntry]:
        yield from _selected(self._groups, request.multicast_group_id)


class CloneSessions:
    """Sessions by id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[int, p4r.CloneSessionEntry] = {}

    def write(self, kind: UpdateType, message: p4r.CloneSessionEntry) -> None:
        session = message.session_id
        what = f"clone session {session}"
        _check_id(session, MAX_SESSION, what)
        _check_existence(kind, session in self._sessions, what)
        if kind is UpdateType.DELETE:
            self._engine.clone_session_delete(session)
            del self._sessions[session]
            return
        entry, replicas = _canonical_session(message, what)
        self._engine.clone_session_set(session, replicas, message.packet_length_bytes)
        self._sessions[session] = entry

    def read(self, request: p4r.CloneSessionEntry) -> Iterator[p4r.CloneSessionEntry]:
        yield from _selected(self._sessions, request.session_id)


def _selected(entries: dict[int, T], entry_id: int) -> Iterable[T]:
    if not entry_id:
        return list(entries.values())
    return [entries[entry_id]] if entry_id in entries else []


def _neither() -> P4RuntimeError:
    return invalid("neither a multicast group nor a clone session")


def _check_id(entry_id: int, limit: int, what: str) -> None:
    if not 0 < entry_id <= limit:
        raise invalid(f"{what}: the id is outside of 1..{limit}")


def _check_existence(kind: UpdateType, exists: bool, what: str) -> None:
    if kind is UpdateType.INSERT and exists:
        raise P4RuntimeError(Code.ALREADY_EXISTS, f"{what} exists already")
    if kind is not UpdateType.INSERT and not exists:
        raise P4RuntimeError(Code.NOT_FOUND, f"{what} does not exist")


def _canonical_group(
    message: p4r.MulticastGroupEntry, what: str
) -> tuple[p4r.MulticastGroupEntry, Replicas]:
    entry = p4r.MulticastGroupEntry()
    entry.CopyFrom(message)
    replicas = _canonical_replicas(entry.replicas, what)
    if len(set(replicas)) != len(replicas):
        raise invalid(f"{what}: two replicas have the same port and instance")
    return entry, replicas


def _canonical_session(
    message: p4r.CloneSessionEntry, what: str
) -> tuple[p4r.CloneSessionEntry, Replicas]:
    if message.class_of_service:
        raise unsupported("classes of service of clones")
    if message.packet_length_bytes < 0:
        raise invalid(f"{what}: a packet length of {message.packet_length_bytes} is negative")
    entry = p4r.CloneSessionEntry()
    entry.CopyFrom(message)
    return entry, _canonical_replicas(entry.replicas, what)


def _canonical_replicas(messages: Sequence[p4r.Replica], what: str) -> Replicas:
    return [_canonical_replica(message, what) for message in messages]


def _canonical_replica(message: p4r.Replica, what: str) -> tuple[int, int]:
    """(port, instance); writes the port's canonical form into the message."""
    if message.backup_replicas:
        raise unsupported("backup replicas")
    if message.instance > MAX_INSTANCE:
        raise invalid(f"{what}: instance {message.instance} is above {MAX_INSTANCE}")
    kind = message.WhichOneof("port_kind")
    if kind is None:
        raise invalid(f"{what}: a replica without a port")
    if kind == "egress_port":
        return message.egress_port, message.instance
    port = bytestring.decode(message.port, PORT_BITS, f"{what}, port")
    message.port = bytestring.encode(port)
    return port, message.instance
