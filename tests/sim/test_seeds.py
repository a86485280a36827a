"""Random networks in every mode of tree, whose links lose, double and disorder frames.

What must hold is in docs/testing.md. A seed that fails fails again, and is taken apart by
`python -m tests.sim.seeds SEED`; thousands of them by `python -m tests.sim.seeds FROM TO`.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.sim.seeds.verdict import judge

SEEDS: Final = range(200)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_multicast_is_right_when_the_network_has_come_to_rest(seed: int) -> None:
    judge(seed)
