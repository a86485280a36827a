"""The other PEs of one MVPN, as all that auto-discovery hears puts them together.

Each source (a route, a row of the static list) makes one claim at most. Of the claims on a PE that
of the least rank counts, so a PE that two routes speak of is there once, and stays while one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from types import MappingProxyType

from controlplane.mvpn.claims import Claim, Judgement, Rank, Source


class Members:
    def __init__(self) -> None:
        self._judgements: dict[Source, Judgement] = {}
        self._claims: dict[IPv4Address, list[Claim]] = {}

    @property
    def judgements(self) -> Mapping[Source, Judgement]:
        """All that is known, by what says it."""
        return MappingProxyType(self._judgements)

    def put(self, source: Source, judgement: Judgement | None) -> Iterator[IPv4Address]:
        """A source says this now, or nothing any more; yields the PEs whose claims changed."""
        before = self._judgements.get(source)
        if judgement == before:
            return
        if isinstance(before, Claim):
            yield self._drop(before)
        if judgement is None:
            del self._judgements[source]
            return
        self._judgements[source] = judgement
        if isinstance(judgement, Claim):
            self._claims.setdefault(judgement.pe.address, []).append(judgement)
            yield judgement.pe.address

    def chosen(self, pe: IPv4Address) -> Claim | None:
        """The claim that counts."""
        return min(self._claims.get(pe, ()), key=_rank, default=None)

    def _drop(self, claim: Claim) -> IPv4Address:
        pe = claim.pe.address
        self._claims[pe].remove(claim)
        if not self._claims[pe]:
            del self._claims[pe]
        return pe


def _rank(claim: Claim) -> Rank:
    return claim.rank
