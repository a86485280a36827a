"""Which number stands for which value, by example."""

from __future__ import annotations

import pytest

from controlplane.p4rt.ids import IdsExhausted, share


def numbers(
    wanted: dict[str, str], held: dict[str, int], values: dict[int, str], last: int = 9
) -> dict[str, int]:
    return share("values", wanted, held, values, last)


def test_new_values_get_the_lowest_free_numbers() -> None:
    assert numbers({"a": "X", "b": "Y", "c": "X"}, {}, {}) == {"X": 1, "Y": 2}


def test_a_value_keeps_its_number() -> None:
    assert numbers({"a": "X"}, {"a": 5}, {5: "X"}) == {"X": 5}


def test_a_user_joins_the_number_that_its_value_has() -> None:
    assert numbers({"a": "Y", "b": "Y"}, {"a": 1, "b": 2}, {1: "X", 2: "Y"}) == {"Y": 2}


def test_a_number_follows_when_all_its_users_move_together() -> None:
    assert numbers({"a": "Y", "b": "Y"}, {"a": 3, "b": 3}, {3: "X"}) == {"Y": 3}


def test_a_number_follows_those_of_its_users_that_remain() -> None:
    assert numbers({"a": "Y"}, {"a": 3, "gone": 3}, {3: "X"}) == {"Y": 3}


def test_a_number_does_not_follow_users_that_part() -> None:
    wanted = {"a": "Y", "b": "Z"}
    assert numbers(wanted, {"a": 1, "b": 1}, {1: "X"}) == {"Y": 2, "Z": 3}


def test_a_number_does_not_follow_while_its_value_is_wanted() -> None:
    wanted = {"a": "Y", "b": "X"}
    assert numbers(wanted, {"a": 1, "b": 1}, {1: "X"}) == {"Y": 2, "X": 1}


def test_of_two_numbers_that_could_follow_the_one_with_more_users_does() -> None:
    wanted = {"a": "Z", "b": "Z", "c": "Z"}
    held = {"a": 1, "b": 2, "c": 2}
    assert numbers(wanted, held, {1: "X", 2: "Y"}) == {"Z": 2}


def test_a_number_that_is_given_up_is_not_free_yet() -> None:
    assert numbers({"new": "Y"}, {"old": 1}, {1: "X"}) == {"Y": 2}


def test_numbers_run_out_with_a_clear_message() -> None:
    with pytest.raises(IdsExhausted, match="more than 1 different values are wanted"):
        numbers({"a": "X", "b": "Y"}, {}, {}, last=1)
