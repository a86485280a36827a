"""Whatever is lost on the way to the RP and back, in the end packets come on the source's tree."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.engine import SendPacket
from controlplane.wire.pim.hello import Hello
from controlplane.wire.pim.message import decode_message
from tests.protocols.pim.register_lan import SG, network, wants

TIME_TO_RECOVER = 220
"""Until what was said, and lost, is said again: J/P holdtime, and a little more."""


def is_lost(packet: SendPacket, rng: Random, share: float) -> bool:
    """Hellos are spared, or this is about neighbours."""
    return rng.random() < share and not isinstance(decode_message(packet.payload), Hello)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.1, 0.5, 0.9]),
    st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=8),
)
def test_packets_arrive_once_when_messages_do_again(
    seed: int, share: float, wishes: list[tuple[bool, int]]
) -> None:
    lan, rng = network(), Random(seed)
    lan.loses = lambda router, packet: is_lost(packet, rng, share)
    for joined, seconds in wishes:
        wants(lan, joined=joined)
        lan.stream(SG, "source", seconds)
    lan.loses = lambda router, packet: False
    wants(lan)
    lan.stream(SG, "source", TIME_TO_RECOVER)
    assert [seen["hosts"] for seen in lan.stream(SG, "source", 5)] == [1] * 5
    assert lan.routes["dr"][SG].registering is None
    assert [view.state for view in lan.engines["dr"].registers(lan.now)] == ["P"]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_nothing_is_left_of_a_source_that_went(seed: int, seconds: int) -> None:
    lan, rng = network(), Random(seed)
    lan.loses = lambda router, packet: is_lost(packet, rng, 0.3)
    wants(lan)
    lan.stream(SG, "source", seconds)
    lan.loses = lambda router, packet: False
    lan.run(until=lan.now + 600.0)
    for engine in lan.engines.values():
        assert engine.trees(lan.now) == () and engine.registers(lan.now) == ()
