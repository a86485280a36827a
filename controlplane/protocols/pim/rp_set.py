"""The RP-Set: which group is served by which RP, and in which mode (RFC 7761 4.7).

Mappings are told (static) or learnt of the Bootstrap Router. All of them that have the longest
match on a group are candidates for it (4.7.1). Of these, rules choose one after the other, until
one is left:

    override   a static mapping that is told to override
    learnt     one of the Bootstrap Router before a static one: those in the domain agree on it
    priority   the lowest value is the highest priority (RFC 5059 4.1)
    hash       the highest Value(G,M,C) of 4.7.2; the highest address where two are equal

All but the hash are the same for all groups of a range, so they are applied when mappings change;
what is left for a group is a look-up by mask, from long to short, and mostly no hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from ipaddress import IPv4Address, IPv4Network
from itertools import groupby
from typing import Final, TypeAlias

from controlplane.net.multicast import LINK_LOCAL, SSM_RANGE
from controlplane.protocols.pim.config import StaticRp

DEFAULT_HASH_MASK_LENGTH: Final = 30
"""RFC 7761 4.7.2."""

_SSM_MASK: Final = int(SSM_RANGE.netmask)
_SSM_NUMBER: Final = int(SSM_RANGE.network_address)

_MULTIPLIER: Final = 1103515245
_INCREMENT: Final = 12345
_MODULUS: Final = 1 << 31


class GroupMode(Enum):
    """What a group's address says of its trees."""

    SSM = "SSM"
    SPARSE = "sparse"
    BIDIRECTIONAL = "bidirectional"


def mode_of(bidirectional: bool) -> GroupMode:
    """What an RP does for its groups."""
    return GroupMode.BIDIRECTIONAL if bidirectional else GroupMode.SPARSE


class Origin(Enum):
    STATIC = "static"
    BOOTSTRAP = "bootstrap"


class Reason(StrEnum):
    """Which rule left one mapping."""

    LONGEST = "the only one with the longest match"
    OVERRIDE = "static, and told to override"
    LEARNT = "learnt of the Bootstrap Router"
    PRIORITY = "highest priority"
    HASH = "highest hash value"


@dataclass(frozen=True, slots=True, kw_only=True)
class RpMapping:
    """One RP for one range of groups; the lower the value, the higher the priority."""

    groups: IPv4Network
    rp: IPv4Address
    bidirectional: bool = False
    origin: Origin = Origin.STATIC
    priority: int = 0
    override: bool = False

    @property
    def mode(self) -> GroupMode:
        return mode_of(self.bidirectional)

    @property
    def is_learnt(self) -> bool:
        return self.origin is Origin.BOOTSTRAP


@dataclass(frozen=True, slots=True)
class Choice:
    """The mapping of a group and why it is this one."""

    mapping: RpMapping
    reason: Reason


Finalists: TypeAlias = tuple[Choice, ...]
"""What the rules before the hash left of the mappings of one range, one at least."""

Rule: TypeAlias = Callable[[RpMapping], int]

_RULES: Final[tuple[tuple[Reason, Rule], ...]] = (
    (Reason.OVERRIDE, lambda mapping: not mapping.override),
    (Reason.LEARNT, lambda mapping: not mapping.is_learnt),
    (Reason.PRIORITY, lambda mapping: mapping.priority),
)
"""The lowest value of each wins."""


class RpSet:
    def __init__(self, static: Iterable[StaticRp] = ()) -> None:
        self._static = tuple(map(_of_static, static))
        self._learnt: frozenset[RpMapping] = frozenset()
        self._hash_mask = _mask(DEFAULT_HASH_MASK_LENGTH)
        self._by_length: tuple[tuple[int, Mapping[int, Finalists]], ...] = ()
        self._rank()

    def learn(self, mappings: frozenset[RpMapping], hash_mask_length: int) -> bool:
        """All that the Bootstrap Router says, from now on; whether it is something new."""
        hash_mask = _mask(hash_mask_length)
        if (mappings, hash_mask) == (self._learnt, self._hash_mask):
            return False
        self._learnt, self._hash_mask = mappings, hash_mask
        self._rank()
        return True

    def mode(self, group: IPv4Address) -> GroupMode:
        """SSM in its range, whatever mappings say (RFC 7761 4.8); sparse where none says more."""
        if _is_ssm(int(group)):
            return GroupMode.SSM
        choice = self.choose(group)
        return GroupMode.SPARSE if choice is None else choice.mapping.mode

    def rp(self, group: IPv4Address) -> IPv4Address | None:
        """RP(G); None when there is no mapping, or no RP in this mode."""
        choice = self.choose(group)
        return None if choice is None else choice.mapping.rp

    def choose(self, group: IPv4Address) -> Choice | None:
        """RFC 7761 4.7.1."""
        number = int(group)
        if _is_ssm(number):
            return None
        for mask, finalists_of in self._by_length:
            if (finalists := finalists_of.get(number & mask)) is not None:
                return finalists[0] if len(finalists) == 1 else self._by_hash(finalists, number)
        return None

    def bidirectional_rps(self) -> frozenset[IPv4Address]:
        """The RP addresses (RPA) that bidirectional trees lead to."""
        return frozenset(m.rp for m in (*self._static, *self._learnt) if m.bidirectional)

    def bidirectional_ranges(self) -> Iterator[tuple[IPv4Network, IPv4Address]]:
        """The groups that have one and the same RPA: ranges, none of them within another.

        Left out are groups of a longer range, those that are not bidirectional whatever is said,
        and a group that is left alone: it has the name of its own tree.
        """
        taken: list[IPv4Network] = [SSM_RANGE, LINK_LOCAL]
        for mask, finalists_of in self._by_length:
            for address, finalists in sorted(finalists_of.items()):
                groups = IPv4Network((address, mask.bit_count()))
                best = finalists[0].mapping
                if len(finalists) == 1 and best.bidirectional:
                    ranges = _without(groups, taken)
                    yield from ((rest, best.rp) for rest in ranges if not _is_single(rest))
                taken.append(groups)

    def mappings(self) -> tuple[RpMapping, ...]:
        """All of them, by range and RP."""
        return tuple(sorted((*self._static, *self._learnt), key=lambda m: (m.groups, m.rp)))

    def _by_hash(self, finalists: Finalists, group: int) -> Choice:
        masked = group & self._hash_mask
        return max(finalists, key=lambda choice: _hash_rank(masked, choice.mapping.rp))

    def _rank(self) -> None:
        by_length: dict[int, dict[int, Finalists]] = {}
        ordered = sorted((*self._static, *self._learnt), key=lambda m: m.groups)
        for groups, candidates in groupby(ordered, key=lambda m: m.groups):
            same_length = by_length.setdefault(int(groups.netmask), {})
            same_length[int(groups.network_address)] = _finalists(tuple(candidates))
        self._by_length = tuple(sorted(by_length.items(), reverse=True))


def _is_ssm(group: int) -> bool:
    """Asked for each entry of each message, so it is worth not to ask the network itself."""
    return group & _SSM_MASK == _SSM_NUMBER


def hash_value(masked_group: int, rp: IPv4Address) -> int:
    """Value(G,M,C(i)) of RFC 7761 4.7.2, G&M given."""
    inner = _MULTIPLIER * masked_group + _INCREMENT
    return (_MULTIPLIER * (inner ^ int(rp)) + _INCREMENT) % _MODULUS


def _without(groups: IPv4Network, taken: list[IPv4Network]) -> list[IPv4Network]:
    """What is left of a range."""
    left = [groups]
    for other in taken:
        left = [rest for part in left for rest in _difference(part, other)]
    return left


def _is_single(groups: IPv4Network) -> bool:
    return groups.prefixlen == groups.max_prefixlen


def _difference(groups: IPv4Network, other: IPv4Network) -> list[IPv4Network]:
    if groups.subnet_of(other):
        return []
    return sorted(groups.address_exclude(other)) if other.subnet_of(groups) else [groups]


def _hash_rank(masked_group: int, rp: IPv4Address) -> tuple[int, IPv4Address]:
    return hash_value(masked_group, rp), rp


def _finalists(candidates: tuple[RpMapping, ...]) -> Finalists:
    reason = Reason.LONGEST
    for rule, value in _RULES:
        best = min(map(value, candidates))
        left = tuple(mapping for mapping in candidates if value(mapping) == best)
        if len(left) < len(candidates):
            candidates, reason = left, rule
    if len(candidates) > 1:
        reason = Reason.HASH
    return tuple(Choice(mapping, reason) for mapping in candidates)


def _mask(length: int) -> int:
    return int(IPv4Network((0, length)).netmask)


def _of_static(rp: StaticRp) -> RpMapping:
    return RpMapping(
        groups=rp.groups, rp=rp.address, bidirectional=rp.bidirectional, override=rp.override
    )
