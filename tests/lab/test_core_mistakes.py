"""Mistakes about the provider's core are reported with line and field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane.lab.errors import BadLabFile
from controlplane.lab.load import Lab
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

CHAIN = """\
routers:
  pe1: {role: pe}
  p1: {role: p}
  p2: {role: p}
  pe2: {role: pe}
links:
  - {ends: [pe1, p1]}
  - {ends: [p1, p2]}
  - {ends: [p2, pe2]}
"""
AREA_1 = "pe2: {role: pe, area: 0.0.0.1}"


def changed(*changes: tuple[str, str]) -> str:
    text = CHAIN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


LAST_IN_1 = ("[p2, pe2]", "[p2, pe2], area: 0.0.0.1")
MIDDLE_IN_1 = ("[p1, p2]", "[p1, p2], area: 0.0.0.1")
PE2_IN_1 = ("pe2: {role: pe}", AREA_1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # areas
        (
            f"{CHAIN}provider: {{ospf: {{areas: {{0.0.0.9: {{kind: stub}}}}}}}}\n",
            "10: provider.ospf.areas.0.0.0.9: no link and no loopback of the core is in this area",
        ),
        (
            changed(LAST_IN_1),
            "5: routers.pe2.area: the loopback is in the backbone, all neighbours are in 0.0.0.1: "
            "say `area: 0.0.0.1`",
        ),
        (
            changed(PE2_IN_1, LAST_IN_1, ("[p1, p2]", "[p1, p2], area: 0.0.0.2")),
            "4: routers.p2: is in several areas (0.0.0.1, 0.0.0.2) and has no neighbour in the "
            "backbone (RFC 2328 3.1)",
        ),
        (
            changed(
                ("pe1: {role: pe}", "pe1: {role: pe, area: 0.0.0.2}"),
                ("p1: {role: p}", "p1: {role: p, area: 0.0.0.2}"),
                ("[pe1, p1]", "[pe1, p1], area: 0.0.0.2"),
                ("  - {ends: [p1, p2]}\n", ""),
            ),
            "7: links[0].area: no router joins area 0.0.0.2 to the backbone (RFC 2328 3.1)",
        ),
        # intervals
        (
            f"{CHAIN}timers: {{ospf: {{dead_interval: 10}}}}\n",
            "10: timers.ospf.dead_interval: a neighbour is dead after 10 s, and its next Hello "
            "comes after 10 s",
        ),
        (
            f"{CHAIN}provider:\n  timers:\n    ospf:\n      hello_interval: 60\n",
            "13: provider.timers.ospf.hello_interval: a neighbour is dead after 40 s, and its next "
            "Hello comes after 60 s",
        ),
        (
            changed(("[p2, pe2]", "{p2: {}, pe2: {ospf: {hello_interval: 5, dead_interval: 4}}}")),
            "9: links[2].ends.pe2.ospf.dead_interval: a neighbour is dead after 4 s, and its next "
            "Hello comes after 5 s",
        ),
        # links
        (
            changed(("[p1, p2]", "[p1, p2, pe2], network: point-to-point")),
            "8: links[1].network: a point-to-point link has two routers, this one p1, p2, pe2",
        ),
        # keys
        (
            f"{CHAIN}provider: {{ldp: {{key: {'ä' * 41}}}}}\n",
            "10: provider.ldp.key: a key has at most 80 octets, this one has 82",
        ),
        (
            f"{CHAIN}timers: {{ospf: {{key: {'k' * 17}}}}}\n",
            "10: timers.ospf.key: a key has at most 16 octets, this one has 17",
        ),
        # LDP
        (
            f"{CHAIN}provider: {{ldp: {{gtsm: true}}}}\n",
            "10: provider.ldp: `gtsm` needs `sync: false` (RFC 6720 1.2)",
        ),
        (
            f"{CHAIN}provider: {{ldp: {{targeted: {{pe1: [pe3]}}}}}}\n",
            "10: provider.ldp.targeted.pe1: no router is called pe3; is it pe2?",
        ),
        (
            f"{CHAIN}provider: {{ldp: {{targeted: {{pe1: [pe1, p2]}}}}}}\n",
            "10: provider.ldp.targeted.pe1: pe1 is no peer of itself",
        ),
    ],
)
def test_a_mistake_about_the_core_is_one_line(load_text: LoadText, text: str, line: str) -> None:
    with pytest.raises(BadLabFile) as error:
        load_text(text)
    assert error.value.lines == (f"lab.yaml:{line}",)


def test_a_customer_s_router_is_no_peer_of_ldp(load_text: LoadText, small: str) -> None:
    lines = mistakes(load_text, f"{small}provider: {{ldp: {{targeted: {{pe1: [ce1]}}}}}}\n")
    assert lines == [
        "provider.ldp.targeted.pe1: ce1 is no router of the core: it speaks no LDP",
    ]


@pytest.mark.parametrize(
    "text",
    [
        changed(PE2_IN_1, LAST_IN_1),
        changed(PE2_IN_1),
        changed(*((end, f"{end}, area: 0.0.0.1") for end in ("[pe1, p1]", "[p1, p2]", "[p2, pe2]")))
        .replace("role: pe}", "role: pe, area: 0.0.0.1}")
        .replace("role: p}", "role: p, area: 0.0.0.1}"),
        f"{CHAIN}timers: {{ospf: {{dead_interval: 11}}}}\n",
        f"{CHAIN}provider: {{ldp: {{key: {'k' * 80}, gtsm: true, sync: false}}}}\n",
        changed(("[p1, p2]", "[p1, p2], network: point-to-point")),
    ],
    ids=[
        "an area behind its border router",
        "a loopback alone in its area",
        "one area that is not the backbone",
        "a dead interval just above the hello interval",
        "gtsm instead of sync, and the longest key",
        "two routers point-to-point",
    ],
)
def test_what_is_right_is_not_complained_about(load_text: LoadText, text: str) -> None:
    assert load_text(text).name == "lab"


def test_timers_of_all_are_wrong_once(load_text: LoadText) -> None:
    assert len(mistakes(load_text, f"{CHAIN}timers: {{ospf: {{dead_interval: 5}}}}\n")) == 1


def test_a_core_without_links_between_routers_has_no_areas_to_join(load_text: LoadText) -> None:
    text = "routers: {pe1: {role: pe}}\nhosts: {h: {}}\n"
    assert load_text(f"{text}links: [{{ends: [pe1, h], area: 0.0.0.1}}]\n").name == "lab"
