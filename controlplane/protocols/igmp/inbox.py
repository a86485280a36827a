"""From a received packet to what it says, or to the reason why it is dropped.

Messages are checked as far as an engine sees them: TTL 1, checksum, a source on the subnet (RFC
3376 9.2; 0.0.0.0 is a host that has no address yet, 4.2.13). A Router Alert option is not asked
for: 9.2 leaves that open, because old versions do not send one. Reports and leaves of versions 1
and 2 become the version 3 records that say the same (7.3.2), and records that may not have an
effect are taken out: those of groups that are never forwarded, and in the SSM range those that
name no source to include (RFC 4604 3.1, 3.5, 3.7). Old versions cannot; theirs count for groups
whose sources the router knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.engine.engine import PacketReceived
from controlplane.net.interface import Interface
from controlplane.net.multicast import LINK_LOCAL, SSM_RANGE
from controlplane.protocols.igmp.counters import IgmpCount, IgmpCounters
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.wire.igmp import (
    GroupRecord,
    IgmpMessage,
    IgmpType,
    OtherIgmp,
    QueryV3,
    RecordType,
    ReportV3,
    ShortMessage,
    decode,
)
from controlplane.wire.reader import DecodeError, Reader

Query: TypeAlias = ShortMessage | QueryV3

_ANY_SOURCE: Final = frozenset({RecordType.MODE_IS_EXCLUDE, RecordType.CHANGE_TO_EXCLUDE_MODE})


@dataclass(frozen=True, slots=True)
class Report:
    """What a host reports; `older_host` is 1 or 2 for a report of that version."""

    records: tuple[GroupRecord, ...]
    older_host: int | None = None


class Inbox:
    """What arrives on one interface, whose router has these settings."""

    def __init__(
        self, interface: Interface, settings: IgmpSettings, counters: IgmpCounters
    ) -> None:
        self._interface = interface
        self._settings = settings
        self._counters = counters

    def open(self, packet: PacketReceived) -> Query | Report | None:
        """None when the packet was dropped, and counted."""
        reason = self._objection(packet)
        if reason is None:
            try:
                return self._read(decode(Reader(packet.payload)))
            except DecodeError:
                reason = IgmpCount.DROPPED_MALFORMED
        self._counters[reason] += 1
        return None

    def _objection(self, packet: PacketReceived) -> IgmpCount | None:
        own = self._interface.address
        if packet.ttl != 1:
            return IgmpCount.DROPPED_TTL
        if packet.source == own.ip:
            return IgmpCount.DROPPED_OWN_ADDRESS
        if not packet.source.is_unspecified and packet.source not in own.network:
            return IgmpCount.DROPPED_FOREIGN_SOURCE
        return None

    def _read(self, message: IgmpMessage) -> Query | Report | None:
        match message:
            case QueryV3() | ShortMessage(kind=IgmpType.QUERY):
                return self._accept(IgmpCount.RECEIVED_QUERY, message)
            case ShortMessage(kind=IgmpType.REPORT_V1, group=group):
                report = self._short_report(RecordType.MODE_IS_EXCLUDE, group, older_host=1)
                return self._accept(IgmpCount.RECEIVED_REPORT_V1, report)
            case ShortMessage(kind=IgmpType.REPORT_V2, group=group):
                report = self._short_report(RecordType.MODE_IS_EXCLUDE, group, older_host=2)
                return self._accept(IgmpCount.RECEIVED_REPORT_V2, report)
            case ShortMessage(group=group) if self._settings.version >= 2:
                report = self._short_report(RecordType.CHANGE_TO_INCLUDE_MODE, group)
                return self._accept(IgmpCount.RECEIVED_LEAVE_V2, report)
            case ReportV3(records=records) if self._settings.version >= 3:
                return self._accept(IgmpCount.RECEIVED_REPORT_V3, self._report(records))
            case OtherIgmp():
                return self._accept(IgmpCount.DROPPED_UNKNOWN_TYPE, None)
            case ShortMessage() | ReportV3():
                return self._accept(IgmpCount.DROPPED_VERSION, None)

    def _accept(self, count: IgmpCount, what: Query | Report | None) -> Query | Report | None:
        self._counters[count] += 1
        return what

    def _short_report(
        self, kind: RecordType, group: IPv4Address, older_host: int | None = None
    ) -> Report:
        """A report or leave of version 1 or 2."""
        if group in SSM_RANGE and not self._settings.maps(group):
            self._counters[IgmpCount.IGNORED_SSM_WITHOUT_SOURCE] += 1
            return Report(())
        record = GroupRecord(kind=kind, group=group)
        return Report((record,) if self._is_forwarded(group) else (), older_host)

    def _report(self, records: tuple[GroupRecord, ...]) -> Report:
        return Report(tuple(r for r in records if self._has_effect(r)))

    def _is_forwarded(self, group: IPv4Address) -> bool:
        if not group.is_multicast or group in LINK_LOCAL:
            self._counters[IgmpCount.IGNORED_NOT_FORWARDED] += 1
            return False
        return True

    def _has_effect(self, record: GroupRecord) -> bool:
        if not self._is_forwarded(record.group):
            return False
        if record.group in SSM_RANGE and record.kind in _ANY_SOURCE:
            self._counters[IgmpCount.IGNORED_SSM_WITHOUT_SOURCE] += 1
            return False
        return True
