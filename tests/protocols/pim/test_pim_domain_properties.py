"""Random domains: whatever happened before, each member gets each packet once, and nobody else."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols.pim.domain import Domain, Map

SEEDS = st.integers(0, 2**32)


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_members_of_a_domain_get_each_packet_once(seed: int) -> None:
    rng = Random(seed)
    drawn = Map.drawn(rng)
    domain = Domain(drawn)
    senders = rng.sample(range(drawn.routers), rng.randint(1, min(2, drawn.routers)))
    members: set[int] = set()
    for _ in range(rng.randint(1, 8)):
        if rng.random() < 0.2:
            domain.cut(rng.choice(sorted(domain.map.links)))
        router = rng.randrange(drawn.routers)
        joined = rng.random() < 0.7
        domain.member(router, joined=joined)
        (members.add if joined else members.discard)(router)
        domain.stream(senders if rng.random() < 0.6 else (), rng.choice([0, 1, 3, 70]))
    domain.stream(senders, 80)
    for sender in senders:
        expected = {f"h{member}": 1 for member in members if member != sender}
        assert domain.send(sender) == expected
    for member in members:
        domain.member(member, joined=False)
    domain.network.run(domain.network.now + 1000.0)
    for engine in domain.network.engines.values():
        assert engine.trees(domain.network.now) == ()
        assert engine.shared_trees(domain.network.now) == ()
