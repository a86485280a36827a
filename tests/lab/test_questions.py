"""Pings and traceroutes that a lab file asks for: when they are tried, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.engine.time import Instant
from controlplane.lab.load import Lab
from controlplane.lab.run import Run
from controlplane.lab.verdict import Row
from controlplane.wire.icmp import (
    IcmpEcho,
    IcmpMessage,
    IcmpTimeExceeded,
    IcmpUnreachable,
    UnreachableCode,
    decode,
)
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.mpls import LabelStack, LabelStackEntry
from controlplane.wire.reader import Reader
from tests.lab.fake_world import Answer, FakeWorld
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

CORE = """\
routers:
  pe1: {role: pe}
  p1: {role: p}
  p2: {role: p}
  pe2: {role: pe, loopback: 192.0.2.2}
hosts:
  h1: {address: 10.1.1.10}
  h2: {address: 10.1.2.10}
links:
  - {ends: [pe1, p1], subnet: 10.0.1.0/24}
  - {ends: [p1, p2], subnet: 10.0.2.0/24}
  - {ends: [p2, pe2], subnet: 10.0.3.0/24}
  - {ends: [pe1, h1], subnet: 10.1.1.0/24}
  - {ends: [pe2, h2], subnet: 10.1.2.0/24}
start: []
"""

PE1, P1, P2, PE2, H2 = map(
    IPv4Address, ("10.1.1.1", "10.0.1.2", "10.0.2.2", "10.0.3.2", "10.1.2.10")
)
LABELS: Mapping[IPv4Address, tuple[int, ...]] = {P1: (17,), P2: (21,)}
"""What packets come to these interfaces with."""


def from_(source: IPv4Address, to: Ipv4Packet, message: IcmpMessage) -> Ipv4Packet:
    return Ipv4Packet(
        source=source, destination=to.source, protocol=IpProtocol.ICMP, payload=message.encode()
    )


def pong(request: Ipv4Packet, now: Instant) -> Ipv4Packet:
    echo = decode(Reader(request.payload))
    assert isinstance(echo, IcmpEcho)
    return from_(request.destination, request, replace(echo, is_reply=True))


def refused(packet: Ipv4Packet, by: IPv4Address, code: UnreachableCode) -> Ipv4Packet:
    return from_(by, packet, IcmpUnreachable(code=code, quoted=packet.encode()))


def along(*way: IPv4Address, labels: Mapping[IPv4Address, tuple[int, ...]] = LABELS) -> Answer:
    """The goal is behind the last of these."""

    def answer(packet: Ipv4Packet, now: Instant) -> Ipv4Packet:
        if packet.ttl > len(way):
            return refused(packet, packet.destination, UnreachableCode.PORT)
        hop = way[packet.ttl - 1]
        entries = tuple(LabelStackEntry(label=label, ttl=1) for label in labels.get(hop, ()))
        stack = LabelStack(entries) if entries else None
        return from_(hop, packet, IcmpTimeExceeded(quoted=packet.encode(), labels=stack))

    return answer


def only_row(lab: Lab, answer: Answer) -> Row:
    (row,) = Run(lab, FakeWorld(lambda *_: [], answer), "fake", lambda text: None).play().rows
    return row


def ping(more: str = "", times: str = "") -> str:
    return f"{CORE}expect: [{{ping: {{from: h1, to: h2{more}}}{times}}}]\n"


def path(via: str, more: str = "", to: str = "h2") -> str:
    return f"{CORE}expect: [{{path: {{from: h1, to: {to}, via: {via}{more}}}}}]\n"


def test_a_ping_holds_when_each_request_is_answered(load_text: LoadText) -> None:
    row = only_row(load_text(ping()), pong)
    assert row == Row("h2 answers h1", "5 of 5, 4.0 ms, after 0.50 s", True, 0.5)


def test_as_many_requests_are_sent_as_the_file_says(load_text: LoadText) -> None:
    assert only_row(load_text(ping(", count: 2")), pong).seen == "2 of 2, 4.0 ms, after 0.15 s"


def test_a_ping_is_tried_again_until_all_of_one_is_answered(load_text: LoadText) -> None:
    def from_1_2_on(packet: Ipv4Packet, now: Instant) -> Ipv4Packet | None:
        return pong(packet, now) if now > 1.2 else None

    row = only_row(load_text(ping(times=", after: 1, within: 2")), from_1_2_on)
    assert (row.ok, row.expectation) == (True, "h2 answers h1, within 2 s of 1 s")
    assert row.seen == "5 of 5, 4.0 ms, after 1.55 s"


def test_a_ping_that_is_answered_too_late_fails_and_says_when(load_text: LoadText) -> None:
    def from_3_on(packet: Ipv4Packet, now: Instant) -> Ipv4Packet | None:
        return pong(packet, now) if now > 3 else None

    lab = load_text(ping(", count: 1", ", within: 1") + "events: [{at: 9, restart: p1}]\n")
    row = only_row(lab, from_3_on)
    assert (row.ok, row.seen) == (False, "0 of 1; 1 of 1, 4.0 ms after 3.55 s, later than 1 s")


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (lambda packet, now: None, "0 of 2"),
        (lambda packet, now: refused(packet, PE1, UnreachableCode.NET), "0 of 2, pe1: no route"),
        (
            lambda packet, now: refused(packet, PE2, UnreachableCode.HOST),
            "0 of 2, pe2: no such host",
        ),
        (
            lambda packet, now: from_(P1, packet, IcmpTimeExceeded(quoted=packet.encode())),
            "0 of 2, p1: TTL exceeded",
        ),
    ],
)
def test_who_refuses_a_ping_is_told(load_text: LoadText, answer: Answer, seen: str) -> None:
    row = only_row(load_text(ping(", count: 2")), answer)
    assert (row.ok, row.seen) == (False, seen)


def test_a_path_is_told_by_names_and_labels(load_text: LoadText) -> None:
    row = only_row(load_text(path("[pe1, p1, p2, pe2]")), along(PE1, P1, P2, PE2))
    seen = "pe1, p1 (label 17), p2 (label 21), pe2, h2, after 0.25 s"
    assert row == Row("h1 to h2 by pe1, p1, p2, pe2", seen, True, 0.25)


def test_a_path_may_take_any_of_several_ways(load_text: LoadText) -> None:
    lab = load_text(path("[[pe1, p1, pe2], [pe1, p2, pe2]]"))
    for p in (P1, P2):
        row = only_row(lab, along(PE1, p, PE2))
        assert row.ok and row.expectation == "h1 to h2 by pe1, p1, pe2 or pe1, p2, pe2"
    assert not only_row(lab, along(PE1, PE2)).ok


def test_a_path_to_a_router_ends_at_whatever_address_it_answers_from(load_text: LoadText) -> None:
    def answer(packet: Ipv4Packet, now: Instant) -> Ipv4Packet:
        last = refused(packet, PE2, UnreachableCode.PORT)
        return last if packet.ttl > 2 else along(PE1, P1)(packet, now) or last

    row = only_row(load_text(path("[pe1, p1]", to="pe2")), answer)
    assert (row.ok, row.seen) == (True, "pe1, p1 (label 17), pe2, after 0.15 s")


def test_a_path_that_becomes_right_holds_from_then_on(load_text: LoadText) -> None:
    def answer(packet: Ipv4Packet, now: Instant) -> Ipv4Packet | None:
        return (along(PE1, P1, P2, PE2) if now < 1 else along(PE1, P2, PE2))(packet, now)

    row = only_row(load_text(path("[pe1, p2, pe2]")), answer)
    assert (row.ok, row.seen) == (True, "pe1, p2 (label 21), pe2, h2, after 1.35 s")


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (along(PE1, P1, PE2), "pe1, p1 (label 17), pe2, h2"),
        (along(PE1, IPv4Address("10.9.9.9"), PE2), "pe1, 10.9.9.9, pe2, h2"),
        (lambda packet, now: refused(packet, PE1, UnreachableCode.NET), "pe1 (no route)"),
        (
            lambda packet, now: None if packet.ttl == 2 else along(PE1, P1, P2, PE2)(packet, now),
            "pe1, *, p2 (label 21), pe2, h2",
        ),
    ],
)
def test_another_path_is_told_as_it_is(load_text: LoadText, answer: Answer, seen: str) -> None:
    row = only_row(load_text(path("[pe1, p1, p2, pe2]")), answer)
    assert (row.ok, row.seen) == (False, seen)


@pytest.mark.parametrize(
    ("labels", "found", "ok", "seen"),
    [
        ("shown", LABELS, True, "pe1, p1 (label 17), p2 (label 21), pe2, h2, after 0.25 s"),
        ("shown", {P1: (17, 24), P2: (21,)}, True, "pe1, p1 (labels 17/24), p2 (label 21), pe2, "),
        ("shown", {P1: (17,)}, False, "pe1, p1 (label 17), p2, pe2, h2; no label at p2"),
        ("hidden", {}, True, "pe1, p1, p2, pe2, h2"),
        ("hidden", {P2: (21,)}, False, "pe1, p1, p2 (label 21), pe2, h2; labels at p2"),
    ],
)
def test_labels_may_be_asked_for(
    load_text: LoadText,
    labels: str,
    found: Mapping[IPv4Address, tuple[int, ...]],
    ok: bool,
    seen: str,
) -> None:
    lab = load_text(path("[pe1, p1, p2, pe2]", f", labels: {labels}"))
    row = only_row(lab, along(PE1, P1, P2, PE2, labels=found))
    assert row.ok is ok and row.seen.startswith(seen)
    assert row.expectation == f"h1 to h2 by pe1, p1, p2, pe2, labels {labels}"


def test_an_address_that_two_vpns_use_is_that_of_the_asking_hosts_vpn(load_text: LoadText) -> None:
    text = """\
    routers: {pe1: {role: pe}, ce1: {role: ce}, ce2: {role: ce}}
    hosts: {a: {}, b: {}, c: {}, d: {}}
    links:
      - {ends: [pe1, ce1], vpn: red}
      - {ends: [pe1, ce2], vpn: blue}
      - {ends: [ce1, a], subnet: 10.1.1.0/24}
      - {ends: [ce2, b], subnet: 10.1.1.0/24}
      - {ends: [pe1, c], vpn: red, subnet: 10.1.2.0/24}
      - {ends: [pe1, d], vpn: blue, subnet: 10.1.2.0/24}
    vpns: {red: {rd: 65000:1}, blue: {rd: 65000:2}}
    start: []
    expect: [{path: {from: b, to: d, via: [ce2, pe1]}}]
    """
    lab = load_text(text)
    ce2 = lab.layout.link["ce2-b"].end("ce2").address.ip
    pe1 = lab.layout.link["pe1-ce2"].end("pe1").address.ip
    row = only_row(lab, along(ce2, pe1))
    assert (row.ok, row.seen) == (True, "ce2, pe1, d, after 0.15 s")


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ("{ping: {from: h1, to: h9}}", "ping.to: no host or router is called h9"),
        ("{ping: {from: pe1, to: h2}}", "ping.from: no host is called pe1"),
        ("{ping: {from: h1, to: h1}}", "ping.to: h1 would ask itself"),
        (
            "{ping: {from: h1, to: h2, count: 0}}",
            "ping.count: 0 should be greater than or equal to 1",
        ),
        ("{ping: {from: h1}}", "ping.to: is missing"),
        ("{ping: {from: h1, to: h2}, after: cut}", "after: no event is called cut"),
        (
            "{ping: {from: h1, to: h2, count: 50}}",
            "within: is too short: 50 requests take 4.9 s",
        ),
        ("{path: {from: h1, to: h2}}", "path.via: is missing"),
        ("{path: {from: h1, to: h2, via: [[pe1, p9]]}}", "path.via: no router is called p9"),
        ("{path: {from: h1, to: h2, via: [[pe1], 7]}}", "path.via[1]: 7 should be a list"),
        (
            "{path: {from: h1, to: h2, via: pe1, labels: yes}}",
            "path.labels: yes should be 'shown' or 'hidden'",
        ),
        (
            "{path: {from: h1, to: h2, via: [pe1, pe2], labels: shown}}",
            "path.labels: no router of `via` is between two others of the core",
        ),
    ],
)
def test_what_cannot_be_asked_is_a_mistake(
    load_text: LoadText, expected: str, problem: str
) -> None:
    assert mistakes(load_text, f"{CORE}expect: [{expected}]\n") == [f"expect[0].{problem}"]


def test_a_start_condition_is_no_question(load_text: LoadText) -> None:
    text = CORE.replace("start: []", "start: [{ping: {from: h1, to: h2}}]")
    (found,) = mistakes(load_text, text)
    assert found.startswith("start[0]: a start condition has exactly one of the keys pim_neighbors")
