"""What the death of a PE costs: its paths, and nothing that names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from controlplane.fib.model import Fib, ForwardVpn, UnicastRoute, VpnPath
from controlplane.p4rt import names
from controlplane.p4rt.ids import IdsExhausted
from controlplane.p4rt.plan import Operation
from controlplane.p4rt.programmer import Programmer
from tests.p4rt.test_next_hop_groups import Switch, group, nhlfe

INSERT, MODIFY, DELETE = Operation
GROUPS = frozenset(group(pe, nhlfe(1, 100 + pe)) for pe in range(4))


def path(pe: int, leads_to: int | None) -> VpnPath:
    """To a PE, with another one as its backup."""
    way = None if leads_to is None else f"192.0.2.{leads_to}/32"
    return VpnPath(f"192.0.2.{pe} label 24, or another", 24 if leads_to == pe else 31, way)


def vpn(paths: Iterable[VpnPath], routes: int = 20) -> Fib:
    """Routes that lead to each path alike."""
    paths = sorted(paths, key=lambda one: one.name)
    return Fib(
        unicast=frozenset(
            UnicastRoute(10, IPv4Network((n << 8, 24)), ForwardVpn(paths[n % len(paths)].name))
            for n in range(routes)
        ),
        vpn_paths=frozenset(paths),
        groups=GROUPS,
    )


@pytest.fixture
def switch() -> Switch:
    return Switch()


def test_the_death_of_a_pe_modifies_its_path_and_no_route(switch: Switch) -> None:
    switch.take(vpn([path(pe, pe) for pe in range(4)], 10_000))
    after = vpn([path(0, 1), *(path(pe, pe) for pe in range(1, 4))], 10_000)
    assert switch.take(after) == {(MODIFY, names.VPN_PATH): 1}


@pytest.mark.parametrize(("before", "after"), [(0, None), (None, 0)])
def test_a_path_that_leads_nowhere_stays_for_its_routes(
    switch: Switch, before: int | None, after: int | None
) -> None:
    switch.take(vpn([path(0, before)]))
    assert switch.take(vpn([path(0, after)])) == {(MODIFY, names.VPN_PATH): 1}


def test_a_change_of_the_core_does_not_concern_paths(switch: Switch) -> None:
    fib = vpn([path(pe, pe) for pe in range(4)])
    switch.take(fib)
    moved = frozenset(group(pe, nhlfe(1, 200 + pe)) for pe in range(4))
    assert switch.take(replace(fib, groups=moved)) == {(MODIFY, names.NEXT_HOP_GROUP): 4}


def test_a_first_route_brings_its_path_and_the_last_takes_it_along(switch: Switch) -> None:
    idle = Fib(groups=GROUPS)
    switch.take(idle)
    assert switch.take(vpn([path(0, 0)], 1)) == {
        (INSERT, names.VPN_PATH): 1,
        (INSERT, names.UNICAST_ROUTE): 1,
    }
    assert switch.take(idle) == {(DELETE, names.VPN_PATH): 1, (DELETE, names.UNICAST_ROUTE): 1}


def test_a_new_path_does_not_take_the_number_of_one_that_goes(switch: Switch) -> None:
    """Routes of the old one would go the new way until they are told."""
    route = (names.UNICAST_ROUTE, (10, 0, 24))
    switch.take(vpn([path(0, 0)], 1))
    old = switch.number(route)
    switch.take(vpn([path(1, 1)], 1))
    assert switch.number(route) != old


class TestANewController:
    """The names of paths died with the old one; what routes hold tells the numbers."""

    PATHS = tuple(path(pe, pe) for pe in range(4))

    @pytest.fixture
    def successor(self, switch: Switch) -> Switch:
        switch.take(vpn([path(9, 0), path(8, 1)], 2))
        switch.take(vpn(self.PATHS))
        switch.programmer = Programmer()
        switch.programmer.adopt(switch.switch.holds)
        return switch

    def test_finds_nothing_to_do(self, successor: Switch) -> None:
        assert successor.take(vpn(self.PATHS)) == {}

    def test_modifies_the_paths_that_changed_meanwhile(self, successor: Switch) -> None:
        changed = [*self.PATHS[:2], path(2, 3), path(3, None)]
        assert successor.take(vpn(changed)) == {(MODIFY, names.VPN_PATH): 2}

    def test_knows_a_way_by_the_paths_that_go_it(self, successor: Switch) -> None:
        fib = replace(vpn(self.PATHS), groups=GROUPS - {group(0, nhlfe(1, 100))})
        relabelled = replace(fib, groups=fib.groups | {group(0, nhlfe(1, 300))})
        assert successor.take(relabelled) == {(MODIFY, names.NEXT_HOP_GROUP): 1}


def test_when_no_numbers_are_left_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LAST_VPN_PATH", 2)
    with pytest.raises(IdsExhausted, match="more than 2 different VPN paths are wanted"):
        Programmer().program(vpn([path(pe, pe) for pe in range(3)]))
