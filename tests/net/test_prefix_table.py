"""The table of prefixes, alone and against a search through all of them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.net.prefix_table import PrefixTable

DEFAULT = IPv4Network("0.0.0.0/0")
TEN = IPv4Network("10.0.0.0/8")
TEN_ONE = IPv4Network("10.1.0.0/16")
TEN_TWO = IPv4Network("10.2.0.0/16")
HOST = IPv4Network("10.1.2.3/32")


def table_of(*prefixes: IPv4Network) -> PrefixTable[str]:
    table = PrefixTable[str]()
    for prefix in prefixes:
        table.insert(prefix, str(prefix))
    return table


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", HOST),
        ("10.1.2.4", TEN_ONE),
        ("10.2.0.0", TEN_TWO),
        ("10.3.0.1", TEN),
        ("10.255.255.255", TEN),
        ("11.0.0.0", DEFAULT),
        ("255.255.255.255", DEFAULT),
    ],
)
def test_the_longest_prefix_that_covers_an_address_wins(
    address: str, expected: IPv4Network
) -> None:
    table = table_of(HOST, TEN, TEN_TWO, DEFAULT, TEN_ONE)
    assert table.lookup(IPv4Address(address)) == str(expected)


def test_an_address_that_no_prefix_covers_finds_nothing() -> None:
    assert table_of(TEN_ONE, TEN_TWO).lookup(IPv4Address("10.3.0.1")) is None


def test_an_empty_table_finds_nothing() -> None:
    assert PrefixTable[str]().lookup(IPv4Address("10.0.0.1")) is None


def test_a_prefix_that_covers_others_is_not_there_for_that() -> None:
    table = table_of(TEN_ONE, TEN_TWO)
    assert table.get(IPv4Network("10.0.0.0/14")) is None
    with pytest.raises(KeyError):
        table.remove(IPv4Network("10.0.0.0/14"))


def test_inserting_a_prefix_again_replaces_its_value() -> None:
    table = table_of(TEN)
    table.insert(TEN, "new")
    assert (len(table), table.get(TEN)) == (1, "new")


def test_removing_a_prefix_uncovers_the_shorter_one() -> None:
    table = table_of(TEN, TEN_ONE)
    assert table.remove(TEN_ONE) == str(TEN_ONE)
    assert table.lookup(IPv4Address("10.1.0.1")) == str(TEN)


def test_removing_what_is_not_there_names_it() -> None:
    with pytest.raises(KeyError, match=r"10\.1\.0\.0/16"):
        table_of(TEN).remove(TEN_ONE)


def test_values_come_by_address_and_the_shorter_prefix_first() -> None:
    values = table_of(HOST, TEN_TWO, DEFAULT, TEN_ONE, TEN).values()
    assert list(values) == list(map(str, [DEFAULT, TEN, TEN_ONE, HOST, TEN_TWO]))


def _prefix(bits: int, length: int) -> IPv4Network:
    return IPv4Network((bits, length), strict=False)


# Few distinct leading bits, so that prefixes nest often.
BITS = st.builds(lambda high, low: high << 29 | low, st.integers(0, 7), st.integers(0, 3))
PREFIXES = st.builds(_prefix, BITS, st.integers(0, 32))


@given(st.lists(st.tuples(st.booleans(), PREFIXES)), st.lists(BITS))
def test_any_history_leaves_what_a_dictionary_would_hold(
    history: list[tuple[bool, IPv4Network]], addresses: list[int]
) -> None:
    table, model = PrefixTable[int](), dict[IPv4Network, int]()
    for step, (is_insert, prefix) in enumerate(history):
        if is_insert:
            table.insert(prefix, step)
            model[prefix] = step
        elif prefix in model:
            assert table.remove(prefix) == model.pop(prefix)
    assert list(table.values()) == [model[prefix] for prefix in sorted(model)]
    assert len(table) == len(model)
    for address in map(IPv4Address, addresses):
        covering = [item for item in model.items() if address in item[0]]
        longest = max(covering, key=lambda item: item[0].prefixlen, default=(None, None))
        assert table.lookup(address) == longest[1]
        assert all(table.get(prefix) == value for prefix, value in covering)
