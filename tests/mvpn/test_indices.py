"""Numbers of the data plane: the same for the same place, and enough for those that are there."""

from __future__ import annotations

import pytest

from controlplane.fib.model import REGISTERS
from controlplane.mvpn.indices import IndexAllocator, IndicesExhausted, Place
from tests.mvpn.values import PE2, PE3, PE4

PMSI, TO2, TO3, TO4 = Place("red"), Place("red", PE2), Place("red", PE3), Place("red", PE4)


def test_a_place_keeps_its_number() -> None:
    indices = IndexAllocator[Place]()
    assert [indices.index_of(place) for place in (PMSI, TO2, PMSI, TO3)] == [1024, 1025, 1024, 1026]


def test_the_same_root_has_a_number_in_each_vrf() -> None:
    indices = IndexAllocator[Place]()
    assert indices.index_of(TO2) != indices.index_of(Place("blue", PE2))


def test_a_place_that_comes_back_finds_its_number_while_there_are_others() -> None:
    indices = IndexAllocator[Place](range(1, 4))
    for place in (TO2, TO3):
        indices.index_of(place)
    indices.release(TO2)
    assert indices.index_of(TO4) == 3
    assert indices.index_of(TO2) == 1


def test_the_last_resort_is_the_number_of_who_is_gone_for_longest() -> None:
    indices = IndexAllocator[Place](range(1, 3))
    for place in (TO2, TO3):
        indices.index_of(place)
    indices.release(TO3)
    indices.release(TO2)
    assert indices.index_of(TO4) == 2
    assert indices.index_of(TO2) == 1


def test_when_all_are_in_use_there_is_none() -> None:
    indices = IndexAllocator[Place](range(1, 2))
    indices.index_of(TO2)
    with pytest.raises(IndicesExhausted):
        indices.index_of(TO3)


def test_no_place_has_the_number_of_registers() -> None:
    indices = IndexAllocator[Place]()
    used = {indices.index_of(Place(f"vrf{number}")) for number in range(REGISTERS - 1024)}
    assert (max(used), REGISTERS in used) == (REGISTERS - 1, False)
