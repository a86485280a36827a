"""The provider's core: areas that hang together, intervals that leave neighbours alive, LDP peers.

RFC 2328 3.1: "The backbone is responsible for distributing routing information between
non-backbone areas". What an area's routers know leaves it through a router that has links to others
both there and in the backbone, and through no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, TypeAlias

from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link
from controlplane.lab.file.timers import Ospf
from controlplane.protocols.ospf.events import BACKBONE, AreaId, OspfSettings

_PAIR: Final = 2

_Scope: TypeAlias = tuple[FieldPath, Ospf]


def check_core(file: LabFile, known: Known) -> Iterator[Problem]:
    """What OSPF and LDP of the core are told."""
    yield from _areas_without_members(file)
    yield from _cut_off(file)
    yield from _intervals(file)
    for at, link in enumerate(file.links):
        if link.network == "point-to-point" and len(_core_routers(file, link)) > _PAIR:
            routers = ", ".join(_core_routers(file, link))
            text = f"a point-to-point link has two routers, this one {routers}"
            yield Problem(("links", at, "network"), text)
    yield from _targeted(file, known)


def _is_core(file: LabFile, name: str) -> bool:
    return name in file.routers and file.routers[name].role != "ce"


def _core_routers(file: LabFile, link: Link) -> list[str]:
    """Those that OSPF runs on, as far as the link is the provider's."""
    return [name for name in link.ends if link.vpn is None and _is_core(file, name)]


def _is_shared(file: LabFile, link: Link) -> bool:
    """Whether routers of the core speak to each other on it."""
    return len(_core_routers(file, link)) >= _PAIR


# -- areas


def _areas_without_members(file: LabFile) -> Iterator[Problem]:
    links = (link.area for link in file.links if _core_routers(file, link))
    loopbacks = (router.area for name, router in file.routers.items() if _is_core(file, name))
    used = {*links, *loopbacks}
    for area in file.provider.ospf.areas:
        if area not in used:
            text = "no link and no loopback of the core is in this area"
            yield Problem(("provider", "ospf", "areas", str(area)), text)


def _cut_off(file: LabFile) -> Iterator[Problem]:
    """Routers and areas that know of others by name only."""
    reported = set[AreaId]()
    for name in file.routers:
        areas = _areas_of(file, name)
        if len(areas) > 1 and BACKBONE not in _spoken_in(file, name):
            yield _without_backbone(file, name)
            reported |= areas
    yield from _without_border_router(file, reported)


def _spoken_in(file: LabFile, name: str) -> set[AreaId]:
    """The areas in which a router has neighbours."""
    return {link.area for link in file.links if name in link.ends and _is_shared(file, link)}


def _areas_of(file: LabFile, name: str) -> set[AreaId]:
    """The areas that a router is in; none for one that speaks to nobody."""
    spoken = _spoken_in(file, name)
    links = (link for link in file.links if name in _core_routers(file, link))
    return {*(link.area for link in links), file.routers[name].area} if spoken else set()


def _without_backbone(file: LabFile, name: str) -> Problem:
    spoken = sorted(_spoken_in(file, name))
    named = ", ".join(map(str, spoken))
    if len(spoken) == 1 and file.routers[name].area == BACKBONE:
        text = f"the loopback is in the backbone, all neighbours are in {named}"
        return Problem(("routers", name, "area"), f"{text}: say `area: {named}`")
    text = f"is in several areas ({named}) and has no neighbour in the backbone (RFC 2328 3.1)"
    return Problem(("routers", name), text)


def _without_border_router(file: LabFile, reported: set[AreaId]) -> Iterator[Problem]:
    """An area beside others that no router joins to the backbone."""
    shared = {at: link.area for at, link in enumerate(file.links) if _is_shared(file, link)}
    if len(set(shared.values())) == 1:
        return
    spoken = [_spoken_in(file, name) for name in file.routers]
    joined = set(chain(*(areas for areas in spoken if BACKBONE in areas)))
    for at, area in shared.items():
        if area not in joined | reported:
            reported.add(area)
            text = f"no router joins area {area} to the backbone (RFC 2328 3.1)"
            yield Problem(("links", at, "area"), text)


# -- intervals


def _intervals(file: LabFile) -> Iterator[Problem]:
    """A neighbour must not be dead before its next Hello is due."""
    told = set[FieldPath]()
    for at, link in enumerate(file.links):
        for name in _core_routers(file, link) if _is_shared(file, link) else ():
            scopes = list(_scopes(file, at, name))
            settings = OspfSettings()
            for _, given in scopes:
                settings = given.over(settings)
            path = _last_given(scopes)
            if settings.dead_interval <= settings.hello_interval and path not in told:
                told.add(path)
                yield Problem(path, _dead_too_soon(settings))


def _scopes(file: LabFile, at: int, name: str) -> Iterator[_Scope]:
    """Where OSPF's intervals at an end are given, from the general to the special."""
    yield ("timers", "ospf"), file.timers.ospf
    yield ("provider", "timers", "ospf"), file.provider.timers.ospf
    if (own := file.links[at].ends[name].ospf) is not None:
        yield ("links", at, "ends", name, "ospf"), own


def _last_given(scopes: list[_Scope]) -> FieldPath:
    """The place that has the last word about one of the two intervals."""
    given = [
        (*path, key)
        for path, settings in scopes
        for key in ("hello_interval", "dead_interval")
        if getattr(settings, key) is not None
    ]
    return given[-1] if given else ()


def _dead_too_soon(settings: OspfSettings) -> str:
    hello, dead = settings.hello_interval, settings.dead_interval
    return f"a neighbour is dead after {dead} s, and its next Hello comes after {hello} s"


# -- LDP


def _targeted(file: LabFile, known: Known) -> Iterator[Problem]:
    for name, peers in file.provider.ldp.targeted.items():
        path: FieldPath = ("provider", "ldp", "targeted", name)
        yield from unknown(path, "router", [name, *peers], known.routers)
        for router in (name, *peers):
            if router in file.routers and not _is_core(file, router):
                yield Problem(path, f"{router} is no router of the core: it speaks no LDP")
        if name in peers:
            yield Problem(path, f"{name} is no peer of itself")
