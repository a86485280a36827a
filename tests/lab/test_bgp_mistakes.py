"""Mistakes about BGP and VPNs are reported with line and field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane.lab.load import Lab
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

TO_CE1 = "{ends: [pe1, ce1], vpn: red}"
LAN1 = "{name: lan1, ends: [ce1, src]}"


def at_pe1(settings: str) -> tuple[str, str]:
    return TO_CE1, f"{{ends: {{pe1: {{bgp: {settings}}}, ce1: {{}}}}, vpn: red}}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # reflectors
        (
            ("routers:", "provider: {bgp: {reflectors: p9}}\nrouters:"),
            "provider.bgp.reflectors: no router is called p9",
        ),
        (
            ("routers:", "provider: {bgp: {reflectors: ce1}}\nrouters:"),
            "provider.bgp.reflectors: ce1 is a customer's: a reflector is a P or PE router",
        ),
        (
            ("routers:", "provider: {bgp: {reflectors: [p1, p1]}}\nrouters:"),
            "provider.bgp.reflectors: p1 is there twice",
        ),
        # ASes
        (
            ("p1: {role: p}", "p1: {role: p, asn: 65000}"),
            "routers.p1.asn: p1 is in the provider's AS, which is `provider.asn`",
        ),
        (
            ("ce1: {role: ce}", "ce1: {role: ce, asn: 65000}"),
            "routers.ce1.asn: 65000 is the provider's AS: a site has one of its own",
        ),
        (
            ("ce1: {role: ce}", "ce1: {role: ce, asn: 0}"),
            "routers.ce1.asn: 0 should be greater than or equal to 1",
        ),
        # links
        (
            (LAN1, LAN1.replace("src]", "src], routing: bgp")),
            "links[4].routing: is for links of a CE with a PE or with another CE",
        ),
        (
            (TO_CE1, "{ends: [pe1, ce1], vpn: red, routing: igp}"),
            "links[2].routing: a customer's IGP ends at its CEs: with PEs `bgp`, or `static`",
        ),
        (
            (TO_CE1, "{ends: [pe1, ce1], vpn: red, routing: static}"),
            "links[2].routing: static, but `routes` of pe1 in VPN red has none by way of pe1-ce1",
        ),
        (
            ("{ends: [pe1, p1]}", "{ends: [pe1, p1], bgp: {gtsm: true}}"),
            "links[0].bgp: nobody speaks BGP on pe1-p1",
        ),
        (
            ("{ends: [pe1, p1]}", "{ends: {pe1: {bgp: {med: 1}}, p1: {}}}"),
            "links[0].ends.pe1.bgp: nobody speaks BGP on pe1-p1",
        ),
        (
            at_pe1("{soo: 65000}"),
            "links[2].ends.pe1.bgp.soo: 65000 is not of the form ADMINISTRATOR:NUMBER, as 65000:1",
        ),
        (
            at_pe1("{hold: 2}"),
            "links[2].ends.pe1.bgp: `hold` is 0 or at least 3 (RFC 4271 4.2), not 2",
        ),
        (
            at_pe1("{import: nowhere}"),
            "links[2].ends.pe1.bgp.import: no policy is called nowhere",
        ),
        # VPNs
        (
            ("rd: 65000:1", "rd: 65000:1, import: 65000:8"),
            "vpns.red.import: no VPN exports 65000:8",
        ),
        (("rd: 65000:1", "rd: {pe1: 65000:1}"), "vpns.red.rd: has none for pe2"),
        (("rd: 65000:1", "rd: {}"), "vpns.red.rd: names no PE"),
        (
            ("rd: 65000:1", "rd: {pe1: 65000:1, pe2: 65000:2, p1: 65000:3}"),
            "vpns.red.rd.p1: p1 has no VRF of red",
        ),
        (
            ("232.10.0.1", "{pe1: 232.10.0.1, pe2: 232.10.0.2}"),
            "vpns.red.default_mdt: PEs with groups of their own need A-D routes; pe1 uses MDT-SAFI "
            "(`discovery`, `profile`)",
        ),
        (
            ("rd: 65000:1", "rd: 65000:1, discovery: {pe9: mdt-safi}"),
            "vpns.red.discovery: no PE is called pe9; is it pe2?",
        ),
        (
            ("rd: 65000:1", "rd: 65000:1, connector: {x: ios}"),
            "vpns.red.connector: no PE is called x",
        ),
    ],
)
def test_a_mistake_is_named(
    load_text: LoadText, small: str, change: tuple[str, str], expected: str
) -> None:
    assert change[0] in small
    assert mistakes(load_text, small.replace(*change)) == [expected]


@pytest.mark.parametrize(
    ("settings", "policy", "expected"),
    [
        (
            "{import: p, local_pref: 5}",
            "{rules: []}",
            "links[2].ends.pe1.bgp.local_pref: has a policy for that: write `set_local_pref` "
            "into p",
        ),
        (
            "{export: p, med: 5}",
            "{rules: []}",
            "links[2].ends.pe1.bgp.med: has a policy for that: write `set_med` into p",
        ),
        (
            "{import: p}",
            "{rules: [{up_to: 24}]}",
            "policies.p.rules[0].up_to: needs the `prefixes` that it is about",
        ),
        (
            "{import: p}",
            "{rules: [{prefixes: 10.0.0.0/24, up_to: 16}]}",
            "policies.p.rules[0].up_to: nothing in 10.0.0.0/24 is as short as /16",
        ),
        (
            "{import: p}",
            "{rules: [{communities: many}]}",
            "policies.p.rules[0].communities: many is not a community (65000:100, no-export)",
        ),
        (
            "{import: p}",
            "{rules: [{large_communities: '1:2'}]}",
            "policies.p.rules[0].large_communities: 1:2 is not a large community (65000:1:2)",
        ),
    ],
)
def test_a_mistake_in_a_policy_is_named(
    load_text: LoadText, small: str, settings: str, policy: str, expected: str
) -> None:
    text = small.replace(*at_pe1(settings)) + f"policies:\n  p: {policy}\n"
    assert mistakes(load_text, text) == [expected]


def test_ces_of_one_site_are_in_one_as(load_text: LoadText, small: str) -> None:
    text = small.replace("ce1: {role: ce}", "ce1: {role: ce, asn: 65101}")
    text = text.replace("ce2: {role: ce}", "ce2: {role: ce, asn: 65102}")
    joined = text.replace("vpns:", "  - {ends: [ce1, ce2]}\nvpns:")
    assert mistakes(load_text, joined) == [
        "routers.ce2.asn: the site of ce2 is AS 65101, that of ce1; a link between two sites has "
        "`routing: bgp`"
    ]
    load_text(text.replace("vpns:", "  - {ends: [ce1, ce2], routing: bgp}\nvpns:"))


def test_an_rd_belongs_to_one_vpn_whichever_pe_uses_it(load_text: LoadText, small: str) -> None:
    text = small.replace("vpns:", "  - {name: b, ends: [pe2, h], vpn: blue}\nvpns:")
    text = text.replace("rcv: {}", "rcv: {}\n  h: {}")
    blue = "  blue: {rd: {pe2: 65000:1}, import: 65000:2, export: 65000:2}\n"
    assert mistakes(load_text, text + blue) == [
        "vpns.blue.rd.pe2: 65000:1 is the RD of red: their routes could not be told apart"
    ]


def test_vpns_do_not_meet_by_a_target_that_nobody_gave(load_text: LoadText, small: str) -> None:
    """A VPN without targets and with RDs by PE has the provider's AS and its own number."""
    text = small.replace("vpns:", "  - {name: b, ends: [pe2, h], vpn: blue}\nvpns:")
    text = text.replace("rcv: {}", "rcv: {}\n  h: {}").replace("rd: 65000:1", "rd: 65000:2")
    assert mistakes(load_text, text + "  blue: {rd: auto}\n") == [
        "vpns.blue: 65000:2 would be the route target of red too: give `import`, `export`"
    ]


@pytest.mark.parametrize(
    ("expectation", "expected"),
    [
        (
            "{bgp_sessions: {pe1: p1}}",
            "expect[0].bgp_sessions.pe1: p1 is no BGP peer of pe1 outside of VPNs",
        ),
        (
            "{bgp_sessions: {pe1: ce2}, vpn: red}",
            "expect[0].bgp_sessions.pe1: ce2 is no BGP peer of pe1 in VRF red",
        ),
        (
            "{bgp_sessions: {pe1: pe9}}",
            "expect[0].bgp_sessions.pe1: no router is called pe9; is it pe2?",
        ),
        (
            "{routes: {pe1: {10.0.1.0/24: ce9}}, vpn: red}",
            "expect[0].routes.pe1: no router is called ce9; is it ce2?",
        ),
    ],
)
def test_what_could_never_hold_is_refused(
    load_text: LoadText, small: str, expectation: str, expected: str
) -> None:
    assert mistakes(load_text, f"{small}expect: [{expectation}]\n") == [expected]
