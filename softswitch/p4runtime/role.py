"""What a role may do (section "Role Config").

P4Runtime leaves open how a role is described. Here it is as in Stratum, whose message finsy speaks
too: `stratum.P4RoleConfig` names the P4Info ids that the role owns, alone or with others, which
packet-ins it gets, and whether it may set the pipeline. Without a description a role may do
everything, as the default role always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from finsy.proto import p4r, stratum

from softswitch.p4runtime.status import invalid

DEFAULT_ROLE: Final = ""

_ID: Final[Mapping[str, attrgetter[int]]] = MappingProxyType(
    {
        "table_entry": attrgetter("table_id"),
        "direct_counter_entry": attrgetter("table_entry.table_id"),
        "direct_meter_entry": attrgetter("table_entry.table_id"),
        "action_profile_member": attrgetter("action_profile_id"),
        "action_profile_group": attrgetter("action_profile_id"),
        "counter_entry": attrgetter("counter_id"),
        "meter_entry": attrgetter("meter_id"),
        "register_entry": attrgetter("register_id"),
        "value_set_entry": attrgetter("value_set_id"),
        "digest_entry": attrgetter("digest_id"),
        "extern_entry": attrgetter("extern_id"),
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the pipeline that a role controls."""

    ids: frozenset[int] | None = None
    """P4Info ids that it may write; None for all, multicast groups and clone sessions included."""
    exclusive: frozenset[int] = frozenset()
    receives_packet_ins: bool = True
    packet_in_filter: tuple[int, int] | None = None
    """Metadata id and the value that packet-ins must have."""
    can_push_pipeline: bool = True

    def has_id(self, p4_id: int) -> bool:
        """Whether an object of P4Info is in it."""
        return self.ids is None or p4_id in self.ids

    def has(self, entity: p4r.Entity) -> bool:
        """Whether an entity is; what the replication engine holds has no id to name it by."""
        which = entity.WhichOneof("entity")
        if self.ids is None or which is None:
            return True
        return which in _ID and _ID[which](getattr(entity, which)) in self.ids

    def receives(self, packet: p4r.PacketIn) -> bool:
        """Whether the role's primary gets a packet-in."""
        if not self.receives_packet_ins or self.packet_in_filter is None:
            return self.receives_packet_ins
        wanted, value = self.packet_in_filter
        return any(
            item.metadata_id == wanted and int.from_bytes(item.value) == value
            for item in packet.metadata
        )


EVERYTHING: Final = Scope()


def read_scope(role: p4r.Role) -> Scope:
    """What a controller says of its role; INVALID_ARGUMENT for what is not agreed upon."""
    if role.id:
        raise invalid(f"role id {role.id}: roles go by name, numbers are deprecated")
    if not role.HasField("config"):
        return EVERYTHING
    if role.name == DEFAULT_ROLE:
        raise invalid("the default role has full access, it takes no config")
    config = stratum.P4RoleConfig()
    if not role.config.Unpack(config):
        raise invalid(f"role {role.name!r}: its config must be a stratum.P4RoleConfig")
    return _scope(config)


def _scope(config: stratum.P4RoleConfig) -> Scope:
    exclusive = frozenset(config.exclusive_p4_ids)
    return Scope(
        ids=exclusive.union(config.shared_p4_ids),
        exclusive=exclusive,
        receives_packet_ins=config.receives_packet_ins,
        packet_in_filter=_filter(config),
        can_push_pipeline=config.can_push_pipeline,
    )


def _filter(config: stratum.P4RoleConfig) -> tuple[int, int] | None:
    if not config.HasField("packet_in_filter"):
        return None
    wanted = config.packet_in_filter
    return wanted.metadata_id, int.from_bytes(wanted.value)
