"""Translation of type 7 LSAs to type 5 at the border of an NSSA (RFC 3101 3).

One border router of an NSSA translates, the one with the highest id, unless some are configured to
do so always. What it translates are the type 7 LSAs with the P bit that its own routes consist of.
A deposed translator stops at once: TranslatorStabilityInterval is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.events import AreaKind, AreaRange
from controlplane.protocols.ospf.external import External, ExternalPath
from controlplane.protocols.ospf.graph import router_vertex
from controlplane.protocols.ospf.internal import InternalRoutes
from controlplane.protocols.ospf.prefix import DEFAULT, Prefix, mask_of
from controlplane.protocols.ospf.ranges import Ranges
from controlplane.wire.ospf.bodies import LS_INFINITY, ExternalLsa

BestExternals: TypeAlias = Callable[[Prefix], list[ExternalPath]]


class TranslatorState(Enum):
    """NSSATranslatorState."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    ELECTED = "elected"


def translator_state(
    nssa: AttachedArea, internal: InternalRoutes, router_id: IPv4Address
) -> TranslatorState:
    """RFC 3101 3.1: rivals are border routers reachable through the NSSA and outside of it."""
    if nssa.settings.kind is not AreaKind.NSSA or not internal.is_border:
        return TranslatorState.DISABLED
    if nssa.settings.always_translate:
        return TranslatorState.ENABLED
    own = router_vertex(router_id)
    for vertex, lsa in nssa.tree.routers():
        outranks = lsa.area_border and (lsa.nssa_translator or vertex > own)
        if outranks and internal.boundary_router(vertex) is not None:
            return TranslatorState.DISABLED
    return TranslatorState.ELECTED


def translations(nssa: AttachedArea, best: BestExternals) -> dict[Prefix, ExternalLsa]:
    """The type 5 LSAs that a translator makes of an NSSA's type 7 LSAs, by network."""
    ranges = Ranges(nssa.settings.nssa_ranges)
    single: dict[Prefix, External] = {}
    in_range: dict[Prefix, dict[Prefix, External]] = {}
    told: dict[Prefix, AreaRange] = {}
    for network, says in _translatable(nssa, best):
        if (found := ranges.around(network)) is None:
            single[network] = says
        else:
            told[found[0]] = found[1]
            in_range.setdefault(found[0], {})[network] = says
    made = {network: _translated(network, says) for network, says in single.items()}
    for number, members in in_range.items():
        if told[number].advertise:
            made[number] = _of_range(number, told[number], members)
    return made


def _translatable(nssa: AttachedArea, best: BestExternals) -> Iterator[tuple[Prefix, External]]:
    """RFC 3101 3.2 (1): of installed, non-default LSAs those with P bit and forwarding address."""
    for network in nssa.externals.destinations:
        for says, _ in best(network) if network != DEFAULT else ():
            is_ours = says.nssa == nssa.settings.id and says.propagate
            if is_ours and int(says.forwarding_address):
                yield network, says
                break


def _of_range(
    number: Prefix, configured: AreaRange, members: dict[Prefix, External]
) -> ExternalLsa:
    """RFC 3101 3.2 (3): a range that consists of one network of its own size is that network."""
    if members.keys() == {number}:
        return _translated(number, members[number])
    type2 = any(says.type2 for says in members.values())
    farthest = max(says.metric for says in members.values() if says.type2 == type2)
    metric = min(farthest + type2, LS_INFINITY - 1)
    return ExternalLsa(
        mask=IPv4Address(mask_of(number)),
        metric=metric if configured.cost is None else configured.cost,
        type2=type2,
    )


def _translated(network: Prefix, says: External) -> ExternalLsa:
    return ExternalLsa(
        mask=IPv4Address(mask_of(network)),
        metric=says.metric,
        type2=says.type2,
        forwarding_address=says.forwarding_address,
        tag=says.tag,
    )
