"""Every mistake in a lab file is reported, with its line and field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.lab.errors import BadLabFile
from controlplane.lab.load import Lab
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

STREAM = "streams:\n  tv: {from: src, to: 232.1.1.1, rate: 10, count: 10}\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # routers and hosts
        ("p1: {role: p}", "p1: {role: q}", "routers.p1.role: q should be 'pe', 'p' or 'ce'"),
        ("p1: {role: p}", "p1: {}", "routers.p1.role: is missing"),
        ("p1: {role: p}", "p1: {role: p, colour: red}", "routers.p1.colour: unknown key"),
        (
            "p1: {role: p}",
            "p1: {role: p, lopback: 10.0.0.1}",
            "routers.p1.lopback: unknown key; is it loopback?",
        ),
        ("src: {}", "pe1: {}\n  src: {}", "hosts.pe1: pe1 is a router already"),
        ("src: {}", "src: {}\n  idle: {}", "hosts.idle: is on no link"),
        (
            "[ce1, src]}",
            "[ce1, src]}\n  - {name: lan3, ends: [ce2, src]}",
            "hosts.src: is on 2 links; a host has one interface",
        ),
        (
            "src: {}",
            "src: {gateway: ce2}",
            "hosts.src.gateway: ce2 is no router on the link of src",
        ),
        ("[ce1, src]}", "[src, x]}", "links[4].ends: no router or host is called x"),
        ("[ce1, src]}", "[src]}", "links[4].ends: needs 2 entries at least"),
        ("rcv: {}\n", "rcv: {}\n  h: {}\n", "hosts.h: is on no link"),
        ("src: {}", "src: {mac: ff:ff:ff:ff:ff:ff}", "hosts.src.mac: ff:ff:ff:ff:ff:ff is not a"),
        (
            "p1: {role: p}",
            "p1: {role: p, loopback: 232.1.1.1}",
            "routers.p1.loopback: 232.1.1.1 is not a unicast IPv4 address",
        ),
        # links
        ("[pe1, p1]", "[pe1, p9]", "links[0].ends: no router or host is called p9"),
        ("[pe1, p1]", "[pe1, pe1]", "links[0].ends: pe1 is there twice"),
        ("[pe1, p1]", "[p1, pe2]", "links[0]: several links are called p1-pe2; give each a `name`"),
        ("vpn: red}", "vpn: rod}", "links[2].vpn: no VPN is called rod; is it red?"),
        ("[pe1, p1]}", "[pe1, p1], cost: 0}", "links[0].cost: 0 should be greater than or equal"),
        ("[p1, pe2]}", "[p1, pe2], vlan: 4095}", "links[1].vlan: 4095 should be less than or"),
        (
            "[ce1, src]}",
            "[ce1, src], vlan: 5}",
            "links[4].vlan: a host takes no tagged frames: src",
        ),
        ("[ce1, src]}", "[ce1, src], vpn: red}", "links[4].vpn: no end of this link is a PE"),
        (
            "[ce1, src]}",
            "{ce1: {}, src: {port: 1}}}",
            "links[4].ends.src: a host's settings belong to hosts.src",
        ),
        (
            "{ends: [pe1, p1]}",
            "{ends: {pe1: {port: 2}, p1: {}}}\n  - {name: x, ends: {pe1: {port: 2}, p1: {}}}",
            "links[1].ends.pe1.port: port 2 of pe1 is on another wire already, that of pe1-p1",
        ),
        (
            "{ends: [pe1, p1]}",
            "{ends: {pe1: {interface: eth2}, p1: {}}}",
            "links[2].ends.pe1: the interface eth2 is that of links[0].ends.pe1",
        ),
        # addresses
        (
            "[pe1, p1]}",
            "[pe1, p1], subnet: 10.0.0.1/24}",
            "links[0].subnet: 10.0.0.1/24 is not an IPv4 prefix",
        ),
        (
            "[ce1, src]}",
            "{ce1: {address: 10.9.9.9}, src: {}}, subnet: 10.1.1.0/24}",
            "links[4].ends.ce1.address: 10.9.9.9 is not in 10.1.1.0/24, the subnet of lan1",
        ),
        ("src: {}", "src: {address: 10.1.1.1}", "hosts.src.address: 10.1.1.1 needs the `subnet`"),
        (
            "[ce1, src]}",
            "{ce1: {address: 10.1.1.255}, src: {}}, subnet: 10.1.1.0/24}",
            "links[4].ends.ce1.address: 10.1.1.255 is no address for an interface",
        ),
        (
            "[p1, pe2]}",
            "{p1: {address: 10.1.1.1}, pe2: {address: 10.1.1.1}}, subnet: 10.1.1.0/24}",
            "the address 10.1.1.1 is that of links[1].ends.p1.address",
        ),
        (
            "[pe1, p1]}",
            "[pe1, p1], subnet: 10.0.0.0/32}",
            "links[0].subnet: 10.0.0.0/32 has no room",
        ),
        (
            "[pe1, p1]}\n  - {ends: [p1, pe2]}",
            "[pe1, p1], subnet: 10.0.0.0/24}\n  - {ends: [p1, pe2], subnet: 10.0.0.128/25}",
            "links[1].subnet: 10.0.0.128/25 overlaps 10.0.0.0/24 of pe1-p1, both in the provider's",
        ),
        (
            "pe1: {role: pe}\n  pe2: {role: pe}",
            "pe1: {role: pe, loopback: 10.0.0.1}\n  pe2: {role: pe, loopback: 10.0.0.1}",
            "routers.pe2.loopback: the loopback 10.0.0.1 is that of routers.pe1.loopback",
        ),
        (
            "p1: {role: p}",
            "p1: {role: p, routes: [{to: 10.0.0.0/8, via: ce1}]}",
            "routers.p1.routes[0].via: ce1 is no neighbour of p1 outside of VPNs",
        ),
        # VPNs
        ("232.10.0.1", "10.1.1.1", "vpns.red.default_mdt: 10.1.1.1 is not a multicast group"),
        ("232.10.0.1", "239.1.1.1", "vpns.red.default_mdt: 239.1.1.1 is not in 232.0.0.0/8"),
        ("profile: 0, ", "", "vpns.red.default_mdt: needs a `profile`"),
        (", default_mdt: 232.10.0.1", "", "vpns.red.profile: needs a `default_mdt`"),
        ("profile: 0", "profile: 99", "vpns.red.profile: no profile '99'"),
        ("profile: 0", "profile: 1", "vpns.red.profile: profile 1 needs mLDP MP2MP P-tunnels"),
        ("65000:1", "65000", "vpns.red.rd: 65000 is not of the form ADMINISTRATOR:NUMBER"),
        ("65000:1", "70000:70000", "vpns.red.rd: the number of '70000:70000' needs more than 16"),
        ("232.10.0.1}", "{pe1: 232.10.0.1}}", "vpns.red.default_mdt: has no group for pe2"),
        (
            "232.10.0.1}",
            "232.10.0.1}\n  blue: {rd: 65000:1}",
            "vpns.blue.rd: 65000:1 is the RD of red",
        ),
        (
            "232.10.0.1}",
            "232.10.0.1}\n  blue: {rd: 65000:2, profile: 0, default_mdt: 232.10.0.1}",
            "vpns.blue.default_mdt: 232.10.0.1 is that of vpns.red.default_mdt",
        ),
        (
            "{ends: [pe2, ce2], vpn: red}",
            "{ends: [pe2, ce2], vpn: red}\n  - {name: x, ends: [pe2, ce2], vpn: blue}",
            "links[4].vpn: a customer's routers and hosts here are in VPNs that exchange no "
            "routes: blue, red",
        ),
        # timers
        (
            "routers:",
            "timers: {pim: {hello_period: 0}}\nrouters:",
            "timers.pim.hello_period: 0 should",
        ),
        ("routers:", "startup: soon\nrouters:", "startup: soon should be a valid number"),
    ],
)
def test_a_mistake_in_the_network_is_named(
    load_text: LoadText, small: str, old: str, new: str, expected: str
) -> None:
    assert old in small
    assert any(expected in line for line in mistakes(load_text, small.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("streams: {a: {from: x, to: 232.1.1.1, rate: 1, count: 1}}", "streams.a.from: no host is"),
        (
            "streams: {a: {from: src, to: 10.1.1.1, rate: 1, count: 1}}",
            "streams.a.to: 10.1.1.1 is not a multicast group; name a host to send to it alone",
        ),
        (
            "streams: {a: {from: src, to: 224.0.0.5, rate: 1, count: 1}}",
            "streams.a.to: 224.0.0.5 is link-local: no router forwards it",
        ),
        ("streams: {a: {from: src, to: rcv, rate: 0, count: 1}}", "streams.a.rate: 0 should be"),
        ("events: [{at: 1}]", "events[0]: an event has exactly one of the keys join, leave"),
        ("events: [{at: -1, restart: p1}]", "events[0].at: -1 should be greater than or equal"),
        ("events: [{at: 1, restart: p9}]", "events[0].restart: no router is called p9"),
        ("events: [{at: 1, link_down: x}]", "events[0].link_down: no link is called x"),
        ("events: [{at: 1, link_up: lan1}]", "events[0].link_up: lan1 is not down then"),
        (
            "events: [{at: 2, restart: p1}, {at: 1, restart: p1}]",
            "events[1].at: 1 comes after 2: events stand in the order of their times",
        ),
        (
            "events: [{at: 1, name: a, restart: p1}, {at: 1, name: a, restart: p1}]",
            "events[1].name: the event name a is that of events[0].name",
        ),
        (STREAM + "events: [{at: 1, join: tv, hosts: x}]", "events[0].hosts: no host is called x"),
        (STREAM + "events: [{at: 1, leave: tv, hosts: rcv}]", "events[0].hosts: rcv is not in tv"),
        (
            STREAM + "events: [{at: 1, join: tv, hosts: rcv}, {at: 2, join: tv, hosts: rcv}]",
            "events[1].hosts: rcv is in tv already",
        ),
        (
            STREAM + "events: [{at: 1, join: tv, source: src, hosts: rcv}]",
            "events[0].source: the stream tv has a source already",
        ),
        ("events: [{at: 1, join: tw, hosts: rcv}]", "events[0].join: tw is not a multicast group"),
        (
            "events: [{at: 1, join: 232.1.1.1, hosts: rcv}]",
            "events[0].join: 232.1.1.1 is source-specific (RFC 4607): it needs a `source`,"
            " or an `ssm_mapping`",
        ),
        ("expect: [{hosts: rcv}]", "expect[0]: an expectation has exactly one of the keys receive"),
        ("expect: [{receive: tv, hosts: rcv}]", "expect[0].receive: no stream is called tv"),
        (
            STREAM + "expect: [{receive: tv, hosts: rcv, after: x}]",
            "expect[0].after: no event is called x",
        ),
        (
            STREAM + "expect: [{receive: tv, hosts: rcv, within: 1}]",
            "expect[0].within: needs an `after` that it counts from",
        ),
        (
            STREAM + "expect: [{receive: tv, hosts: rcv, after: 2, within: 1, before: 3}]",
            "expect[0].before: leaves no time after `after` and `within`",
        ),
        (
            STREAM + "expect: [{receive: tv, hosts: rcv, after: [1]}]",
            "expect[0].after: [1] is neither a time in seconds nor the name of an event",
        ),
        (
            STREAM + "expect: [{carried: tv, links: [x], gre: {source: p9, group: 10.0.0.1}}]",
            "expect[0].gre.group: 10.0.0.1 is not a multicast group",
        ),
        (
            "expect: [{pim_neighbors: {p1: [x]}}]",
            "expect[0].pim_neighbors.p1: no router is called x",
        ),
        (
            "expect: [{pim_neighbors: {p1: [ce1]}}]",
            "expect[0].pim_neighbors.p1: ce1 cannot be a neighbour of p1",
        ),
        ("expect: [{pim_neighbors: null}]", "expect[0].pim_neighbors: is neither `all` nor a"),
        ("expect: [{routes: {p1: [10.0.0.1/8]}}]", "expect[0].routes.p1[0]: 10.0.0.1/8 is not an"),
        (
            "expect: [{mroute: {source: src}, routers: p1}]",
            "expect[0].mroute: names a stream, or a group and perhaps a source",
        ),
        (
            STREAM + "expect: [{mroute: {stream: tv, source: src}, routers: p1}]",
            "expect[0].mroute: names a stream, or a group and perhaps a source",
        ),
        (
            STREAM + "expect: [{mroute: tv, routers: pe1, incoming: lan9}]",
            "expect[0].incoming: no link is called lan9; is it lan",
        ),
        (
            "start: [{routes: all, within: 3}]",
            "start[0].within: a start condition has no time; the limit is `startup`",
        ),
        ("start: [{receive: tv}]", "start[0]: a start condition has exactly one of the keys"),
    ],
)
def test_a_mistake_in_what_happens_is_named(
    load_text: LoadText, small: str, added: str, expected: str
) -> None:
    assert any(expected in line for line in mistakes(load_text, f"{small}{added}\n"))


def test_an_igmpv2_host_cannot_join_a_source(load_text: LoadText, small: str) -> None:
    text = small.replace("rcv: {}", "rcv: {igmp_version: 2}") + STREAM
    lines = mistakes(load_text, text + "events: [{at: 0, join: tv, hosts: rcv}]\n")
    assert lines == ["events[0].hosts: rcv speaks IGMPv2, which has no sources"]


def test_mistakes_of_all_kinds_are_reported_at_once_in_the_order_of_the_file(
    load_text: LoadText,
) -> None:
    text = """\
    name: bad
    colour: red
    routers:
      pe1: {role: pee}
      ce1: {role: ce, loopback: 300.1.1.1}
    hosts:
      h1: {}
    links:
      - {ends: [pe1, ce9]}
      - {ends: [pe1, ce1], cost: 0}
      - {ends: [ce1, h1], vlan: 2}
    events:
      - {at: 1, frob: x}
      - {at: 2, link_down: ce1-h2}
    """
    with pytest.raises(BadLabFile) as error:
        load_text(text)
    assert list(error.value.lines) == [
        "lab.yaml:2: colour: unknown key",
        "lab.yaml:4: routers.pe1.role: pee should be 'pe', 'p' or 'ce'",
        "lab.yaml:5: routers.ce1.loopback: 300.1.1.1 is not a unicast IPv4 address",
        "lab.yaml:9: links[0].ends: no router or host is called ce9; is it ce1?",
        "lab.yaml:10: links[1].cost: 0 should be greater than or equal to 1",
        "lab.yaml:11: links[2].vlan: a host takes no tagged frames: h1",
        "lab.yaml:13: events[0]: an event has exactly one of the keys join, leave, link_down, "
        "link_cut, link_up, link_faults, restart",
        "lab.yaml:14: events[1].link_down: no link is called ce1-h2; is it ce1-h1?",
    ]


@pytest.mark.parametrize("text", ["just words\n", "- a\n- b\n", "routers: 5\n", "{}\n"])
def test_what_is_no_lab_at_all_is_refused(load_text: LoadText, text: str) -> None:
    assert mistakes(load_text, text)


@pytest.mark.parametrize(
    ("pool", "line"),
    [
        ("loopbacks: 192.0.2.0/30", "192.0.2.0/30 has no room left for the loopback of p1"),
        ("links: 192.0.2.0/29", "192.0.2.0/29 has no room left for the /30 of p1-pe2"),
    ],
)
def test_a_pool_that_is_too_small_is_named(
    load_text: LoadText, small: str, pool: str, line: str
) -> None:
    key = pool.partition(":")[0]
    with pytest.raises(BadLabFile) as error:
        load_text(f"seed: 2\nprovider:\n  {pool}\n{small}")
    assert error.value.lines == (f"lab.yaml:3: provider.{key}: {line}",)


def test_a_subnet_that_is_too_small_for_a_lan_is_named(load_text: LoadText, small: str) -> None:
    hosts = [f"h{number}" for number in range(300)]
    text = small.replace("hosts:\n", "hosts:\n" + "".join(f"  {host}:\n" for host in hosts))
    text = text.replace("[ce2, rcv]", f"[ce2, rcv, {', '.join(hosts)}]")
    (line,) = mistakes(load_text, text)
    assert line == "links[5].subnet: 10.0.2.0/24 has no room left for the address of h252 on lan2"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            "{ends: {pe1: {port: 2}, p1: {port: 1}}, vlan: 7}",
            "{name: x, ends: {pe1: {port: 2}, p1: {port: 1}}, vlan: 7}",
            "links[1]: has the ports of pe1-p1: give it another `vlan`, or other ports",
        ),
        (
            "{ends: {pe1: {port: 2}, p1: {port: 1}}}",
            "{name: x, ends: {pe1: {port: 2}, p1: {port: 1}}}",
            "links[1]: has the ports of pe1-p1: give it another `vlan`, or other ports",
        ),
        (
            "{ends: {pe1: {port: 2}, p1: {}}}",
            "{name: x, ends: {pe1: {port: 2}, p1: {}}}",
            "links[1].ends.pe1.port: port 2 of pe1 is on another wire already, that of pe1-p1",
        ),
    ],
)
def test_a_port_that_is_given_twice_is_one_mistake(
    load_text: LoadText, small: str, first: str, second: str, expected: str
) -> None:
    text = small.replace("{ends: [pe1, p1]}", f"{first}\n  - {second}")
    assert mistakes(load_text, text) == [expected]


def test_an_unknown_key_that_belongs_elsewhere_is_not_proposed(
    load_text: LoadText, small: str
) -> None:
    text = small + STREAM + "expect: [{receive: tv, hosts: rcv, vpn: red}]\n"
    assert mistakes(load_text, text) == [
        "expect[0].vpn: unknown key here; it belongs elsewhere",
    ]


def test_the_demo_lab_has_no_mistake(demo: Lab, demo_path: Path) -> None:
    assert demo.name == demo_path.stem
