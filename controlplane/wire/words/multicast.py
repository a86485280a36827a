"""PIM, IGMP and S-PMSI Joins in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from controlplane.wire import igmp
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.bootstrap import Bootstrap, CandidateRpAdvertisement
from controlplane.wire.pim.df_election import Backoff, Offer, Pass, Winner
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from controlplane.wire.pim.message import OtherMessage, decode_message
from controlplane.wire.pim.register import ANY_SOURCE, Register, RegisterStop
from controlplane.wire.reader import Reader
from controlplane.wire.s_pmsi import Join, SPmsiJoin, decode_joins
from controlplane.wire.words.phrases import listed, spoken


def pim_words(data: bytes) -> str:
    match decode_message(data):
        case Hello() as hello:
            return ", ".join(("PIM Hello", *_hello(hello)))
        case JoinPrune() as message:
            parts = (part for group in message.groups for part in _group_set(group))
            return f"PIM Join/Prune to {message.upstream_neighbor}: {listed(parts)}"
        case Register(sg=sg, null=null):
            return f"PIM {'Null-' if null else ''}Register of {sg}"
        case RegisterStop(group=group, source=source):
            return f"PIM Register-Stop of {_tree(source, _range(group))}"
        case Assert() as message:
            return f"PIM Assert of {_assert(message)}"
        case Bootstrap() as message:
            return f"PIM Bootstrap of {message.bsr_address}: {listed(_rp_set(message))}"
        case CandidateRpAdvertisement(rp_address=rp, groups=groups):
            return f"PIM Candidate-RP-Advertisement of {rp} for {listed(map(_range, groups))}"
        case Offer() | Winner() | Backoff() | Pass() as message:
            return f"PIM DF {type(message).__name__} for RP {message.rp_address}"
        case OtherMessage(type=kind):
            return f"PIM {spoken(kind.name)}"


def _tree(source: IPv4Address, groups: str) -> str:
    return f"({'*' if source == ANY_SOURCE else source}, {groups})"


def _range(group: EncodedGroup) -> str:
    return str(group.address) if group.is_single else str(group.groups)


def _assert(message: Assert) -> str:
    source = ANY_SOURCE if message.rpt else message.source
    tree = _tree(source, _range(message.group))
    return f"{tree}, preference {message.preference}, metric {message.metric}"


def _rp_set(message: Bootstrap) -> Iterator[str]:
    for groups in message.ranges:
        yield f"{_range(groups.group)} by {listed(str(rp.address) for rp in groups.rps)}"


def _hello(hello: Hello) -> Iterator[str]:
    if hello.holdtime is not None:
        yield f"holdtime {hello.holdtime} s"
    if hello.generation_id is not None:
        yield f"GenID {hello.generation_id:#010x}"


def _group_set(group: GroupSet) -> Iterator[str]:
    name = _range(group.group)
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


def s_pmsi_words(data: bytes) -> str:
    return f"S-PMSI Join: {listed(map(_s_pmsi_join, decode_joins(Reader(data))))}"


def _s_pmsi_join(join: Join) -> str:
    if isinstance(join, SPmsiJoin):
        return f"{join.flow} in {join.group}"
    return f"type {join.kind}, {len(join.value)} octets"
