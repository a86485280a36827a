"""RFC 7761 4.6.1, 4.6.2 and 4.6.3: both Assert state machines, each pair of state and event.

The router under test is 10.0.1.2; its metric is 110/20 on whichever tree it forwards on.
"""

from __future__ import annotations

import pytest

from controlplane.protocols.pim.assert_machine import (
    Action,
    Standing,
    on_change,
    on_data,
    on_group_assert,
    on_source_assert,
    on_timer,
)
from controlplane.protocols.pim.assert_metric import (
    INFINITE,
    INFINITE_METRIC,
    INFINITE_PREFERENCE,
    AssertMetric,
)
from controlplane.protocols.pim.assert_state import AssertInfo, AssertState
from tests.protocols.pim.router import ip

ME, WINNER, OTHER = ip("10.0.1.2"), ip("10.0.1.3"), ip("10.0.1.4")


def metric(metric: int, *, rpt: bool = False, by: str = "10.0.1.4") -> AssertMetric:
    return AssertMetric(rpt, 110, metric, ip(by))


def cancel(by: str) -> AssertMetric:
    return AssertMetric(True, INFINITE_PREFERENCE, INFINITE_METRIC, ip(by))


def mine(*, rpt: bool = False) -> AssertMetric:
    return metric(20, rpt=rpt, by="10.0.1.2")


def no_info(*, could: bool = True, tracks: bool = True, rpt: bool = False) -> Standing:
    """In NoInfo. Whoever cannot assert has an infinite metric, but for (S,G) where (*,G) could."""
    return Standing(None, could, tracks, mine(rpt=rpt) if could or rpt else INFINITE)


def winner(*, rpt: bool = False, could: bool = True) -> Standing:
    info = AssertInfo(AssertState.WINNER, ME, mine(rpt=rpt))
    return Standing(info, could, True, mine(rpt=rpt) if could else INFINITE)


def loser(
    own: AssertMetric = INFINITE, *, best: int = 10, rpt: bool = False, tracks: bool = True
) -> Standing:
    info = AssertInfo(AssertState.LOSER, WINNER, metric(best, rpt=rpt, by="10.0.1.3"))
    return Standing(info, not own.is_infinite, tracks, own)


OWN_RPT = mine(rpt=True)
BY_WINNER = "10.0.1.3"


@pytest.mark.parametrize(
    ("standing", "received", "action"),
    [
        pytest.param(no_info(), metric(30), Action.CLAIM, id="NI: inferior, RPTbit clear"),
        pytest.param(no_info(could=False), metric(30), Action.ACCEPT_ON_SPT, id="NI: ours is inf"),
        pytest.param(no_info(), metric(30, rpt=True), Action.CLAIM, id="NI: RPTbit set, could"),
        pytest.param(no_info(), metric(1, rpt=True), Action.CLAIM, id="NI: any metric, RPTbit set"),
        pytest.param(no_info(), cancel(BY_WINNER), Action.CLAIM, id="NI: AssertCancel, could"),
        pytest.param(no_info(could=False), metric(30, rpt=True), None, id="NI: RPTbit, could not"),
        pytest.param(no_info(could=False, rpt=True), metric(30, rpt=True), None, id="NI: on RPT"),
        pytest.param(no_info(), metric(10), Action.ACCEPT_ON_SPT, id="NI: acceptable, tracked"),
        pytest.param(no_info(tracks=False), metric(10), None, id="NI: acceptable, not tracked"),
        pytest.param(winner(), metric(30), Action.REPEAT, id="W: inferior"),
        pytest.param(winner(), metric(30, rpt=True), Action.REPEAT, id="W: inferior, RPTbit set"),
        pytest.param(winner(), cancel(BY_WINNER), Action.REPEAT, id="W: AssertCancel of another"),
        pytest.param(winner(), metric(10), Action.ACCEPT, id="W: preferred"),
        pytest.param(loser(), metric(5), Action.ACCEPT, id="L: preferred"),
        pytest.param(loser(), metric(15), None, id="L: between the winner's and ours"),
        pytest.param(loser(mine()), metric(30), None, id="L: inferior, not of the winner"),
        pytest.param(loser(mine()), metric(15, by=BY_WINNER), Action.ACCEPT, id="L: W got worse"),
        pytest.param(loser(), metric(10, by=BY_WINNER), Action.ACCEPT, id="L: winner repeats"),
        pytest.param(loser(mine()), metric(30, by=BY_WINNER), Action.FORGET, id="L: W inferior"),
        pytest.param(loser(), cancel(BY_WINNER), Action.FORGET, id="L: AssertCancel of the winner"),
        pytest.param(loser(mine()), cancel(BY_WINNER), Action.FORGET, id="L: and we forward"),
        pytest.param(loser(mine()), cancel("10.0.1.4"), None, id="L: AssertCancel of another"),
        pytest.param(loser(), metric(5, rpt=True, by=BY_WINNER), None, id="L: winner on the RPT"),
    ],
)
def test_source_machine_on_an_assert(
    standing: Standing, received: AssertMetric, action: Action | None
) -> None:
    assert on_source_assert(standing, received) is action


@pytest.mark.parametrize(
    ("standing", "received", "action"),
    [
        pytest.param(
            no_info(rpt=True), metric(30, rpt=True), Action.CLAIM, id="NI: inferior, could"
        ),
        pytest.param(
            no_info(could=False), metric(30, rpt=True), Action.ACCEPT, id="NI: ours is infinite"
        ),
        pytest.param(
            no_info(rpt=True), metric(10, rpt=True), Action.ACCEPT, id="NI: acceptable, tracked"
        ),
        pytest.param(
            no_info(rpt=True, tracks=False), metric(10, rpt=True), None, id="NI: not tracked"
        ),
        pytest.param(no_info(could=False), cancel(BY_WINNER), None, id="NI: AssertCancel, inf"),
        pytest.param(no_info(rpt=True), cancel(BY_WINNER), Action.CLAIM, id="NI: AssertCancel"),
        pytest.param(no_info(rpt=True), metric(10), None, id="NI: of a source's tree"),
        pytest.param(winner(rpt=True), metric(30, rpt=True), Action.REPEAT, id="W: inferior"),
        pytest.param(winner(rpt=True), metric(10, rpt=True), Action.ACCEPT, id="W: preferred"),
        pytest.param(winner(rpt=True), metric(10), None, id="W: of a source's tree"),
        pytest.param(loser(rpt=True), metric(5, rpt=True), Action.ACCEPT, id="L: preferred"),
        pytest.param(loser(rpt=True), metric(5), None, id="L: preferred, of a source's tree"),
        pytest.param(loser(rpt=True), metric(15, rpt=True), None, id="L: between W's and ours"),
        pytest.param(
            loser(OWN_RPT, rpt=True),
            metric(15, rpt=True, by=BY_WINNER),
            Action.ACCEPT,
            id="L: the winner got worse",
        ),
        pytest.param(
            loser(OWN_RPT, rpt=True),
            metric(30, rpt=True, by=BY_WINNER),
            Action.FORGET,
            id="L: the winner is inferior now",
        ),
        pytest.param(loser(rpt=True), cancel(BY_WINNER), Action.FORGET, id="L: AssertCancel"),
        pytest.param(loser(rpt=True), cancel("10.0.1.4"), None, id="L: AssertCancel of another"),
    ],
)
def test_group_machine_on_an_assert(
    standing: Standing, received: AssertMetric, action: Action | None
) -> None:
    assert on_group_assert(standing, received) is action


@pytest.mark.parametrize(
    ("standing", "action"),
    [
        pytest.param(no_info(), Action.CLAIM, id="NI: could assert"),
        pytest.param(no_info(could=False), None, id="NI: could not"),
        pytest.param(winner(), Action.REPEAT, id="W"),
        pytest.param(loser(), None, id="L"),
        pytest.param(loser(mine()), None, id="L: could assert"),
    ],
)
def test_machines_on_data(standing: Standing, action: Action | None) -> None:
    assert on_data(standing) is action


@pytest.mark.parametrize(
    ("standing", "left", "action"),
    [
        pytest.param(no_info(could=False, tracks=False), True, None, id="NI"),
        pytest.param(winner(), False, None, id="W: could assert"),
        pytest.param(winner(could=False), False, Action.CANCEL, id="W: CouldAssert -> FALSE"),
        pytest.param(loser(), False, None, id="L: nothing changed"),
        pytest.param(loser(mine()), False, None, id="L: our metric is worse"),
        pytest.param(loser(tracks=False), False, Action.FORGET, id="L: AssTrDes -> FALSE"),
        pytest.param(loser(mine(), best=30), False, Action.FORGET, id="L: our metric is better"),
        pytest.param(loser(), True, Action.FORGET, id="L: RPF interface stops being I"),
    ],
)
def test_machines_on_a_change(standing: Standing, left: bool, action: Action | None) -> None:
    assert on_change(standing, rpf_interface_left=left) is action


@pytest.mark.parametrize(
    ("state", "action"),
    [(AssertState.WINNER, Action.REPEAT), (AssertState.LOSER, Action.FORGET)],
)
def test_machines_when_the_assert_timer_expires(state: AssertState, action: Action) -> None:
    assert on_timer(state) is action


RANKING = (
    AssertMetric(False, 0, 0, ME),
    AssertMetric(False, 110, 10, ME),
    AssertMetric(False, 110, 20, OTHER),
    AssertMetric(False, 110, 20, WINNER),
    AssertMetric(False, 120, 5, OTHER),
    AssertMetric(True, 0, 0, OTHER),
    AssertMetric(True, 110, 5, ME),
    cancel("10.0.1.4"),
    INFINITE,
)


@pytest.mark.parametrize("better", range(len(RANKING)))
@pytest.mark.parametrize("worse", range(len(RANKING)))
def test_metrics_compare_by_tree_then_preference_then_metric_then_address(
    better: int, worse: int
) -> None:
    assert RANKING[better].is_better_than(RANKING[worse]) is (better < worse)


def test_a_metric_is_told_in_words() -> None:
    told = [str(m) for m in (mine(), mine(rpt=True), INFINITE)]
    assert told == ["110/20 on the shortest-path tree", "110/20 on the RP tree", "infinite"]
