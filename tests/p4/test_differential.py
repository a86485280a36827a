"""Random packets through random tables: BMv2 and the embedded target do the same with our program.

More seeds: `python -m tests.p4.differential FROM TO`.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator

import pytest

from controlplane.net.punt import PuntReason
from controlplane.p4rt.drops import DropReason
from tests.p4.differential.coverage import ActionsRun, outcomes
from tests.p4.differential.play import play
from tests.p4.differential.switches import Bmv2Target, Embedded, Twins
from tests.softswitch.bmv2 import BMV2

SEEDS = range(8)
REACHING = range(1000, 1030)
LEAST = {"forwarded": 0.15, "replicated": 0.05, "encapsulated": 0.05, "label pushed": 0.03} | (
    dict.fromkeys(("decapsulated", "registered", "label swapped", "label popped"), 0.005)
)
"""The shares of packets of which something must become."""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    if shutil.which(BMV2) is None:
        pytest.skip(f"{BMV2} is not on PATH")
    targets = Embedded(), Bmv2Target(tmp_path_factory.mktemp("bmv2"))
    yield Twins(*targets)
    for target in targets:
        target.close()


@pytest.mark.bmv2
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_packets_leave_and_the_same_is_counted(seed: int, twins: Twins) -> None:
    play(seed, twins)


def test_random_packets_reach_every_action_and_every_fate() -> None:
    """Else the comparison would say little."""
    target, met = ActionsRun(), Counter[str]()
    twins = Twins(target)
    packets = 0
    for seed in REACHING:
        for stimulus, outcome in play(seed, twins):
            met.update(outcomes(stimulus, outcome))
            packets += 1
    never = {name for name, runs in target.actions().items() if not runs}
    dropped = twins.counters()[0].dropped
    target.close()
    assert never == {"NoAction"}, "it is in the JSON, and no table has it"
    assert set(PuntReason) == {reason for reason in PuntReason if met[f"punted: {reason.name}"]}
    assert dropped.keys() == set(DropReason)
    assert {fate: share for fate in LEAST if met[fate] < (share := LEAST[fate] * packets)} == {}
