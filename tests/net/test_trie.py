"""The longest-prefix trie, alone and against a search through all prefixes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.net.trie import PrefixTrie

DEFAULT = IPv4Network("0.0.0.0/0")
TEN = IPv4Network("10.0.0.0/8")
TEN_ONE = IPv4Network("10.1.0.0/16")
TEN_TWO = IPv4Network("10.2.0.0/16")
HOST = IPv4Network("10.1.2.3/32")


def trie_of(*prefixes: IPv4Network) -> PrefixTrie[str]:
    trie = PrefixTrie[str]()
    for prefix in prefixes:
        trie.insert(prefix, str(prefix))
    return trie


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
    trie = trie_of(HOST, TEN, TEN_TWO, DEFAULT, TEN_ONE)
    assert trie.lookup(IPv4Address(address)) == (expected, str(expected))


def test_an_address_that_no_prefix_covers_finds_nothing() -> None:
    assert trie_of(TEN_ONE, TEN_TWO).lookup(IPv4Address("10.3.0.1")) is None


def test_an_empty_trie_finds_nothing() -> None:
    assert PrefixTrie[str]().lookup(IPv4Address("10.0.0.1")) is None


def test_a_fork_that_splitting_made_is_no_prefix_of_its_own() -> None:
    trie = trie_of(TEN_ONE, TEN_TWO)
    assert trie.get(IPv4Network("10.0.0.0/14")) is None
    with pytest.raises(KeyError):
        trie.remove(IPv4Network("10.0.0.0/14"))


def test_inserting_a_prefix_again_replaces_its_value() -> None:
    trie = trie_of(TEN)
    trie.insert(TEN, "new")
    assert (len(trie), trie.get(TEN)) == (1, "new")


def test_removing_a_prefix_uncovers_the_shorter_one() -> None:
    trie = trie_of(TEN, TEN_ONE)
    assert trie.remove(TEN_ONE) == str(TEN_ONE)
    assert trie.lookup(IPv4Address("10.1.0.1")) == (TEN, str(TEN))


def test_removing_what_is_not_there_names_it() -> None:
    with pytest.raises(KeyError, match=r"10\.1\.0\.0/16"):
        trie_of(TEN).remove(TEN_ONE)


def test_items_come_by_address_and_the_shorter_prefix_first() -> None:
    prefixes = [prefix for prefix, _ in trie_of(HOST, TEN_TWO, DEFAULT, TEN_ONE, TEN).items()]
    assert prefixes == [DEFAULT, TEN, TEN_ONE, HOST, TEN_TWO]


def _prefix(bits: int, length: int) -> IPv4Network:
    return IPv4Network((bits, length), strict=False)


# Few distinct leading bits, so that prefixes nest and fork often.
BITS = st.builds(lambda high, low: high << 29 | low, st.integers(0, 7), st.integers(0, 3))
PREFIXES = st.builds(_prefix, BITS, st.integers(0, 32))


@given(st.lists(st.tuples(st.booleans(), PREFIXES)), st.lists(BITS))
def test_any_history_leaves_what_a_dictionary_would_hold(
    history: list[tuple[bool, IPv4Network]], addresses: list[int]
) -> None:
    trie, model = PrefixTrie[int](), dict[IPv4Network, int]()
    for step, (is_insert, prefix) in enumerate(history):
        if is_insert:
            trie.insert(prefix, step)
            model[prefix] = step
        elif prefix in model:
            assert trie.remove(prefix) == model.pop(prefix)
    assert list(trie.items()) == sorted(model.items())
    assert len(trie) == len(model)
    for address in map(IPv4Address, addresses):
        covering = [item for item in model.items() if address in item[0]]
        longest = max(covering, key=lambda item: item[0].prefixlen, default=None)
        assert trie.lookup(address) == longest
        assert all(trie.get(prefix) == value for prefix, value in covering)
