"""VPN routes: two labels on the way in, one VRF on the way out (RFC 4364 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from scapy.layers.inet import IP, IPOption_Router_Alert

from controlplane.fib.model import (
    Fib,
    Forward,
    ForwardVpn,
    Glean,
    Nhlfe,
    PacketIn,
    PopAndLookUp,
    Receive,
    Submit,
    TtlMode,
    UnicastAction,
    VpnPath,
)
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL, Label
from controlplane.net.mac import BROADCAST
from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.frames import data, ethernet, mpls_frame, stacked, tunnel
from tests.p4.pe import (
    BLUE,
    CE1,
    CE2,
    CE2_MAC,
    CE_BLUE,
    CORE,
    CORE3,
    CORE3_MAC,
    CORE4,
    CORE4_MAC,
    RED,
    core,
    mac,
    member,
    vpn,
    way,
)
from tests.p4.targets import NOTHING, Outcome, Target, new_drops
from tests.p4.test_next_hops import choice

UNIFORM, PIPE = TtlMode.UNIFORM, TtlMode.PIPE

PATHS: Final[Mapping[str, Nhlfe]] = {
    "10.11.0.0/16": member(CORE4, CORE4_MAC, 200),
    "10.12.0.0/16": member(CORE4, CORE4_MAC, IMPLICIT_NULL),
    "10.13.0.0/16": member(CORE4, CORE4_MAC),
    "10.14.0.0/16": member(CORE4, CORE4_MAC, EXPLICIT_NULL),
    "10.15.0.0/16": member(CE2, CE2_MAC, 200),
}
"""A route of red by the next hop to the PE that it leads to; all have given it label 24."""

LABELS: Final[Mapping[Label, Forward | PopAndLookUp]] = {
    EXPLICIT_NULL: PopAndLookUp(CORE),
    300: PopAndLookUp(RED),
    301: PopAndLookUp(BLUE),
    302: Forward("CE2 popped"),
}


def pe(mode: TtlMode = UNIFORM) -> Fib:
    """VPN routes of red, its labels 300 and 302, and a site on CE2."""
    ways = [
        *(way(prefix, nhlfe) for prefix, nhlfe in PATHS.items()),
        way("unresolved"),
        way("CE2", member(CE2, CE2_MAC)),
        way("CE2 popped", member(CE2, CE2_MAC, IMPLICIT_NULL)),
        way("blue", member(CE_BLUE, CE2_MAC)),
    ]
    routes: list[tuple[int, str, UnicastAction]] = [
        *((RED, prefix, ForwardVpn(prefix)) for prefix in PATHS),
        (RED, "10.16.0.0/16", ForwardVpn("unresolved")),
        (RED, "10.17.0.0/16", ForwardVpn("out of reach")),
        (RED, "10.2.0.0/16", Forward("CE2")),
        (RED, "10.2.9.0/24", Glean()),
        (RED, "10.2.0.1/32", Receive()),
        (BLUE, "10.2.0.0/16", Forward("blue")),
    ]
    return vpn(
        core(LABELS, ways, routes, mode),
        *(VpnPath(prefix, 24, prefix) for prefix in PATHS),
        VpnPath("unresolved", 24, "unresolved"),
        VpnPath("out of reach", 24, None),
    )


def packet(destination: str, ttl: int = 64, **fields: Any) -> Any:
    return data("10.1.0.1", destination, ttl, **fields)


def from_ce(payload: Any) -> bytes:
    return ethernet(payload, mac(CE1))


def from_core(payload: Any) -> bytes:
    return mpls_frame(payload, mac(CORE3))


def to_core(payload: Any) -> Outcome:
    return Outcome(frozenset({(4, mpls_frame(payload, CORE4_MAC, mac(CORE4)))}))


def to_ce2(payload: Any) -> Outcome:
    return Outcome(frozenset({(2, ethernet(payload, CE2_MAC, mac(CE2), CE2.vlan))}))


class TestTheWayIn:
    @pytest.mark.parametrize(("mode", "ttl"), [(UNIFORM, 63), (PIPE, 255)])
    @pytest.mark.parametrize(
        ("destination", "labels"),
        [("10.11.0.9", (200, 24)), ("10.12.0.9", (24,)), ("10.14.0.9", (EXPLICIT_NULL, 24))],
        ids=["an LSP", "a neighbour that has the label popped", "explicit null"],
    )
    def test_the_vpn_label_is_below_the_one_of_the_way(
        self, target: Target, destination: str, labels: tuple[int, ...], mode: TtlMode, ttl: int
    ) -> None:
        """Both have the packet's class, 0xB9 being precedence 5, and the TTL of the model."""
        target.program(pe(mode))
        expected = stacked(packet(destination, 63), *labels, ttl=ttl, cos=5)
        assert target.receive(1, from_ce(packet(destination))) == to_core(expected)

    @pytest.mark.parametrize("mode", TtlMode)
    def test_a_submitted_packet_keeps_its_ttl(self, target: Target, mode: TtlMode) -> None:
        target.program(pe(mode))
        ttl = {UNIFORM: 1, PIPE: 255}[mode]
        expected = stacked(packet("10.11.0.9", 1), 200, 24, ttl=ttl)
        submitted = Submit(RED, 50, ethernet(packet("10.11.0.9", 1), BROADCAST))
        assert target.send(submitted) == to_core(expected)

    @pytest.mark.parametrize(
        "fields",
        [{"flags": "MF"}, {"flags": "MF", "frag": 9}, {"tos": 0}, {"proto": 89}],
        ids=["a first fragment", "a fragment", "another class", "another protocol"],
    )
    def test_whatever_is_inside_stays_as_it_is(
        self, target: Target, fields: dict[str, Any]
    ) -> None:
        target.program(pe())
        cos = fields.get("tos", 0xB9) >> 5
        expected = stacked(packet("10.11.0.9", 63, **fields), 200, 24, ttl=63, cos=cos)
        assert target.receive(1, from_ce(packet("10.11.0.9", **fields))) == to_core(expected)

    def test_a_customers_own_tunnel_is_a_packet_like_any(self, target: Target) -> None:
        target.program(pe())
        inner = data("192.168.0.1", "192.168.0.2")
        sent, expected = (tunnel("10.1.0.1", "10.11.0.9", inner, ttl) for ttl in (64, 63))
        assert target.receive(1, from_ce(sent)) == to_core(stacked(expected, 200, 24, ttl=63))

    def test_tags_are_those_of_the_links(self, target: Target) -> None:
        target.program(pe())
        frame = ethernet(packet("10.15.0.9"), mac(CE2), vlan=CE2.vlan)
        expected = stacked(packet("10.15.0.9", 63), 200, 24, ttl=63)
        tagged = mpls_frame(expected, CE2_MAC, mac(CE2), CE2.vlan)
        assert target.receive(1, from_ce(packet("10.15.0.9"))) == Outcome(frozenset({(2, tagged)}))
        assert target.receive(2, frame) == Outcome(frozenset({(2, tagged)}))

    @pytest.mark.parametrize(
        ("destination", "reason"),
        [("10.13.0.9", DropReason.NO_LABEL), ("10.17.0.9", DropReason.PE_OUT_OF_REACH)],
    )
    def test_without_an_lsp_to_a_pe_it_is_dropped(
        self, target: Target, destination: str, reason: DropReason
    ) -> None:
        """Without its label the VPN's would be read by a router that has not given it."""
        target.program(pe())
        before = target.counters()
        assert target.receive(1, from_ce(packet(destination))) == NOTHING
        assert new_drops(target, before) == {reason: 1}

    @pytest.mark.parametrize(
        ("sent", "reason"),
        [
            (packet("10.16.0.9"), PuntReason.GLEAN),
            (packet("10.11.0.9", 1), PuntReason.TTL_EXPIRED),
            (packet("10.17.0.9", 0), PuntReason.TTL_EXPIRED),
            (packet("10.11.0.9", options=[IPOption_Router_Alert()]), PuntReason.IP_OPTIONS),
        ],
    )
    def test_what_the_cpu_has_to_see_is_punted_of_the_customers_interface(
        self, target: Target, sent: Any, reason: PuntReason
    ) -> None:
        target.program(pe())
        frame = from_ce(sent)
        assert target.receive(1, frame) == Outcome(frozenset(), (PacketIn(1, 1, reason, frame),))

    @pytest.mark.parametrize("number", range(1, 9))
    def test_a_flow_keeps_to_one_of_equal_ways(self, target: Target, number: int) -> None:
        """The one that it would take without labels. (Members stand in the order of numbers.)"""
        target.program(core({}))
        members = (
            member(CE2, CE2_MAC, 202),
            member(CORE3, CORE3_MAC, 203),
            member(CORE4, CORE4_MAC, 204),
        )
        fib = core({}, [way("goal", *members)], [(RED, "10.2.0.0/16", ForwardVpn("path"))])
        target.program(vpn(fib, VpnPath("path", 24, "goal")))
        sent = packet(f"10.2.0.{number}")
        ((port, _),) = target.receive(1, from_ce(sent)).copies
        assert port == choice(sent, (5000, 5001))

    def test_another_pe_takes_over_by_the_path_alone(self, target: Target) -> None:
        before, name = pe(), "10.11.0.0/16"
        target.program(before)
        others = (path for path in before.vpn_paths if path.name != name)
        backup = VpnPath(name, 31, "10.12.0.0/16")
        target.program(replace(before, vpn_paths=frozenset({backup, *others})))
        expected = to_core(stacked(packet("10.11.0.9", 63), 31, ttl=63))
        assert target.receive(1, from_ce(packet("10.11.0.9"))) == expected


class TestTheWayOut:
    @pytest.mark.parametrize("label", [300, 302], ids=["of a VRF", "of one prefix"])
    @pytest.mark.parametrize("above", [(), (EXPLICIT_NULL,)], ids=["alone", "below explicit null"])
    def test_a_vpn_label_leads_to_the_customer(
        self, target: Target, label: int, above: tuple[int, ...]
    ) -> None:
        target.program(pe())
        frame = from_core(stacked(packet("10.2.3.4"), *above, label, ttl=40))
        assert target.receive(3, frame) == to_ce2(packet("10.2.3.4", 39))

    def test_customers_with_the_same_addresses_are_told_apart(self, target: Target) -> None:
        target.program(pe())
        blue = ethernet(packet("10.2.3.4", 63), CE2_MAC, mac(CE_BLUE))
        frame = from_core(stacked(packet("10.2.3.4"), 301))
        assert target.receive(3, frame) == Outcome(frozenset({(5, blue)}))

    @pytest.mark.parametrize(
        ("mode", "label", "ttls", "below", "left"),
        [
            (UNIFORM, 300, (50, 40), 64, 39),
            (UNIFORM, 300, (40, 50), 64, 39),
            (UNIFORM, 300, (50, 50), 30, 29),
            (UNIFORM, 302, (40, 50), 64, 39),
            (UNIFORM, 302, (255, 255), 64, 64),
            (PIPE, 300, (1, 1), 64, 63),
            (PIPE, 300, (255, 255), 2, 1),
            (PIPE, 302, (2, 2), 64, 64),  # forwarded by its label, as at a penultimate hop
        ],
    )
    def test_explicit_null_takes_the_ttl_along_as_the_model_says(
        self,
        target: Target,
        mode: TtlMode,
        label: int,
        ttls: tuple[int, int],
        below: int,
        left: int,
    ) -> None:
        target.program(pe(mode))
        labelled = stacked(packet("10.2.3.4", below), EXPLICIT_NULL, label)
        labelled.ttl, labelled.payload.ttl = ttls
        assert target.receive(3, from_core(labelled)) == to_ce2(packet("10.2.3.4", left))

    @pytest.mark.parametrize("above", [(), (EXPLICIT_NULL,)], ids=["alone", "below explicit null"])
    @pytest.mark.parametrize(
        ("sent", "label", "ttl", "reason"),
        [
            (packet("10.2.0.1"), 300, 64, PuntReason.TO_ME),
            (packet("10.2.0.1", 1), 300, 1, PuntReason.TO_ME),
            (packet("10.2.9.9"), 300, 64, PuntReason.GLEAN),
            (packet("10.2.3.4", 1), 300, 64, PuntReason.TTL_EXPIRED),
            (packet("10.2.3.4"), 300, 1, PuntReason.TTL_EXPIRED),
            (packet("10.2.3.4"), 302, 1, PuntReason.TTL_EXPIRED),
            (packet("10.2.3.4", options=[IPOption_Router_Alert()]), 300, 64, PuntReason.IP_OPTIONS),
        ],
    )
    def test_what_the_cpu_has_to_see_keeps_its_labels(
        self,
        target: Target,
        sent: Any,
        label: int,
        ttl: int,
        reason: PuntReason,
        above: tuple[int, ...],
    ) -> None:
        """They say which VRF it is for."""
        target.program(pe())
        frame = from_core(stacked(sent, *above, label, ttl=ttl))
        assert target.receive(3, frame) == Outcome(frozenset(), (PacketIn(3, 3, reason, frame),))

    @pytest.mark.parametrize(
        ("labelled", "reason"),
        [
            (stacked(packet("239.1.1.1"), 300), DropReason.MPLS_PAYLOAD),
            (stacked(packet("10.3.0.1"), 300), DropReason.NO_UNICAST_ROUTE),
            (stacked(packet("10.2.3.4"), 300, 24), DropReason.LABELS_BELOW),
            (stacked(packet("10.2.3.4", len=47), 300), DropReason.IPV4_MALFORMED),
            (
                stacked(packet("10.2.3.4", len=47), EXPLICIT_NULL, 300),
                DropReason.IPV4_MALFORMED,
            ),
            (stacked(packet("10.2.3.4"), EXPLICIT_NULL, 99), DropReason.UNKNOWN_LABEL),
            (
                stacked(packet("10.2.3.4"), EXPLICIT_NULL, EXPLICIT_NULL, 300),
                DropReason.LABELS_BELOW,
            ),
            (stacked(IP(version=6), 300), DropReason.MPLS_PAYLOAD),
        ],
    )
    def test_what_leads_nowhere_is_dropped(
        self, target: Target, labelled: Any, reason: DropReason
    ) -> None:
        target.program(pe())
        before = target.counters()
        assert target.receive(3, from_core(labelled)) == NOTHING
        assert new_drops(target, before) == {reason: 1}

    @pytest.mark.parametrize("octets", ["00000040", "0000004000", "00000040000000"])
    def test_a_frame_that_ends_behind_explicit_null_is_dropped(
        self, target: Target, octets: str
    ) -> None:
        target.program(pe())
        before = target.counters()
        assert target.receive(3, from_core(bytes.fromhex(octets))) == NOTHING
        assert new_drops(target, before) == {DropReason.MPLS_MALFORMED: 1}

    def test_explicit_null_from_a_customer_is_not_believed(self, target: Target) -> None:
        target.program(pe())
        before = target.counters()
        frame = mpls_frame(stacked(packet("10.2.3.4"), EXPLICIT_NULL, 300), mac(CE1))
        assert target.receive(1, frame) == NOTHING
        assert new_drops(target, before) == {DropReason.MPLS_NOT_ENABLED: 1}

    @pytest.mark.parametrize(("mode", "left", "pushed"), [(UNIFORM, 39, 39), (PIPE, 63, 255)])
    @pytest.mark.parametrize("above", [(), (EXPLICIT_NULL,)], ids=["alone", "below explicit null"])
    def test_out_of_one_path_it_may_go_into_another(
        self, target: Target, mode: TtlMode, left: int, pushed: int, above: tuple[int, ...]
    ) -> None:
        """At the hub of a hub-and-spoke VPN."""
        target.program(pe(mode))
        frame = from_core(stacked(packet("10.11.0.9"), *above, 300, ttl=40))
        expected = stacked(packet("10.11.0.9", left), 200, 24, ttl=pushed)
        assert target.receive(3, frame) == to_core(expected)

    def test_vpn_labels_count_what_found_them(self, target: Target) -> None:
        target.program(core({}))
        target.program(pe())
        for above in ((), (EXPLICIT_NULL,)):
            target.receive(3, from_core(stacked(packet("10.2.3.4"), *above, 300)))
        assert target.counters().labels[300].packets == 2
