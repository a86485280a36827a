"""Prefixes in two numbers are networks like those of `ipaddress`."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from controlplane.net.compact_prefix import compact, place

NUMBERS = st.integers(0, (1 << 32) - 1)
PLAIN = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False), NUMBERS, st.integers(0, 32)
)


def same(plain: IPv4Network) -> IPv4Network:
    return compact(int(plain.network_address), plain.prefixlen)


@given(PLAIN)
def test_one_is_the_same_key_as_the_plain_network(plain: IPv4Network) -> None:
    assert same(plain) == plain and plain == same(plain) and same(plain) == same(plain)
    assert {plain: "found"}[same(plain)] == {same(plain): "found"}[plain] == "found"


@given(PLAIN, PLAIN)
def test_two_compare_as_the_plain_networks_do(one: IPv4Network, other: IPv4Network) -> None:
    assert (same(one) == same(other)) is (same(one) == other) is (one == other)
    assert (same(one) < same(other)) is (same(one) < other) is (one < same(other)) is (one < other)
    assert (same(one) >= same(other)) is (one >= other)
    assert same(one).subnet_of(same(other)) is one.subnet_of(other)


@given(PLAIN, NUMBERS)
def test_one_says_of_itself_what_the_plain_network_does(plain: IPv4Network, number: int) -> None:
    made, address = same(plain), IPv4Address(number)
    assert (str(made), repr(made), made.prefixlen) == (str(plain), repr(plain), plain.prefixlen)
    assert (made.network_address, made.netmask) == (plain.network_address, plain.netmask)
    assert (made.broadcast_address, made.hostmask) == (plain.broadcast_address, plain.hostmask)
    assert (address in made) is (address in plain)
    assert place(made) == place(plain) == (int(plain.network_address), int(plain.netmask))


@given(st.builds(lambda number, length: (number, length), NUMBERS, st.integers(1, 31)))
def test_networks_made_of_one_are_those_made_of_the_plain_one(of: tuple[int, int]) -> None:
    plain = IPv4Network(of, strict=False)
    made = same(plain)
    assert made.supernet() == plain.supernet()
    assert list(made.subnets()) == list(plain.subnets())
    assert next(iter(made.hosts())) == next(iter(plain.hosts()))


def test_bits_behind_the_length_are_cut_off() -> None:
    assert compact(0x0A000001, 24) == IPv4Network("10.0.0.0/24")


def test_a_host_is_its_own_only_one() -> None:
    assert list(compact(0x0A000001, 32).hosts()) == [IPv4Address("10.0.0.1")]
