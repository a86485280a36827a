"""Whatever is lost and whatever changes, in the end one router forwards onto a LAN."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.engine import SendPacket
from controlplane.net.multicast import SourceGroup
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.message import decode_message
from tests.protocols.pim.assert_lan import SPARSE, SSM, square, wants_group, ways
from tests.protocols.pim.lan import Lan

OF = {"r1": ("a", "10.1.0.9"), "r2": ("b", "10.2.0.9")}
HOSTS = {"r3": "c", "r4": "d"}
TIME_TO_AGREE = 100
"""Until a Join that was lost is sent again, be it suppressed; an Assert is within a second."""


@dataclass
class Step:
    kind: str
    router: int
    metric: int
    flag: bool
    packets: int


steps = st.builds(
    Step,
    kind=st.sampled_from(["route", "member", "local", "group", "upstream", "loss"]),
    router=st.integers(0, 1),
    metric=st.sampled_from([5, 10, 20, 30]),
    flag=st.booleans(),
    packets=st.integers(1, 6),
)


def play(lan: Lan, step: Step, sg: SourceGroup, rng: Random) -> None:
    upstream, host = ("r1", "r2")[step.router], ("r3", "r4")[step.router]
    match step.kind:
        case "route":
            ways(lan, upstream, *OF[upstream], metric=step.metric)
        case "member":
            lan.member(host, sg, joined=step.flag, interface=HOSTS[host])
        case "local":
            for name in (*OF, *HOSTS):
                lan.member(name, sg, joined=step.flag, interface="lan")
        case "group":
            wants_group(lan, host, HOSTS[host], joined=step.flag)
        case "upstream":
            ways(lan, host, "lan", f"10.0.0.{step.metric % 2 + 1}", metric=30)
        case "loss":
            lan.loses = lambda router, packet: step.flag and is_lost(packet, rng)
    lan.stream(sg, "source", step.packets)


def is_lost(packet: SendPacket, rng: Random) -> bool:
    """Half of what is sent; Hellos are spared, or this is about neighbours."""
    return rng.random() < 0.5 and not isinstance(decode_message(packet.payload), Hello)


def in_the_end(lan: Lan, sg: SourceGroup) -> None:
    """Nothing is lost any more, and both hosts want the packets."""
    lan.loses = lambda router, packet: False
    for host, interface in HOSTS.items():
        lan.member(host, sg, joined=True, interface=interface)
    lan.stream(sg, "source", TIME_TO_AGREE)
    for seen in lan.stream(sg, "source", 3):
        assert (seen["lan"], seen["c"], seen["d"]) == (1, 1, 1)
    assert_agreed(lan, sg)


def assert_agreed(lan: Lan, sg: SourceGroup) -> None:
    """All who know a winner of the source know the same."""
    views = [
        view
        for engine in lan.engines.values()
        for view in engine.asserts(lan.now)
        if view.tree == sg and view.interface == "lan"
    ]
    assert len({view.winner for view in views}) <= 1
    assert [view.state for view in views].count("W") <= 1


@settings(deadline=None, max_examples=25)
@given(st.lists(steps, max_size=12), st.integers(0, 1000))
def test_a_lan_gets_each_packet_of_a_source_once(plan: list[Step], seed: int) -> None:
    lan, rng = square(), Random(seed)
    for step in plan:
        if step.kind != "group":
            play(lan, step, SSM, rng)
    in_the_end(lan, SSM)


@settings(deadline=None, max_examples=25)
@given(st.lists(steps, max_size=12), st.integers(0, 1000))
def test_a_lan_gets_each_packet_of_a_group_once(plan: list[Step], seed: int) -> None:
    lan, rng = square(), Random(seed)
    for step in plan:
        play(lan, step, SPARSE, rng)
    in_the_end(lan, SPARSE)
