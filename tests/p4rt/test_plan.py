"""The laws of planning, for any Fibs one after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.fib.model import (
    Decapsulate,
    Fib,
    InPlace,
    MulticastRoute,
    Port,
    Replica,
    Tail,
)
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.p4rt import names
from controlplane.p4rt.entities import GROUP, references
from controlplane.p4rt.plan import BATCH_LIMIT, Batch, Operation, plan
from controlplane.p4rt.programmer import Programmer
from tests.p4rt.fibs import FIBS, law
from tests.p4rt.meaning import anonymous, behind_tunnels, meaning
from tests.p4rt.switch import StrictSwitch, carry_out

HISTORIES = st.lists(FIBS, min_size=1, max_size=4)


@law
@given(HISTORIES)
def test_whatever_was_before_the_switch_means_the_fib(history: list[Fib]) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    for fib in history:
        carry_out(programmer, programmer.program(fib), switch)
        held = meaning(switch.holds)
        assert held.fib == anonymous(fib)
        assert held.behind_tunnels == set(behind_tunnels(fib))


@law
@given(HISTORIES)
def test_a_fib_that_is_installed_needs_no_plan(history: list[Fib]) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    for fib in history:
        carry_out(programmer, programmer.program(fib), switch)
        assert programmer.program(fib) == []


@law
@given(HISTORIES)
def test_a_new_controller_finds_the_same_numbers(history: list[Fib]) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    for fib in history:
        carry_out(programmer, programmer.program(fib), switch)
    successor = Programmer()
    successor.adopt(switch.holds)
    assert successor.program(history[-1]) == []


@law
@given(HISTORIES)
def test_nothing_is_left_behind(history: list[Fib]) -> None:
    programmer, switch, fresh = Programmer(), StrictSwitch(), StrictSwitch()
    empty = Programmer().program(Fib())
    carry_out(Programmer(), empty, fresh)
    for fib in (*history, Fib()):
        carry_out(programmer, programmer.program(fib), switch)
    assert switch.holds == fresh.holds


@law
@given(FIBS)
def test_every_set_of_copies_has_one_group_and_every_form_one_number(fib: Fib) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    carry_out(programmer, programmer.program(fib), switch)
    groups = [group.copies for group in switch.holds.groups()]
    assert len(groups) == len(set(groups))
    assert len(groups) == len({route.replicas for route in fib.multicast if route.replicas})
    rewrites = switch.holds.table(names.REPLICA_REWRITE)
    forms = [(match[0], entry.action, entry.args) for match, entry in rewrites.items()]
    assert len(forms) == len(set(forms))


@law
@given(FIBS, FIBS, st.integers(0, 9))
def test_a_plan_that_is_left_half_way_is_taken_up_from_there(
    old: Fib, new: Fib, batches: int
) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    carry_out(programmer, programmer.program(old), switch)
    carry_out(programmer, programmer.program(new)[:batches], switch)
    carry_out(programmer, programmer.program(old), switch)
    assert meaning(switch.holds).fib == anonymous(old)


@law
@given(FIBS, FIBS, st.sets(st.integers(0, 40)))
def test_after_refusals_nothing_dangles_and_the_next_plan_completes(
    old: Fib, new: Fib, refusals: set[int]
) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    carry_out(programmer, programmer.program(old), switch)
    done = 0
    for batch in programmer.program(new):
        possible = programmer.possible(batch)
        refused = {place for place in range(len(possible)) if done + place in refusals}
        switch.write(tuple(u for place, u in enumerate(possible) if place not in refused))
        programmer.failed(possible, refused)
        done += len(possible)
    assert all(key in switch.holds for entity in switch.holds for key in references(entity))
    assert programmer.installed == switch.holds
    carry_out(programmer, programmer.program(new), switch)
    assert meaning(switch.holds).fib == anonymous(new)


@law
@given(FIBS)
def test_equal_inventories_need_no_plan(fib: Fib) -> None:
    programmer = Programmer()
    programmer.adopt(update.entity for batch in programmer.program(fib) for update in batch)
    held = programmer.installed
    assert plan(held, held, {entity.key for entity in held}) == []


# -- sharing, by example --------------------------------------------------------------------------

MAC = MacAddress.parse("02:00:00:00:00:01")
CE = Replica(Port(1), MAC, Decapsulate())
ONWARD = [Replica(Port(port), MAC, InPlace()) for port in (2, 3)]
P_TREE = SourceGroup(IPv4Address("10.255.0.2"), IPv4Address("232.0.0.1"))


def behind_one_tree(onward: Replica, streams: int) -> Fib:
    """A branching leaf whose C-routes all go to one CE and on along the provider's tree."""
    p_route = MulticastRoute(0, P_TREE, frozenset({3}), frozenset({onward}), Tail(10, 100))
    c_routes = (
        MulticastRoute(
            10,
            SourceGroup(IPv4Address("10.0.0.1"), IPv4Address("239.0.0.0") + number),
            frozenset({100}),
            frozenset({CE, onward}),
        )
        for number in range(streams)
    )
    return Fib(multicast=frozenset({p_route, *c_routes}))


def operations(batches: list[Batch]) -> Counter[tuple[Operation, str]]:
    return Counter((update.operation, update.entity.key[0]) for b in batches for update in b)


def test_a_change_of_the_tree_modifies_groups_and_no_route() -> None:
    programmer, switch = Programmer(), StrictSwitch()
    carry_out(programmer, programmer.program(behind_one_tree(ONWARD[0], 500)), switch)
    batches = programmer.program(behind_one_tree(ONWARD[1], 500))
    assert operations(batches) == {
        (Operation.INSERT, names.REPLICA_REWRITE): 1,
        (Operation.MODIFY, GROUP): 2,  # of the P-route, and of all C-routes
        (Operation.DELETE, names.REPLICA_REWRITE): 1,
    }


def test_a_stream_that_leaves_its_set_gets_another_group() -> None:
    programmer, switch = Programmer(), StrictSwitch()
    fib = behind_one_tree(ONWARD[0], 5)
    carry_out(programmer, programmer.program(fib), switch)
    leaver = next(route for route in fib.multicast if route.vrf == 10)
    changed = replace(leaver, replicas=frozenset({CE}))
    batches = programmer.program(replace(fib, multicast=fib.multicast - {leaver} | {changed}))
    assert operations(batches) == {
        (Operation.INSERT, GROUP): 1,
        (Operation.MODIFY, names.TAIL_ROUTE): 1,
        (Operation.MODIFY, names.MULTICAST_ROUTE): 1,
    }


def test_batches_are_of_limited_size() -> None:
    batches = Programmer().program(behind_one_tree(ONWARD[0], BATCH_LIMIT + 1))
    assert max(map(len, batches)) == BATCH_LIMIT


def test_a_route_becomes_a_tail_only_when_what_it_brings_is_known() -> None:
    batches = Programmer().program(behind_one_tree(ONWARD[0], 3))
    order = [update.entity.key[0] for batch in batches for update in batch]
    last_tail_route = max(place for place, kind in enumerate(order) if kind == names.TAIL_ROUTE)
    assert last_tail_route < order.index(names.MULTICAST_ROUTE)
    separate = [{update.entity.key[0] for update in batch} for batch in batches]
    assert not any({names.TAIL_ROUTE, names.MULTICAST_ROUTE} <= kinds for kinds in separate)


# -- trees that accept packets of several interfaces ----------------------------------------------


def accepting(*interfaces: int, trees: int = 1) -> Fib:
    groups = (AnySource.of(IPv4Address("239.0.0.0") + number) for number in range(trees))
    accepted = frozenset(interfaces)
    return Fib(multicast=frozenset(MulticastRoute(10, g, accepted, frozenset()) for g in groups))


def test_trees_that_accept_the_same_interfaces_share_a_set() -> None:
    batches = Programmer().program(accepting(1, 2, 3, trees=100))
    assert operations(batches)[Operation.INSERT, names.ACCEPTED_INTERFACE] == 3


def test_an_interface_that_comes_and_one_that_goes_touch_no_route() -> None:
    programmer, switch = Programmer(), StrictSwitch()
    carry_out(programmer, programmer.program(accepting(1, 2, trees=100)), switch)
    batches = programmer.program(accepting(2, 3, trees=100))
    assert operations(batches) == {
        (Operation.INSERT, names.ACCEPTED_INTERFACE): 1,
        (Operation.DELETE, names.ACCEPTED_INTERFACE): 1,
    }


@pytest.mark.parametrize(
    ("old", "new"), [((1,), (1, 2)), ((1, 2), (1,)), ((1, 2), (1, 3)), ((1, 2, 3), (1, 4, 5))]
)
def test_an_interface_that_stays_is_accepted_all_the_time(
    old: tuple[int, ...], new: tuple[int, ...]
) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    carry_out(programmer, programmer.program(accepting(*old)), switch)
    for batch in programmer.program(accepting(*new)):
        switch.write(batch)
        (route,) = meaning(switch.holds).fib.multicast
        assert 1 in route.iifs


@law
@given(HISTORIES)
def test_every_set_of_interfaces_has_one_number(history: list[Fib]) -> None:
    programmer, switch = Programmer(), StrictSwitch()
    for fib in history:
        carry_out(programmer, programmer.program(fib), switch)
    numbers = {number for number, _ in switch.holds.table(names.ACCEPTED_INTERFACE)}
    assert len(numbers) == len({r.iifs for r in history[-1].multicast if len(r.iifs) > 1})
