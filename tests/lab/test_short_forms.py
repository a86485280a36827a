"""Short forms of a lab file mean what the long ones mean."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controlplane.lab.load import Lab

LoadText = Callable[[str], Lab]

STREAM = "streams:\n  tv: {from: src, to: 232.1.1.1, rate: 10, count: 10}\n"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("{receive: tv, hosts: rcv}", "{receive: tv, hosts: [rcv]}"),
        ("{receive_nothing: tv, hosts: rcv}", "{receive_nothing: [tv], hosts: [rcv]}"),
        ("{carried: tv, links: lan1}", "{carried: tv, links: [lan1]}"),
        ("{not_carried: tv, links: core}", "{not_carried: tv, links: [core]}"),
        ("{pim_neighbors: {p1: pe1}}", "{pim_neighbors: {p1: [pe1]}}"),
        ("{routes: {p1: 10.0.0.0/8}}", "{routes: {p1: [10.0.0.0/8]}}"),
        ("{no_routes: {p1: 10.0.0.0/8}}", "{no_routes: {p1: [10.0.0.0/8]}}"),
        (
            "{mroute: tv, routers: pe1, outgoing: mdt}",
            "{mroute: tv, routers: [pe1], outgoing: [mdt]}",
        ),
        ("{no_mroute: tv, routers: pe1}", "{no_mroute: tv, routers: [pe1]}"),
        (
            "{path: {from: src, to: rcv, via: ce1}}",
            "{path: {from: src, to: rcv, via: [[ce1]]}}",
        ),
        (
            "{path: {from: src, to: rcv, via: [ce1, pe1]}}",
            "{path: {from: src, to: rcv, via: [[ce1, pe1]]}}",
        ),
    ],
)
def test_one_name_stands_for_a_list_of_one(
    load_text: LoadText, small: str, short: str, long: str
) -> None:
    files = [load_text(f"{small}{STREAM}expect: [{one}]\n").file for one in (short, long)]
    assert files[0] == files[1]


def test_one_route_target_stands_for_a_list_of_one(load_text: LoadText, small: str) -> None:
    given = "rd: 65000:1, import: %s, export: %s"
    short = load_text(small.replace("rd: 65000:1", given % ("1:1", "1:1"))).file
    assert short == load_text(small.replace("rd: 65000:1", given % ("[1:1]", "[1:1]"))).file


def test_a_host_of_which_nothing_is_said_needs_no_braces(load_text: LoadText, small: str) -> None:
    assert load_text(small.replace("rcv: {}", "rcv:")).file == load_text(small).file
