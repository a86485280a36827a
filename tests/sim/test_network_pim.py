"""PIM's words of lab files at work: each in a network in which it makes the difference.

ce1 --- pe1 --- p1 --- pe3 --- ce3        h1 sends, h2 receives; h3 does either
 |              |               |
 h1            pe2              h3
                |
               ce2 --- h2
"""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.protocols.pim.counters import Count
from tests.sim.vpn_world import RATE, Streamed, VpnWorld

LAB = """\
name: words
provider:
  loopbacks: 192.0.2.0/24
  ospf: {min_ls_interval: 0.1, min_ls_arrival: 0.05}
  ldp: {hello_interval: 1, hello_hold: 4}
timers:
  ospf: {hello_interval: 1, dead_interval: 4}
  pim: {hello_period: 5, triggered_hello_delay: 0.2, override_interval: 0.4, propagation_delay: 0.8}
  igmp: {last_member_query_interval: 0.2}
  bgp: {connect_retry: 1, min_advertisement: 0.1}
start: []
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  pe3: {role: pe}
  p1: {role: p}
  ce1: {role: ce, loopback: 172.31.0.1}
  ce2: {role: ce, loopback: 172.31.0.2}
  ce3: {role: ce, loopback: 172.31.0.3}
hosts:
  h1: {address: 10.1.1.10}
  h2: {address: 10.1.2.10, igmp_version: 2}
  h3: {address: 10.1.3.10}
links:
  - {ends: [pe1, p1]}
  - {ends: [pe2, p1]}
  - {ends: [pe3, p1]}
  - {ends: {pe1: {}, ce1: {}}, vpn: red, subnet: 10.9.1.0/24}
  - {ends: {pe2: {}, ce2: {}}, vpn: red, subnet: 10.9.2.0/24}
  - {ends: {pe3: {}, ce3: {}}, vpn: red, subnet: 10.9.3.0/24}
  - {ends: [ce1, h1], subnet: 10.1.1.0/24}
  - {ends: [ce2, h2], subnet: 10.1.2.0/24}
  - {ends: [ce3, h3], subnet: 10.1.3.0/24}
vpns:
  red: {rd: 65000:1, profile: 3, default_mdt: 232.10.0.1}
"""

CE1, CE3 = "172.31.0.1", "172.31.0.3"
H1, H3 = "10.1.1.10", "10.1.3.10"
GROUP, SSM_GROUP = "239.1.1.1", "232.1.1.1"
ELECTED = "bootstrap: {period: 2, minimum_interval: 0.5, advertisement_period: 1}"
KILOBIT_RATE = RATE * (100 + 14) * 8 / 1000
"""Of a stream, with its Ethernet headers."""


COUNTED = 12.0
"""More than a period in which PIM is told of the switch's counters."""


class WordsWorld(VpnWorld):
    """`words` are the VPN's."""

    convergence = 8.0

    def __init__(self, folder: Path, words: str, text: str = LAB) -> None:
        vpn = "default_mdt: 232.10.0.1"
        super().__init__(folder, text.replace(vpn, f"{vpn}, {words}"))

    def join(self, host: str, group: str = GROUP, source: str | None = None) -> None:
        of = self.lab.layout.address(source) if source else None
        self.world.join(host, IPv4Address(group), of)
        self.run(1)

    def sends(self, source: str, to: str = "h2", group: str = GROUP) -> Streamed:
        """A stream that runs for a while, all of it."""
        stream = self.stream(source, to, COUNTED, group)
        self.run(COUNTED + 1)
        return stream

    def sources(self, router: str, vrf: str = "default") -> set[str]:
        """The sources with trees of their own."""
        rows = self.rows(router, "mroute", vrf)
        return {row["source"] for row in rows if row["source"] != "*"}

    def rps(self, router: str, vrf: str = "default") -> set[str]:
        """The RPs that are known, of whatever range."""
        rows = self.rows(router, "pim rp", vrf)
        return {row["rp"] for row in rows if row["table"] == "mapping"}

    def neighbors_in_red(self, pe: str) -> set[str]:
        return {row["neighbor"] for row in self.rows(pe, "pim neighbor", "red")}


def is_whole(stream: Streamed) -> bool:
    """All came that was sent after the tree had time to grow."""
    return all(number < RATE for number in stream.lost())


def is_lost(stream: Streamed) -> bool:
    return len(stream.lost()) == stream.stream.count


@pytest.mark.parametrize(
    ("threshold", "trees"),
    [(round(KILOBIT_RATE / 2), {H1}), (round(KILOBIT_RATE * 2), set())],
    ids=["below the rate", "above the rate"],
)
def test_a_last_hop_router_leaves_the_shared_tree_at_the_threshold(
    tmp_path: Path, threshold: int, trees: set[str]
) -> None:
    world = WordsWorld(tmp_path, f"rp: ce3, spt: {{threshold: {threshold}}}")
    world.join("h2")
    assert is_whole(world.sends("h1"))
    assert world.sources("ce2") == trees


def test_members_of_an_anycast_rp_tell_each_other_of_sources(tmp_path: Path) -> None:
    """h1 registers with ce1 and h3 with ce3; h2 joins one of the two."""
    words = "rp: 10.8.8.8, anycast_rp: {address: 10.8.8.8, members: [ce1, ce3]}"
    world = WordsWorld(tmp_path, words)
    world.join("h2")
    for source in ("h1", "h3"):
        assert is_whole(world.sends(source))
    assert world.sources("ce1") == world.sources("ce3") == {H1, H3}


def test_the_address_of_an_anycast_rp_is_that_of_its_members_alone(tmp_path: Path) -> None:
    """ce3 is none, so h3's packets go to ce1 in Registers."""
    words = "rp: 10.8.8.8, anycast_rp: {address: 10.8.8.8, members: ce1}"
    world = WordsWorld(tmp_path, words)
    world.join("h2")
    assert is_whole(world.sends("h3"))
    assert world.sources("ce1") == {H3}
    is_rp = {ce: world.rows(ce, "pim rp")[0]["i_am_rp"] for ce in ("ce1", "ce3")}
    assert is_rp == {"ce1": True, "ce3": False}


@pytest.mark.parametrize(("source", "served"), [("h1", True), ("h3", False)])
def test_a_host_that_cannot_name_sources_gets_those_of_the_mapping(
    tmp_path: Path, source: str, served: bool
) -> None:
    words = f"ssm_mapping: {{groups: 232.1.0.0/16, sources: {source}}}"
    world = WordsWorld(tmp_path, words)
    world.join("h2", SSM_GROUP)
    stream = world.sends("h1", group=SSM_GROUP)
    assert is_whole(stream) if served else is_lost(stream)


def test_who_is_not_let_through_the_filter_is_no_neighbor(tmp_path: Path) -> None:
    """pe2 and ce2 do not hear each other; PEs do, over the MDT, by their loopbacks."""
    filtered = "neighbor_filter: [10.9.1.0/24, 10.9.3.0/24, 192.0.2.0/24]"
    world = WordsWorld(tmp_path, f"rp: ce3, {filtered}")
    world.join("h2")
    assert world.neighbors_in_red("pe1") == {"10.9.1.2", "192.0.2.2", "192.0.2.3"}
    assert world.neighbors_in_red("pe2") == {"192.0.2.1", "192.0.2.3"}
    assert world.counted("pe2", "pim", Count.DROP_NEIGHBOR_REFUSED, "red") > 0
    assert is_lost(world.sends("h1"))


def test_trees_beyond_the_limit_are_refused_and_those_within_it_stay(tmp_path: Path) -> None:
    world = WordsWorld(
        tmp_path, "state_limit: 1, ssm_mapping: [{groups: 232.0.0.0/8, sources: h1}]"
    )
    world.join("h2", SSM_GROUP)
    world.join("h2", "232.1.1.2")
    assert is_whole(world.sends("h1", group=SSM_GROUP))
    assert is_lost(world.sends("h1", group="232.1.1.2"))
    assert world.counted("ce2", "pim", Count.STATE_LIMIT) > 0


@pytest.mark.parametrize(("accepted", "served"), [("10.1.1.0/24", True), ("10.1.3.0/24", False)])
def test_an_rp_takes_registers_of_accepted_sources_alone(
    tmp_path: Path, accepted: str, served: bool
) -> None:
    world = WordsWorld(tmp_path, f"rp: ce3, accept_register: {accepted}")
    world.join("h2")
    stream = world.sends("h1")
    assert is_whole(stream) if served else is_lost(stream)
    assert (world.counted("ce3", "pim", Count.REFUSED_REGISTER) == 0) is served


def test_no_bootstrap_message_passes_a_border(tmp_path: Path) -> None:
    """ce2 is behind one: all others know the RP."""
    text = LAB.replace("{pe2: {}, ce2: {}}", "{pe2: {pim: {bsr_border: true}}, ce2: {}}")
    words = f"bsr_candidate: ce1, rp_candidate: ce1, {ELECTED}"
    world = WordsWorld(tmp_path, words, text)
    knowing = [world.rps("ce1"), world.rps("ce3")]
    knowing += [world.rps(pe, "red") for pe in ("pe1", "pe2", "pe3")]
    assert knowing == [{CE1}] * 5
    assert world.rps("ce2") == set()


@pytest.mark.parametrize(
    ("override", "rp"), [("", CE1), (", override: true", CE3)], ids=["told", "told to override"]
)
def test_an_elected_rp_wins_over_one_that_is_told_unless_that_overrides(
    tmp_path: Path, override: str, rp: str
) -> None:
    words = f"bsr_candidate: ce1, rp_candidate: ce1, {ELECTED}, rp: [{{address: ce3{override}}}]"
    world = WordsWorld(tmp_path, words)
    world.join("h2")
    assert world.rps("ce2") == {CE1, CE3}
    (of_group,) = (row for row in world.rows("ce2", "pim rp") if row["table"] == "group")
    assert of_group["rp"] == rp
    assert is_whole(world.sends("h1"))


def test_a_bsr_takes_no_offers_of_others_than_it_accepts(tmp_path: Path) -> None:
    words = (
        f"bsr_candidate: {{router: ce1, accept_rps: {CE3}/32}}, rp_candidate: [ce2, ce3], {ELECTED}"
    )
    world = WordsWorld(tmp_path, words)
    assert world.rps("ce2") == {CE3}


@pytest.mark.parametrize(
    ("words", "rp"),
    [
        (["bsr_candidate: pe3", "rp_candidate: p1", ELECTED], "192.0.2.4"),
        (["rp: 192.0.2.9", "anycast_rp: {address: 192.0.2.9, members: [p1, p2]}"], "192.0.2.9"),
    ],
    ids=["elected", "anycast"],
)
def test_p_tunnels_have_rps_by_the_same_words(tmp_path: Path, words: list[str], rp: str) -> None:
    """The provider's; pe2 is behind p2 here."""
    given = "".join(f"  {word}\n" for word in words)
    text = LAB.replace("provider:\n", f"provider:\n{given}")
    text = text.replace("  p1: {role: p}\n", "  p1: {role: p}\n  p2: {role: p}\n")
    text = text.replace("[pe2, p1]}", "[pe2, p2]}\n  - {ends: [p1, p2]}")
    text = text.replace("profile: 3, default_mdt: 232.10.0.1", "profile: pim-gre-sm, MDT")
    world = VpnWorld(tmp_path, text.replace("MDT", "default_mdt: 239.10.0.1, rp: ce3"))
    assert {row["rp"] for row in world.rows("pe1", "pim rp")} == {rp}
    world.world.join("h2", IPv4Address(GROUP), None)
    world.run(1)
    stream = world.stream("h1", "h2", 5, GROUP)
    world.run(6)
    assert is_whole(stream)
