"""Whatever hosts and routers say, in whatever order: what PIM was told is what is recorded."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.igmp.filter import FilterMode
from controlplane.wire.igmp import IgmpType, RecordType
from tests.protocols.igmp.lan import HIGHER_ROUTER, LOWER_ROUTER, S1, S2, S3, SSM, G, Lan

Step: TypeAlias = tuple[str, float, IPv4Address, tuple[IPv4Address, ...]]

SAYINGS = [*RecordType.__members__, *IgmpType.__members__, "QUERY_LOWER", "QUERY_HIGHER"]
STEPS = st.tuples(
    st.sampled_from(SAYINGS),
    st.sampled_from([0.0, 0.3, 1.0, 2.0, 100.0, 260.0]),
    st.sampled_from([G, SSM]),
    st.lists(st.sampled_from([S1, S2, S3]), unique=True).map(tuple),
)


def say(lan: Lan, saying: str, group: IPv4Address, sources: tuple[IPv4Address, ...]) -> list[str]:
    if saying in RecordType.__members__:
        return lan.report(RecordType[saying], *sources, group=group)
    if saying in IgmpType.__members__:
        return lan.short(IgmpType[saying], group)
    return lan.query(LOWER_ROUTER if saying == "QUERY_LOWER" else HIGHER_ROUTER, group, sources)


def follow(told: set[str], lines: list[str]) -> None:
    """Keep the set of what PIM was told; an edge that changes nothing is an error."""
    for text in (text.split(" ")[-1] for text in lines):
        if text.startswith("+("):
            assert text[1:] not in told
            told.add(text[1:])
        elif text.startswith("-("):
            told.remove(text[1:])


def recorded(lan: Lan) -> set[str]:
    names = {S1: "s1", S2: "s2", S3: "s3", G: "G", SSM: "SSM"}
    desired = set()
    for group in lan.engine.groups(lan.now):
        wanted = [
            names[source.address] if source.expires is not None else f"!{names[source.address]}"
            for source in group.sources
        ]
        if group.mode is FilterMode.EXCLUDE:
            wanted.append("*")
        desired |= {f"({source},{names[group.group]})" for source in wanted}
    return desired


@given(st.sampled_from([1, 2, 3]), st.lists(STEPS, max_size=25))
def test_edges_and_records_agree_and_nothing_is_left_in_the_end(
    robustness: int, steps: list[Step]
) -> None:
    lan, told = Lan(IgmpSettings(robustness=robustness)), set[str]()
    for saying, pause, group, sources in steps:
        follow(told, say(lan, saying, group, sources))
        assert told == recorded(lan)
        follow(told, lan.run(lan.now + pause))
        assert told == recorded(lan)
    follow(told, lan.run(lan.now + 2000))
    assert told == recorded(lan) == set()
    follow(told, lan.down())
    assert lan.engine.next_deadline() is None
