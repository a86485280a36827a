"""What a change of the core costs: groups, and nothing that names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.fib.model import (
    Adjacency,
    Discard,
    Fib,
    Forward,
    LabelRoute,
    NextHopGroup,
    Nhlfe,
    Port,
    UnicastRoute,
)
from controlplane.net.label import IMPLICIT_NULL
from controlplane.net.mac import MacAddress
from controlplane.p4rt import names
from controlplane.p4rt.entities import ActionSet, Key
from controlplane.p4rt.ids import IdsExhausted
from controlplane.p4rt.plan import Batch, Operation
from controlplane.p4rt.programmer import Programmer
from tests.p4rt.switch import StrictSwitch, carry_out

MAC = MacAddress.parse("02:00:00:00:00:01")
INSERT, MODIFY, DELETE = Operation


def neighbor(number: int) -> Adjacency:
    return Adjacency(Port(number), MAC, MacAddress(0x02_00_00_00_01_00 | number))


def group(way: int, *members: Nhlfe) -> NextHopGroup:
    return NextHopGroup(f"192.0.2.{way}/32", frozenset(members))


def nhlfe(number: int, label: int | None = None) -> Nhlfe:
    return Nhlfe(neighbor(number), label)


def forward(way: int) -> Forward:
    return Forward(f"192.0.2.{way}/32")


def route(number: int, action: Forward | Discard) -> UnicastRoute:
    return UnicastRoute(0, IPv4Network((0x0A000000 | number << 8, 24)), action)


def label(number: int, way: int) -> LabelRoute:
    return LabelRoute(16 + number, forward(way))


def network(groups: Iterable[NextHopGroup], routes: int = 20, labels: int = 10) -> Fib:
    """Routes and labels that lead to each group alike."""
    groups = frozenset(groups)
    return Fib(
        unicast=frozenset(route(n, forward(n % len(groups))) for n in range(routes)),
        labels=frozenset(label(n, n % len(groups)) for n in range(labels)),
        groups=groups,
    )


def operations(batches: list[Batch]) -> Counter[tuple[Operation, str]]:
    return Counter((update.operation, update.entity.key[0]) for b in batches for update in b)


class Switch:
    """A strict switch with its programmer."""

    def __init__(self) -> None:
        self.programmer, self.switch = Programmer(), StrictSwitch()

    def take(self, fib: Fib) -> Counter[tuple[Operation, str]]:
        """Bring it to a Fib; what that took."""
        batches = self.programmer.program(fib)
        carry_out(self.programmer, batches, self.switch)
        return operations(batches)

    def number(self, key: Key) -> int:
        """What the entry of a key names."""
        entry = self.switch.holds.get(key)
        assert entry is not None and not isinstance(entry, ActionSet)
        args = entry.args  # type: ignore[union-attr]
        return int(args[0])


@pytest.fixture
def switch() -> Switch:
    return Switch()


def test_a_core_change_writes_the_groups_that_it_concerns_and_nothing_else(
    switch: Switch,
) -> None:
    """10,000 routes and 1,000 labels behind 50 PEs, of which 25 are reached through a lost link."""
    before = [group(way, nhlfe(1, 100 + way), nhlfe(2, 200 + way)) for way in range(25)]
    others = [group(way, nhlfe(2, 200 + way)) for way in range(25, 50)]
    after = [group(way, nhlfe(2, 200 + way)) for way in range(25)]
    switch.take(network([*before, *others], 10_000, 1_000))
    assert switch.take(network([*after, *others], 10_000, 1_000)) == {
        (MODIFY, names.NEXT_HOP_GROUP): 25,
        (DELETE, names.NEXT_HOP): 1,
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([nhlfe(1)], [nhlfe(1), nhlfe(2)]),
        ([nhlfe(1), nhlfe(2)], [nhlfe(1)]),
        ([nhlfe(1, 16)], [nhlfe(1, 17)]),
        ([nhlfe(1, 16)], [nhlfe(1, IMPLICIT_NULL)]),
        ([nhlfe(1)], []),
        ([], [nhlfe(1)]),
    ],
    ids=["one more", "one less", "another label", "no label", "none left", "a first one"],
)
def test_another_set_of_members_is_one_modification(
    switch: Switch, before: list[Nhlfe], after: list[Nhlfe]
) -> None:
    """That of the group; next hops are there already, for another group."""
    other = group(1, nhlfe(1), nhlfe(2))
    switch.take(network([group(0, *before), other]))
    changed = switch.take(network([group(0, *after), other]))
    assert changed == {(MODIFY, names.NEXT_HOP_GROUP): 1}


def test_a_neighbour_that_moves_modifies_a_next_hop_and_no_group(switch: Switch) -> None:
    def groups(mac: int) -> list[NextHopGroup]:
        moving = Adjacency(Port(1), MAC, MacAddress(mac))
        return [group(way, Nhlfe(moving, 100 + way), nhlfe(2)) for way in range(9)]

    switch.take(network(groups(1)))
    assert switch.take(network(groups(2))) == {(MODIFY, names.NEXT_HOP): 1}


def test_neighbours_on_one_lan_do_not_take_each_others_numbers(switch: Switch) -> None:
    """B leaves one group while C comes to another: what still leads to B must not reach C."""
    b, c = (Adjacency(Port(1), MAC, MacAddress(number)) for number in (1, 2))
    switch.take(network([group(0, Nhlfe(b)), group(1, Nhlfe(b), nhlfe(2))]))
    assert switch.take(network([group(0, Nhlfe(c)), group(1, nhlfe(2))])) == {
        (INSERT, names.NEXT_HOP): 1,
        (MODIFY, names.NEXT_HOP_GROUP): 2,
        (DELETE, names.NEXT_HOP): 1,
    }


def test_a_route_that_goes_another_way_leaves_the_groups_alone(switch: Switch) -> None:
    fib = network([group(0, nhlfe(1)), group(1, nhlfe(2))])
    switch.take(fib)
    moved = fib.unicast - {route(0, forward(0))} | {route(0, forward(1))}
    assert switch.take(replace(fib, unicast=moved)) == {(MODIFY, names.UNICAST_ROUTE): 1}


def test_ways_with_equal_members_have_groups_of_their_own(switch: Switch) -> None:
    """Or their users would have to be rewritten when the ways part."""
    switch.take(network([group(0, nhlfe(1)), group(1, nhlfe(1))]))
    changed = switch.take(network([group(0, nhlfe(1)), group(1, nhlfe(1), nhlfe(2))]))
    assert changed == {(INSERT, names.NEXT_HOP): 1, (MODIFY, names.NEXT_HOP_GROUP): 1}


def test_a_way_that_comes_back_is_written_anew(switch: Switch) -> None:
    switch.take(network([group(0, nhlfe(1))]))
    switch.take(Fib())
    assert len(switch.switch.holds.of(names.NEXT_HOP_GROUP)) == 0
    assert switch.take(network([group(0, nhlfe(1))], 3, 2)) == {
        (INSERT, names.NEXT_HOP): 1,
        (INSERT, names.NEXT_HOP_GROUP): 1,
        (INSERT, names.UNICAST_ROUTE): 3,
        (INSERT, names.LABEL_ROUTE): 2,
    }


def test_a_new_way_does_not_take_the_number_of_one_that_goes(switch: Switch) -> None:
    """Its old users would go the new way until they are told."""
    switch.take(network([group(0, nhlfe(1))], 1, 0))
    old = switch.number((names.UNICAST_ROUTE, (0, 0x0A000000, 24)))
    fib = Fib(unicast=frozenset({route(1, forward(7))}), groups=frozenset({group(7, nhlfe(2))}))
    switch.take(fib)
    assert switch.number((names.UNICAST_ROUTE, (0, 0x0A000100, 24))) != old


class TestANewController:
    """The ways' names died with the old one; what users hold tells the numbers."""

    GROUPS = tuple(group(way, nhlfe(1, 100 + way), nhlfe(2)) for way in range(5))

    @pytest.fixture
    def successor(self, switch: Switch) -> Switch:
        switch.take(network([group(8, nhlfe(3)), group(9, nhlfe(3))], 0, 0))
        switch.take(network(self.GROUPS))
        switch.programmer = Programmer()
        switch.programmer.adopt(switch.switch.holds)
        return switch

    def test_finds_nothing_to_do(self, successor: Switch) -> None:
        assert successor.take(network(self.GROUPS)) == {}

    def test_modifies_the_groups_that_changed_meanwhile(self, successor: Switch) -> None:
        changed = [*self.GROUPS[:3], group(3, nhlfe(2)), group(4, nhlfe(1))]
        assert successor.take(network(changed)) == {(MODIFY, names.NEXT_HOP_GROUP): 2}

    def test_believes_the_majority_of_a_ways_users(self, successor: Switch) -> None:
        fib = network(self.GROUPS)
        moved = fib.unicast - {route(0, forward(0))} | {route(0, forward(1))}
        assert successor.take(replace(fib, unicast=moved)) == {(MODIFY, names.UNICAST_ROUTE): 1}

    def test_finds_a_way_without_users_by_its_members(self, successor: Switch) -> None:
        fib = replace(network(self.GROUPS), labels=frozenset(), unicast=frozenset())
        assert (MODIFY, names.NEXT_HOP_GROUP) not in successor.take(fib)


def test_when_no_numbers_are_left_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LAST_NEXT_HOP_GROUP", 2)
    with pytest.raises(IdsExhausted, match="more than 2 different next hop groups are wanted"):
        Programmer().program(network([group(way, nhlfe(1)) for way in range(3)]))
