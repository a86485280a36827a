"""Which number stands for which value, by example."""

from __future__ import annotations

from collections.abc import Container, Iterator

import pytest

from controlplane.p4rt.ids import IdsExhausted, SharedNumbers, Users


def numbers(
    wanted: dict[str, str], held: dict[str, int], values: dict[int, str], last: int = 9
) -> dict[str, int]:
    """What values get that users want, given what these hold in the switch."""

    def moves(given_up: Container[int]) -> Iterator[tuple[int, str | None]]:
        for user, number in held.items():
            if number in given_up and user in wanted:
                yield number, wanted[user]

    shared: SharedNumbers[str] = SharedNumbers("values", last)
    new = list(dict.fromkeys(wanted.values()))
    shared.admit(new, values, moves)
    return {value: shared.number(value) for value in new}


def nobody_moves(_: Container[int]) -> tuple[()]:
    return ()


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


def test_a_number_does_not_follow_while_another_user_wants_something_that_is_there() -> None:
    shared: SharedNumbers[str] = SharedNumbers("values", 9)
    shared.admit(["Y"], {1: "X"}, lambda _: [(1, "Y"), (1, None)])
    assert shared.number("Y") == 2


def test_the_number_of_a_value_that_is_planned_is_not_another_s() -> None:
    shared: SharedNumbers[str] = SharedNumbers("values", 9)
    shared.admit(["Y"], {1: "X"}, lambda _: [(1, "Y")])
    shared.admit(["X"], {1: "X"}, nobody_moves)
    assert (shared.number("Y"), shared.number("X")) == (1, 2)


def test_a_released_number_is_free_when_the_switch_has_forgotten_it() -> None:
    shared: SharedNumbers[str] = SharedNumbers("values", 9)
    shared.admit(["X"], {}, nobody_moves)
    assert shared.release(["X"]) == [1]
    shared.admit(["Y"], {1: "X"}, nobody_moves)
    shared.admit(["Z"], {}, nobody_moves)
    assert (shared.number("Y"), shared.number("Z")) == (2, 1)


def test_a_value_is_new_with_its_first_user_and_lost_with_its_last() -> None:
    users: Users[str] = Users()
    assert users.exchange([], ["X", "Y", "X"]) == ([], ["X", "Y"])
    assert users.exchange(["X", "Y"], []) == (["Y"], [])
    assert users.exchange(["X"], ["X", "Z"]) == ([], ["Z"])
    assert users.exchange(["X"], []) == (["X"], [])
