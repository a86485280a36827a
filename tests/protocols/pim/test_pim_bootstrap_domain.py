"""A whole domain and its Bootstrap Router, written down in golden/bsr-*.txt, and under loss."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.protocols.pim.bootstrap_machine import BsrState
from controlplane.protocols.pim.config import CandidateBsr, CandidateRp, PimConfig
from tests.protocols.pim.bsr_domain import Domain, ip

GOLDEN = Path(__file__).parent / "golden"
LOOPBACKS = tuple(f"10.9.0.{number}" for number in range(1, 5))
NAMES = ("a", "b", "c", "d")


def chain() -> Domain:
    """a - b - c - d: a and d would be the BSR, d rather than a; b and c would be RPs."""
    domain = Domain()
    for number, name in enumerate(NAMES):
        lans = {f"l{n}": f"10.0.{n}.{number + 1}/24" for n in (number, number + 1) if 0 < n < 4}
        domain.router(name, LOOPBACKS[number], config(name, LOOPBACKS[number]), **lans)
        for other, loopback in enumerate(LOOPBACKS):
            if other < number:
                domain.route(name, f"l{number}", f"10.0.{number}.{number}", loopback)
            elif other > number:
                domain.route(name, f"l{number + 1}", f"10.0.{number + 1}.{number + 2}", loopback)
    return domain


def config(name: str, loopback: str) -> PimConfig:
    if name in "ad":
        return PimConfig(candidate_bsr=CandidateBsr(address=ip(loopback)))
    return PimConfig(candidate_rps=(CandidateRp(address=ip(loopback)),))


def check(domain: Domain, name: str) -> None:
    """Compare the trace with the golden one of this name."""
    file = GOLDEN / f"bsr-{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(domain.trace())
    assert domain.trace() == file.read_text()


def agreed(domain: Domain) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Who is the BSR, and what the RPs are: as each router sees it."""
    return {(str(n.bootstraps.bsr), tuple(n.mappings)) for n in domain.nodes.values()}


def test_a_domain_elects_a_bsr_and_learns_the_rps_of_it() -> None:
    domain = chain()
    domain.run(until=30.0)
    check(domain, "election")
    ((_, mappings),) = agreed(domain)
    assert mappings == (("224.0.0.0/4", LOOPBACKS[1]), ("224.0.0.0/4", LOOPBACKS[2]))


def test_when_the_bsr_is_gone_the_next_one_takes_over_and_no_rp_is_lost() -> None:
    domain = chain()
    domain.run(until=30.0)
    before = {name: node.mappings for name, node in domain.nodes.items()}
    domain.lines.clear()
    domain.remove("d")
    domain.run(until=170.0)
    check(domain, "takeover")
    assert domain.nodes["a"].bootstraps.election.state is BsrState.ELECTED
    assert {name: node.mappings for name, node in domain.nodes.items()} == {
        name: before[name] for name in "abc"
    }


def test_each_half_of_a_divided_domain_has_a_bsr_and_the_rps_that_are_in_it() -> None:
    domain = chain()
    domain.run(until=30.0)
    domain.remove("b")
    domain.run(until=400.0)
    states = {name: node.bootstraps.election.state for name, node in domain.nodes.items()}
    assert states == {
        "a": BsrState.ELECTED,
        "c": BsrState.ACCEPT_PREFERRED,
        "d": BsrState.ELECTED,
    }
    assert domain.nodes["a"].mappings == []
    assert domain.nodes["c"].mappings == [("224.0.0.0/4", LOOPBACKS[2])]
    assert domain.nodes["d"].mappings == [("224.0.0.0/4", LOOPBACKS[2])]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), loss=st.sampled_from([0.05, 0.2, 0.4]))
def test_whatever_was_lost_a_domain_agrees_as_soon_as_nothing_is(seed: int, loss: float) -> None:
    domain, rng = chain(), Random(seed)
    domain.loses = lambda receiver, packet: rng.random() < loss
    domain.run(until=400.0)
    domain.loses = lambda receiver, packet: False
    domain.run(until=800.0)
    ((bsr, mappings),) = agreed(domain)
    assert bsr == str(domain.nodes["d"].bootstraps.own)
    assert mappings == (("224.0.0.0/4", LOOPBACKS[1]), ("224.0.0.0/4", LOOPBACKS[2]))
