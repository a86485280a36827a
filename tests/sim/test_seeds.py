"""Random networks in every mode of tree, whose links lose, double and disorder frames.

What must hold is in docs/testing.md. A seed that fails fails again, and is taken apart by
`python -m tests.sim.seeds SEED`; thousands of them by `python -m tests.sim.seeds FROM TO`.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.sim.seeds.verdict import judge

SEEDS: Final = range(200)

FAILED_ONCE: Final = {
    35: "a router that had lost its path became DF by a Pass that was under way",
    69: "a DF said that it had won before its neighbours listened, and not again for a minute",
    126: "the same with two customers",
    187: "a router that had not listened to the DF when it won did not ask who it was",
    492: "the model: a packet in a loop for a moment was doubled at every hop",
    1368: "the model: a shared tree that crosses the PMSI twice has no rest",
    2484: "a DF laid its duty down while the link was cut, and nobody asked for another",
    3116: "the model: Asserts of a silent link outlived the rest",
    3215: "the model: after an Assert between Registers and tree nothing came by the tree",
    3565: "a PE that came back was the DF of the PMSI before the other PEs could be heard",
    3625: "the model: as 3215",
    3990: "the model: Asserts are renewed after three minutes",
    4162: "the counts of a route's two entries were compared as one sum, and one went",
    4178: "the model: as 6606, half a minute later",
    4338: "as 3565",
    4607: "the model: as 3990",
    5667: "the RP's PE joined a source, but not the data MDT that its packets came in",
    6606: "the model: what only first packets had needed was forgotten later",
    7584: "the model: packets were judged while routers left the tree of an Assert's loser",
}
"""Seeds that have found a fault of the product, or of the model, with what it was."""


@pytest.mark.parametrize("seed", sorted({*SEEDS, *FAILED_ONCE}))
def test_whatever_happens_multicast_is_right_when_the_network_has_come_to_rest(seed: int) -> None:
    judge(seed)
