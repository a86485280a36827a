"""Entities <-> P4Runtime messages.

What is read may have been written by anybody, so whatever cannot be one of our entities is passed
over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, assert_never

from finsy.proto import p4r

from controlplane.p4rt import bytestring, names
from controlplane.p4rt.entities import (
    ActionSet,
    CloneSession,
    Copies,
    Entity,
    Group,
    PolicerEntry,
    TableEntry,
)
from controlplane.p4rt.pipeline import Pipeline
from controlplane.p4rt.plan import Operation, Update
from controlplane.p4rt.table_codec import TableCodec

_UPDATE_TYPE: Final = {
    Operation.INSERT: p4r.Update.INSERT,
    Operation.MODIFY: p4r.Update.MODIFY,
    Operation.DELETE: p4r.Update.DELETE,
}


class Codec:
    """The messages of one pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.tables = TableCodec(pipeline)
        self._policer = pipeline.meters[names.PUNT_POLICER]

    def updates(self, batch: Iterable[Update]) -> list[p4r.Update]:
        """A batch, as the updates of a write request."""
        return [self._update(update) for update in batch]

    def read_all(self) -> list[p4r.Entity]:
        """Wildcards that select all that the control plane writes."""
        groups, sessions, policers = p4r.Entity(), p4r.Entity(), p4r.Entity()
        groups.packet_replication_engine_entry.multicast_group_entry.SetInParent()
        sessions.packet_replication_engine_entry.clone_session_entry.SetInParent()
        policers.meter_entry.meter_id = self._policer
        return [*self.tables.wildcards(), groups, sessions, policers]

    def decode(self, messages: Iterable[p4r.Entity]) -> Iterator[Entity]:
        """The entities in what was read."""
        for message in messages:
            entity = self._entity(message)
            if entity is not None:
                yield entity

    def _update(self, update: Update) -> p4r.Update:
        operation, entity = update
        message = p4r.Update(type=_UPDATE_TYPE[operation])
        replication = message.entity.packet_replication_engine_entry
        match entity:
            case TableEntry() | ActionSet():
                self._encode_entry(entity, message)
            case Group(number, copies):
                replication.multicast_group_entry.multicast_group_id = number
                replication.multicast_group_entry.replicas.extend(_replicas(copies))
            case CloneSession(number, copies):
                replication.clone_session_entry.session_id = number
                replication.clone_session_entry.replicas.extend(_replicas(copies))
            case PolicerEntry():
                self._encode_policer(entity, message)
            case _:
                assert_never(entity)
        return message

    def _encode_entry(self, entry: TableEntry | ActionSet, message: p4r.Update) -> None:
        """A table without a key always has its one entry, the default one (P4Runtime 9.1.3)."""
        self.tables.encode(entry, message.entity.table_entry)
        if message.entity.table_entry.is_default_action:
            message.type = p4r.Update.MODIFY

    def _encode_policer(self, entity: PolicerEntry, message: p4r.Update) -> None:
        """Cells of a meter always exist: they are modified only, and reset by no configuration."""
        meter = message.entity.meter_entry
        meter.meter_id = self._policer
        meter.index.index = entity.reason
        if message.type != p4r.Update.DELETE:
            # Both rates alike: what conforms is green, the rest is red (RFC 2698 3).
            meter.config.cir = meter.config.pir = entity.rate
            meter.config.cburst = meter.config.pburst = entity.burst
        message.type = p4r.Update.MODIFY

    def _entity(self, message: p4r.Entity) -> Entity | None:
        match message.WhichOneof("entity"):
            case "table_entry":
                return self.tables.decode(message.table_entry)
            case "packet_replication_engine_entry":
                return _replication_entity(message.packet_replication_engine_entry)
            case "meter_entry":
                return self._policer_entity(message.meter_entry)
            case _:
                return None

    def _policer_entity(self, meter: p4r.MeterEntry) -> PolicerEntry | None:
        if meter.meter_id != self._policer or not meter.HasField("config"):
            return None
        return PolicerEntry(meter.index.index, meter.config.cir, meter.config.cburst)


def _replicas(copies: Copies) -> Iterator[p4r.Replica]:
    for port, instance in sorted(copies):
        yield p4r.Replica(port=bytestring.encode(port), instance=instance)


def _replication_entity(
    entry: p4r.PacketReplicationEngineEntry,
) -> Group | CloneSession | None:
    match entry.WhichOneof("type"):
        case "multicast_group_entry":
            group = entry.multicast_group_entry
            return Group(group.multicast_group_id, _copies(group.replicas))
        case "clone_session_entry":
            session = entry.clone_session_entry
            return CloneSession(session.session_id, _copies(session.replicas))
        case _:
            return None


def _copies(replicas: Iterable[p4r.Replica]) -> Copies:
    return frozenset((_port(replica), replica.instance) for replica in replicas)


def _port(replica: p4r.Replica) -> int:
    """Older targets answer with the number that P4Runtime 1.4 has deprecated."""
    if replica.WhichOneof("port_kind") == "egress_port":
        return replica.egress_port
    return bytestring.decode(replica.port)
