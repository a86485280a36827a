"""What this router must originate beside router- and network-LSAs, as it should be now.

A border router summarises (`summaries.py`) and translates (`translation.py`), an AS boundary router
tells of routes from elsewhere (`asbr.py`). All of it follows from the routing table; the engine
compares it with what the database has of this router's, and originates and flushes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address
from typing import NamedTuple, TypeAlias

from controlplane.protocols.ospf.asbr import is_told_by_a_better, type_5, type_7, type_7_default
from controlplane.protocols.ospf.attached import AttachedArea
from controlplane.protocols.ospf.calculation import RouteCalculation
from controlplane.protocols.ospf.events import AreaId, AreaKind, ExternalRoute
from controlplane.protocols.ospf.graph import router_id_of, router_vertex
from controlplane.protocols.ospf.link_state_ids import link_state_ids
from controlplane.protocols.ospf.prefix import Prefix, mask_of
from controlplane.protocols.ospf.summaries import summaries_for
from controlplane.protocols.ospf.translation import (
    TranslatorState,
    translations,
    translator_state,
)
from controlplane.wire.ospf.bodies import ExternalLsa, LsaBody, SummaryLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType
from controlplane.wire.ospf.options import Options


class Wanted(NamedTuple):
    body: LsaBody
    options: Options


Wants: TypeAlias = dict[LsaKey, Wanted]


def desired_lsas(
    calculation: RouteCalculation, routes: Collection[ExternalRoute]
) -> dict[AreaId | None, Wants]:
    """LSAs of types 3, 4 and 7 by area, and of type 5 under None; `routes` are from elsewhere."""
    wants: dict[AreaId | None, Wants] = {None: _type_5_lsas(calculation, routes)}
    for area_id, area in calculation.areas.items():
        wants[area_id] = _summary_lsas(calculation, area)
        if area.settings.kind is AreaKind.NSSA:
            wants[area_id] |= _type_7_lsas(calculation, area, routes)
    return wants


def area_options(kind: AreaKind) -> Options:
    """RFC 2328 12.1.2: the E bit in the LSAs of an area that takes AS-external-LSAs."""
    return Options.E if kind is AreaKind.NORMAL else Options(0)


def _summary_lsas(calculation: RouteCalculation, area: AttachedArea) -> Wants:
    if not calculation.internal.is_border:
        return {}
    own_id, options = calculation.router_id, area_options(area.settings.kind)
    told = summaries_for(area, calculation.areas, calculation.internal)
    ids = link_state_ids(told.networks)
    wants: Wants = {}
    for network, metric in told.networks.items():
        body = SummaryLsa(mask=IPv4Address(mask_of(network)), metric=metric)
        wants[LsaKey(LsType.SUMMARY_NETWORK, ids[network], own_id)] = Wanted(body, options)
    for vertex, metric in told.routers.items():
        key = LsaKey(LsType.SUMMARY_ASBR, router_id_of(vertex), own_id)
        wants[key] = Wanted(SummaryLsa(metric=metric), options)
    return wants


def _type_5_lsas(calculation: RouteCalculation, routes: Collection[ExternalRoute]) -> Wants:
    """This router's own routes and its translations; of one network the better of the two."""
    if not _is_type_5_capable(calculation):
        return {}
    own_id, internal = calculation.router_id, calculation.internal
    lsas = type_5(routes, internal)
    for area in calculation.areas.values():
        if translator_state(area, internal, own_id) is not TranslatorState.DISABLED:
            for network, lsa in translations(area, calculation.best_externals).items():
                if network not in lsas or _preference(lsa) < _preference(lsas[network]):
                    lsas[network] = lsa
    return _external_lsas(calculation, lsas, Options.E, None)


def _type_7_lsas(
    calculation: RouteCalculation, area: AttachedArea, routes: Iterable[ExternalRoute]
) -> Wants:
    """A border router tells type 5 LSAs too, so its type 7 LSAs are not to be translated."""
    internal = calculation.internal
    propagate = not internal.is_border
    lsas: dict[Prefix, ExternalLsa] = {}
    if internal.is_border and area.settings.summaries:
        lsas |= type_7_default(area)
    lsas |= type_7(routes, area, internal, propagate)
    options = Options.NP if propagate else Options(0)
    return _external_lsas(calculation, lsas, options, area.settings.id)


def _external_lsas(
    calculation: RouteCalculation,
    lsas: Mapping[Prefix, ExternalLsa],
    options: Options,
    nssa: AreaId | None,
) -> Wants:
    """Those that no other router tells as well."""
    own_id, propagate = calculation.router_id, Options.NP in options
    own = router_vertex(own_id)
    needed = {
        network: lsa
        for network, lsa in lsas.items()
        if not is_told_by_a_better(lsa, propagate, own, calculation.told(network, nssa))
    }
    ids = link_state_ids(needed)
    ls_type = LsType.AS_EXTERNAL if nssa is None else LsType.NSSA_EXTERNAL
    return {
        LsaKey(ls_type, ids[network], own_id): Wanted(lsa, options)
        for network, lsa in needed.items()
    }


def _is_type_5_capable(calculation: RouteCalculation) -> bool:
    return any(area.is_type_5_capable for area in calculation.areas.values())


def _preference(lsa: ExternalLsa) -> tuple[bool, int]:
    return lsa.type2, lsa.metric
