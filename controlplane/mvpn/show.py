"""What an operator sees of auto-discovery: all that speaks of PEs, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.mvpn.claims import Claim, Refusal
from controlplane.mvpn.members import Members
from controlplane.mvpn.roots import Roots


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryView:
    """`said_by` is the route or list; `group` None: no tunnel to join. `verdict` is in words."""

    pe: IPv4Address
    group: IPv4Address | None
    said_by: str
    verdict: str


def discovered(members: Members, roots: Roots) -> tuple[DiscoveryView, ...]:
    """By PE, the source that counts first."""
    return tuple(sorted(_views(members, roots), key=_order))


def _views(members: Members, roots: Roots) -> Iterator[DiscoveryView]:
    for judgement in members.judgements.values():
        if isinstance(judgement, Refusal):
            yield DiscoveryView(
                pe=judgement.pe,
                group=None,
                said_by=judgement.said_by,
                verdict=f"refused: {judgement.why}",
            )
        else:
            yield _claim(judgement, members, roots)


def _claim(claim: Claim, members: Members, roots: Roots) -> DiscoveryView:
    pe = claim.pe
    chosen = members.chosen(pe.address)
    if chosen is claim:
        verdict = "joined" if roots.of(pe.address) == pe else "not joined: no index left"
    else:
        assert chosen is not None
        verdict = f"not used: {chosen.said_by} counts"
    return DiscoveryView(pe=pe.address, group=pe.group, said_by=claim.said_by, verdict=verdict)


def _order(view: DiscoveryView) -> tuple[IPv4Address, bool, str]:
    return view.pe, view.verdict != "joined", view.said_by
