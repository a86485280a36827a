"""RPs and the Bootstrap Router as `show` commands print them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.bootstrap import Bootstraps
from controlplane.protocols.pim.bootstrap_candidates import Candidacy
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.rp_set import RpMapping
from controlplane.protocols.pim.timers import (
    BootstrapTimer,
    CandidateRpAdvertisementTimer,
    CandidateRpTimer,
    RpMappingTimer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RpMappingView:
    """An RP of a range. `expires` is None of a static one, `priority` too; `mode` is in words."""

    groups: IPv4Network
    rp: IPv4Address
    mode: str
    origin: str
    override: bool
    priority: int | None
    expires: Duration | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpOfGroupView:
    """The RP that a group with trees is served by now, by which mapping, and why by this one."""

    group: IPv4Address
    rp: IPv4Address
    mode: str
    groups: IPv4Network
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRpView:
    """An RP that offers itself to this router, the BSR."""

    groups: IPv4Network
    rp: IPv4Address
    mode: str
    priority: int
    expires: Duration | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BsrView:
    """The Bootstrap Router as this router sees it: None while it knows none.

    `timer` is the Bootstrap Timer: at the BSR until its next message, elsewhere until it is taken
    for lost. `advertises` is when this router, a candidate RP, will tell the BSR of itself.
    """

    state: str
    address: IPv4Address | None
    priority: int | None
    uptime: Duration | None
    hash_mask_length: int | None
    timer: Duration | None
    advertises: Duration | None


def rp_mappings(instance: PimInstance, now: Instant) -> tuple[RpMappingView, ...]:
    """All mappings, by range and RP."""
    return tuple(_mapping(instance, mapping, now) for mapping in instance.rp_set.mappings())


def rp_of_groups(instance: PimInstance) -> tuple[RpOfGroupView, ...]:
    """The groups that have shared trees and RPs, by address."""
    groups = sorted(instance.tib.shared)
    chosen = ((group, instance.rp_set.choose(group)) for group in groups)
    return tuple(
        RpOfGroupView(
            group=group,
            rp=choice.mapping.rp,
            mode=choice.mapping.mode.value,
            groups=choice.mapping.groups,
            reason=choice.reason.value,
        )
        for group, choice in chosen
        if choice is not None
    )


def candidate_rps(
    instance: PimInstance, bootstraps: Bootstraps, now: Instant
) -> tuple[CandidateRpView, ...]:
    """The C-RP-Set of the elected BSR, by range and RP; empty elsewhere."""
    if bootstraps.origin is None:
        return ()
    known = sorted(bootstraps.origin.candidates.candidacies.items(), key=_by_range_and_rp)
    return tuple(
        CandidateRpView(
            groups=candidacy.groups,
            rp=candidacy.rp,
            mode=candidacy.mode.value,
            priority=candidacy.priority,
            expires=instance.timers.remaining(timer, now),
        )
        for timer, candidacy in known
    )


def bsr(instance: PimInstance, bootstraps: Bootstraps, now: Instant) -> BsrView:
    """The election, and its winner."""
    elected, election = bootstraps.bsr, bootstraps.election
    return BsrView(
        state=election.state.value,
        address=elected.address if elected else None,
        priority=elected.priority if elected else None,
        uptime=None if election.since is None or elected is None else now - election.since,
        hash_mask_length=election.last[0].hash_mask_length if election.last else None,
        timer=instance.timers.remaining(BootstrapTimer(), now),
        advertises=instance.timers.remaining(CandidateRpAdvertisementTimer(), now),
    )


def _mapping(instance: PimInstance, mapping: RpMapping, now: Instant) -> RpMappingView:
    timer = RpMappingTimer(mapping.groups, mapping.rp)
    return RpMappingView(
        groups=mapping.groups,
        rp=mapping.rp,
        mode=mapping.mode.value,
        origin=mapping.origin.value,
        override=mapping.override,
        priority=mapping.priority if mapping.is_learnt else None,
        expires=instance.timers.remaining(timer, now) if mapping.is_learnt else None,
    )


def _by_range_and_rp(
    known: tuple[CandidateRpTimer, Candidacy],
) -> tuple[IPv4Network, IPv4Address]:
    return known[1].groups, known[1].rp
