"""Layer upstream multicast hop: through which PE a C-root is reached (RFC 6513 5.1.3).

The candidates are all imported routes to the prefix of the installed one, each with the PE and RD
that it comes from. Highest address and hash make all PEs choose alike. PEs that take the installed
route may choose differently; on an MI-PMSI, PIM's Assert settles it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from ipaddress import IPv4Address
from operator import xor
from typing import Final, Protocol

from controlplane.mvpn.options import UpstreamOption
from controlplane.net.vpn import RouteDistinguisher


@dataclass(frozen=True, slots=True)
class UmhCandidate:
    """One route of the UMH Route Candidate Set: its Upstream PE, Upstream RD and Source AS."""

    pe: IPv4Address
    rd: RouteDistinguisher
    source_as: int | None = None


@dataclass(frozen=True, slots=True)
class UmhChoice:
    """The Selected UMH Route, and why it is that one."""

    candidate: UmhCandidate
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UmhQuestion:
    """`root` is the C-root: a source or an RP; `installed` is one of the candidates."""

    root: IPv4Address
    group: IPv4Address
    installed: UmhCandidate
    candidates: Sequence[UmhCandidate]


class UpstreamHop(Protocol):
    def choose(self, question: UmhQuestion) -> UmhChoice:
        """The PE to join towards."""


class InstalledRoute:
    """The PE of the route that unicast uses (draft-rosen-l3vpn-mvpn-profiles-00 2.7)."""

    def choose(self, question: UmhQuestion) -> UmhChoice:
        return UmhChoice(question.installed, "the installed route")


class HighestAddress:
    """RFC 6513 5.1.3: the default Upstream PE selection."""

    def choose(self, question: UmhQuestion) -> UmhChoice:
        pes = _pes(question)
        return UmhChoice(_of(question, pes[-1]), f"the highest address of {_count(pes)}")


class Hash:
    """RFC 6513 5.1.3: "A bytewise exclusive-or of all the bytes in the C-root address and the C-G
    address", modulo the number of PEs, which are numbered from the lowest address."""

    def choose(self, question: UmhQuestion) -> UmhChoice:
        pes = _pes(question)
        value = reduce(xor, question.root.packed + question.group.packed)
        number = value % len(pes)
        reason = f"hash {value} modulo {len(pes)}: number {number} of {_count(pes)}"
        return UmhChoice(_of(question, pes[number]), reason)


def _pes(question: UmhQuestion) -> list[IPv4Address]:
    return sorted({candidate.pe for candidate in question.candidates})


def _of(question: UmhQuestion, pe: IPv4Address) -> UmhCandidate:
    """The PE's route; of several VRFs of it, the one with the lowest RD."""
    found = (candidate for candidate in question.candidates if candidate.pe == pe)
    return min(found, key=_rd)


def _rd(candidate: UmhCandidate) -> RouteDistinguisher:
    return candidate.rd


def _count(pes: Sequence[IPv4Address]) -> str:
    return f"{len(pes)} PEs" if len(pes) > 1 else "1 PE"


UPSTREAM_HOPS: Final[Mapping[UpstreamOption, type[UpstreamHop]]] = {
    UpstreamOption.INSTALLED_ROUTE: InstalledRoute,
    UpstreamOption.HIGHEST_ADDRESS: HighestAddress,
    UpstreamOption.HASH: Hash,
}
