"""What could never hold or never work in a network is refused before anything starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane.lab.load import Lab
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

STREAMS = """\
streams:
  tv: {from: src, to: 232.1.1.1, rate: 10, count: 10}
  ping: {from: src, to: rcv, rate: 10, count: 10}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "[pe1, ce1], vpn: red}",
            "[pe1, ce1]}",
            ["links[2]: needs a `vpn`: in which VRF of pe1 is ce1?"],
        ),
        (
            "{ends: [p1, pe2]}",
            "{ends: [p1, pe2], vpn: red}",
            ["links[1].vpn: p1 is a P router: links of the core are in no VPN"],
        ),
        (
            "{ends: [p1, pe2]}",
            "{ends: [p1, pe2]}\n  - {ends: [pe1, pe2], vpn: red}",
            ["links[2].vpn: all ends are PEs: links of the core are in no VPN"],
        ),
        (
            "{ends: [p1, pe2]}",
            "{ends: [p1, pe2]}\n  - {ends: [p1, ce1]}",
            ["links[2].ends: p1 is a P router and serves no customers: ce1 needs a PE"],
        ),
        ("p1: {role: p}", "p1: {role: p}\n  p2: {role: p}", ["routers.p2: is on no link"]),
        (
            "232.10.0.1}",
            "{pe1: 232.10.0.1, pe2: 232.10.0.1, p1: 232.10.0.1}}",
            ["vpns.red.default_mdt.p1: p1 has no VRF of red"],
        ),
    ],
)
def test_a_network_that_cannot_work_is_refused(
    load_text: LoadText, small: str, old: str, new: str, expected: list[str]
) -> None:
    assert old in small
    assert mistakes(load_text, small.replace(old, new, 1)) == expected


def test_a_router_may_be_alone(load_text: LoadText) -> None:
    assert load_text("routers: {p1: {role: p}}\n").layout.links == ()


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (
            "streams: {tv: {from: src, to: src, rate: 1, count: 1}}",
            "streams.tv.to: src would send to itself",
        ),
        (
            STREAMS + "events: [{at: 0, join: ping, hosts: rcv}]",
            "events[0].join: ping goes to the host rcv, not to a group",
        ),
        (
            STREAMS + "expect: [{carried: tv, links: pe1-p1, gre: {source: p1, group: 232.1.1.1}}]",
            "expect[0].gre.source: p1 is no PE, so it puts nothing into GRE",
        ),
        (
            STREAMS + "expect: [{carried: tv, links: core}]",
            "expect[0].links: `core` is for `not_carried`; name each link that carries it, no "
            "other core link may",
        ),
        (
            STREAMS + "expect: [{mroute: tv, routers: p1}]",
            "expect[0].routers: p1 has no VRF of red, so it knows no tree of that VPN",
        ),
        (
            STREAMS + "expect: [{mroute: tv, routers: ce1, incoming: p1-pe2}]",
            "expect[0].incoming: p1-pe2 is no link of ce1",
        ),
        (
            STREAMS + "expect: [{mroute: tv, routers: [pe1], outgoing: [mdt, pe1-p1]}]",
            "expect[0].outgoing: pe1-p1 is no link of pe1 in VRF red",
        ),
        (
            STREAMS + "expect: [{mroute: tv, routers: ce1, outgoing: mdt}]",
            "expect[0].outgoing: ce1 has no PMSI",
        ),
        (
            "expect: [{mroute: {source: pe1, group: 232.10.0.1}, routers: pe2, outgoing: pe2-ce2}]",
            "expect[0].outgoing: pe2-ce2 is no link of pe2 outside of VPNs",
        ),
        (
            "expect: [{pim_neighbors: {p1: [ce1]}}]",
            "expect[0].pim_neighbors.p1: ce1 cannot be a neighbour of p1",
        ),
        (
            "expect: [{pim_neighbors: all, within: 0}]",
            "expect[0].within: 0 should be greater than or equal to 0.1",
        ),
    ],
)
def test_what_can_never_hold_is_refused(
    load_text: LoadText, small: str, added: str, expected: str
) -> None:
    assert mistakes(load_text, f"{small}{added}\n") == [expected]


@pytest.mark.parametrize("key", ["pim_neighbors", "routes", "no_routes"])
def test_a_vpn_of_which_a_pe_has_no_vrf_is_refused(
    load_text: LoadText, small: str, key: str
) -> None:
    text = small.replace("{role: ce}\nhosts", "{role: ce}\n  ce3: {role: ce}\nhosts")
    text = text.replace("vpns:", "  - {ends: [pe2, ce3], vpn: blue}\nvpns:\n  blue: {rd: 65000:2}")
    text += f"expect: [{{{key}: {{pe1: [], ce1: []}}, vpn: blue}}]\n"
    assert mistakes(load_text, text) == ["expect[0].vpn: pe1 has no VRF of blue"]


def test_mistakes_elsewhere_do_not_hide_those_that_need_the_whole_network(
    load_text: LoadText, small: str
) -> None:
    text = small.replace("{ends: [pe1, p1]}", "{ends: {pe1: {port: 2}, p1: {}}}")
    text = text.replace("{ends: [pe1, ce1], vpn", "{ends: {pe1: {port: 2}, ce1: {}}, vpn")
    text += """\
colour: red
streams:
  tv: {from: src, to: 232.1.1.1, rate: 0, count: 10}
expect:
  - {mroute: tv, routers: p1}
  - {routes: {pe1: x}}
  - {mroute: {source: pe1, group: 232.10.0.1}, routers: p1, incoming: lan1}
"""
    assert mistakes(load_text, text) == [
        "links[2].ends.pe1.port: port 2 of pe1 is on another wire already, that of pe1-p1",
        "colour: unknown key",
        "streams.tv.rate: 0 should be greater than 0",
        "expect[1].routes.pe1: x is not an IPv4 prefix (ADDRESS/LENGTH, no host bits)",
        "expect[2].incoming: lan1 is no link of p1",
    ]
