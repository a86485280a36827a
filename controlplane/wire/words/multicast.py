"""PIM and IGMP in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlplane.wire import igmp
from controlplane.wire.pim.address import EncodedSource
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import decode_message
from controlplane.wire.reader import Reader
from controlplane.wire.words.phrases import listed, spoken


def pim_words(data: bytes) -> str:
    match decode_message(data):
        case Hello() as hello:
            return ", ".join(("PIM Hello", *_hello(hello)))
        case JoinPrune() as message:
            parts = (part for group in message.groups for part in _group_set(group))
            return f"PIM Join/Prune to {message.upstream_neighbor}: {listed(parts)}"
        case other:
            return f"PIM {spoken(other.type.name)}"


def _hello(hello: Hello) -> Iterator[str]:
    if hello.holdtime is not None:
        yield f"holdtime {hello.holdtime} s"
    if hello.generation_id is not None:
        yield f"GenID {hello.generation_id:#010x}"


def _group_set(group: GroupSet) -> Iterator[str]:
    mask = "" if group.group.is_single else f"/{group.group.mask_length}"
    name = f"{group.group.address}{mask}"
    yield from (f"join {_source(source, name)}" for source in group.joined)
    yield from (f"prune {_source(source, name)}" for source in group.pruned)


def _source(source: EncodedSource, group: str) -> str:
    if source.wildcard:
        return f"(*, {group})"
    return f"({source.address}, {group}{', rpt' if source.rpt else ''})"


def igmp_words(data: bytes) -> str:
    match igmp.decode(Reader(data)):
        case igmp.ShortMessage(kind=kind, group=group):
            return f"IGMP {spoken(kind.name)} of {_group(group)}"
        case igmp.QueryV3(group=group, sources=sources):
            return f"IGMP query v3 of {_group(group)}{_sources(sources)}"
        case igmp.ReportV3(records=records):
            return f"IGMP report v3: {listed(map(_record, records))}"
        case igmp.OtherIgmp(kind=number):
            return f"IGMP type {number:#04x}"


def _record(record: igmp.GroupRecord) -> str:
    return f"{spoken(record.kind.name)} {record.group}{_sources(record.sources)}"


def _group(group: object) -> str:
    return "all groups" if group == igmp.ANY_GROUP else str(group)


def _sources(sources: Iterable[object]) -> str:
    found = ", ".join(map(str, sources))
    return f" from {found}" if found else ""
