"""Longest-prefix match over IPv4 prefixes: a path-compressed binary trie (Patricia, Morrison 1968).

A node stands for a prefix. Its two children are longer prefixes inside it, one for each value of
the bit that follows; chains of nodes with one child and no entry are never kept, so a trie of n
prefixes has fewer than 2n nodes and is never deeper than 33. A lookup walks down as long as nodes
cover the address and remembers the last entry on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_WIDTH: Final = 32


def _bit(bits: int, position: int) -> int:
    """The bit at a position that counts from the most significant one."""
    return bits >> (_WIDTH - 1 - position) & 1


class _Node(Generic[T]):
    __slots__ = ("bits", "children", "entry", "length")

    def __init__(self, bits: int, length: int) -> None:
        self.bits = bits
        self.length = length
        self.entry: tuple[IPv4Network, T] | None = None
        self.children: list[_Node[T] | None] = [None, None]

    def common(self, bits: int) -> int:
        """How many leading bits `bits` shares with this node's prefix, at most all of them."""
        return min(self.length, _WIDTH - (self.bits ^ bits).bit_length())

    def covers(self, bits: int) -> bool:
        return (self.bits ^ bits) >> (_WIDTH - self.length) == 0

    @property
    def substitute(self) -> _Node[T] | None:
        """What this node's place should hold: itself while it carries an entry or a fork."""
        left, right = self.children
        if self.entry or (left and right):
            return self
        return left or right


class PrefixTrie(Generic[T]):
    """A map from prefixes to values that also finds the longest prefix that covers an address."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node(0, 0)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def insert(self, prefix: IPv4Network, value: T) -> None:
        """Set the value of a prefix, in place of an earlier one."""
        node = self._make(int(prefix.network_address), prefix.prefixlen)
        self._size += node.entry is None
        node.entry = (prefix, value)

    def remove(self, prefix: IPv4Network) -> T:
        """Take a prefix out and return its value; KeyError when it is not there."""
        path = self._path(prefix)
        if not path or path[-1].entry is None:
            raise KeyError(prefix)
        value = path[-1].entry[1]
        path[-1].entry = None
        self._size -= 1
        self._compress(path)
        return value

    def get(self, prefix: IPv4Network) -> T | None:
        """The value of exactly this prefix."""
        path = self._path(prefix)
        return path[-1].entry[1] if path and path[-1].entry else None

    def lookup(self, address: IPv4Address) -> tuple[IPv4Network, T] | None:
        """The longest prefix that covers an address, and its value."""
        bits = int(address)
        best = None
        node: _Node[T] | None = self._root
        while node is not None and node.covers(bits):
            best = node.entry or best
            node = node.children[_bit(bits, node.length)] if node.length < _WIDTH else None
        return best

    def items(self) -> Iterator[tuple[IPv4Network, T]]:
        """Every prefix and its value, by address, the shorter of two prefixes first."""
        stack = [self._root]
        while stack:
            node = stack.pop()
            if node.entry:
                yield node.entry
            stack.extend(child for child in reversed(node.children) if child)

    def _make(self, bits: int, length: int) -> _Node[T]:
        """The node of a prefix; where the way to it forks off inside an edge, a node splits it."""
        node = self._root
        while node.length < length:
            side = _bit(bits, node.length)
            child = node.children[side]
            if child is None:
                child = _Node(bits, length)
            elif (common := min(length, child.common(bits))) < child.length:
                split: _Node[T] = _Node(bits >> (_WIDTH - common) << (_WIDTH - common), common)
                split.children[_bit(child.bits, common)] = child
                child = split
            node.children[side] = child
            node = child
        return node

    def _path(self, prefix: IPv4Network) -> list[_Node[T]]:
        """The nodes from the root to that of a prefix; empty when it has none."""
        bits, length = int(prefix.network_address), prefix.prefixlen
        path = [self._root]
        while (node := path[-1]).length < length:
            child = node.children[_bit(bits, node.length)]
            if child is None or child.length > length or not child.covers(bits):
                return []
            path.append(child)
        return path

    @staticmethod
    def _compress(path: list[_Node[T]]) -> None:
        """Splice nodes out that lost their reason to be, from the end of a path upwards."""
        for parent, node in zip(path[-2::-1], path[:0:-1], strict=True):
            parent.children[_bit(node.bits, parent.length)] = node.substitute
