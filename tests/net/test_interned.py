"""Interned addresses and prefixes are what `ipaddress` has, and each is one object."""

from __future__ import annotations

import copy
import pickle
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.interned import address, host, packed_address, prefix

TEN = 0x0A000001


@pytest.mark.parametrize("number", [0, TEN, 0xFFFFFFFF])
def test_an_address_is_the_same_key_as_any_other_of_its_value(number: int) -> None:
    plain = IPv4Address(number)
    assert address(number) == plain and plain == address(number)
    assert hash(address(number)) == hash(plain)
    assert {plain: "found"}[address(number)] == {address(number): "found"}[plain] == "found"


@pytest.mark.parametrize("text", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/32"])
def test_a_prefix_is_the_same_key_as_any_other_of_its_value(text: str) -> None:
    plain = IPv4Network(text)
    interned = prefix(int(plain.network_address), plain.prefixlen)
    assert interned == plain and plain == interned
    assert hash(interned) == hash(plain)
    assert {plain: "found"}[interned] == {interned: "found"}[plain] == "found"


def test_all_who_ask_get_one_object() -> None:
    assert address(TEN) is packed_address(bytes((10, 0, 0, 1)))
    assert prefix(TEN, 32) is host(IPv4Address("10.0.0.1"))


def test_bits_behind_a_prefix_are_cut_off() -> None:
    assert prefix(TEN, 24) == IPv4Network("10.0.0.0/24")


@pytest.mark.parametrize("value", [address(TEN), prefix(TEN, 24)])
def test_copies_are_equal(value: IPv4Address | IPv4Network) -> None:
    for other in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value and hash(other) == hash(value) and str(other) == str(value)


@pytest.mark.parametrize("value", [address(TEN), prefix(TEN, 24)])
def test_they_print_like_any_other(value: IPv4Address | IPv4Network) -> None:
    assert repr(value) == f"{type(value).__mro__[1].__name__}({str(value)!r})"
