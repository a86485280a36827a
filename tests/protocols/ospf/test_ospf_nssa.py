"""RFC 3101: type 7 LSAs, their routes, and their translation at the border."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.protocols.ospf.asbr import is_told_by_a_better
from controlplane.protocols.ospf.events import (
    BACKBONE,
    AreaKind,
    AreaRange,
    AreaSettings,
    ExternalRoute,
    OspfNextHop,
    PathType,
)
from controlplane.protocols.ospf.external import External, ExternalPath, best_externals
from controlplane.protocols.ospf.originations import Wanted, desired_lsas
from controlplane.protocols.ospf.path import Path
from controlplane.protocols.ospf.translation import TranslatorState, translator_state
from controlplane.wire.ospf.bodies import ExternalLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType
from controlplane.wire.ospf.options import Options
from tests.protocols.ospf.autonomous_system import AutonomousSystem, area, router_id
from tests.protocols.ospf.test_ospf_summaries import networks

NSSA = area(1)
PREFIX = IPv4Network("203.0.113.0/24")
DEFAULT = IPv4Network("0.0.0.0/0")
NOWHERE = IPv4Address(0)


def system_of(
    *,
    always: tuple[int, ...] = (),
    summaries: bool = True,
    ranges: tuple[AreaRange, ...] = (),
    routes: tuple[ExternalRoute, ...] = (ExternalRoute(prefix=PREFIX, metric=5),),
) -> AutonomousSystem:
    """2 and 3 are between the backbone, where 1 is, and an NSSA, where 4 tells these routes."""
    settings = AreaSettings(
        id=NSSA,
        kind=AreaKind.NSSA,
        summaries=summaries,
        default_cost=9,
        nssa_ranges=ranges,
    )
    system = AutonomousSystem((AreaSettings(id=BACKBONE), settings))
    system.always_translate = always
    system.chain(2, 1, 3)
    system.chain(2, 4, 3, area_id=NSSA)
    for border in (2, 3):
        system.routers[border].loopback_area = BACKBONE
    system.routers[4].external = routes
    system.settle()
    return system


def translated(system: AutonomousSystem, router: int) -> dict[IPv4Address, ExternalLsa]:
    told = system.told(router, LsType.AS_EXTERNAL, None)
    return {number: body for number, body in told.items() if isinstance(body, ExternalLsa)}


def type_7(system: AutonomousSystem, router: int) -> dict[IPv4Address, tuple[ExternalLsa, bool]]:
    """The type 7 LSAs of a router, and whether they are to be translated."""
    return {
        lsa.header.link_state_id: (lsa.body, bool(lsa.header.options & Options.NP))
        for lsa in system.areas[NSSA].of_type(LsType.NSSA_EXTERNAL)
        if lsa.header.advertising_router == router_id(router) and isinstance(lsa.body, ExternalLsa)
    }


def state(system: AutonomousSystem, router: int) -> TranslatorState:
    calculation = system.routers[router].calculation
    return translator_state(calculation.areas[NSSA], calculation.internal, calculation.router_id)


def test_a_router_inside_tells_type_7_to_be_translated_with_its_own_address() -> None:
    body, propagate = type_7(system_of(), 4)[PREFIX.network_address]
    assert propagate
    assert body == ExternalLsa(
        mask=PREFIX.netmask, metric=5, type2=True, forwarding_address=router_id(4)
    )


def test_routers_inside_and_at_the_border_use_type_7() -> None:
    route = system_of().route(2, PREFIX)
    assert route is not None
    assert (route.path_type, route.cost, route.cost2) == (PathType.EXTERNAL_2, 1, 5)
    assert route.area == NSSA
    assert route.next_hops == (OspfNextHop("to3", IPv4Address("10.0.3.4")),)


def test_the_border_router_with_the_highest_id_translates() -> None:
    system = system_of()
    assert state(system, 2) is TranslatorState.DISABLED
    assert state(system, 3) is TranslatorState.ELECTED
    assert state(system, 4) is TranslatorState.DISABLED
    assert not translated(system, 2)
    assert translated(system, 3) == {
        PREFIX.network_address: ExternalLsa(
            mask=PREFIX.netmask, metric=5, type2=True, forwarding_address=router_id(4)
        )
    }


def test_outside_the_route_leads_to_the_forwarding_address_by_all_border_routers() -> None:
    route = system_of().route(1, PREFIX)
    assert route is not None
    assert {hop.interface for hop in route.next_hops} == {"to1", "to2"}


def test_the_other_border_router_translates_when_the_first_one_is_gone() -> None:
    system = system_of()
    system.links[3].is_up = False
    system.settle()
    assert state(system, 2) is TranslatorState.ELECTED
    assert translated(system, 2)
    assert not translated(system, 3)


def test_of_those_that_translate_always_one_is_enough_for_one_network() -> None:
    """RFC 3101 3.2 (2): functionally equal LSAs are told by the router of the highest id."""
    system = system_of(always=(2, 3))
    assert {state(system, 2), state(system, 3)} == {TranslatorState.ENABLED}
    assert not translated(system, 2)
    assert translated(system, 3)


def test_a_border_router_that_translates_always_supplants_one_of_a_higher_id() -> None:
    system = system_of(always=(2,))
    assert state(system, 2) is TranslatorState.ENABLED
    assert state(system, 3) is TranslatorState.DISABLED


def test_a_border_router_that_cannot_be_reached_outside_the_nssa_is_no_rival() -> None:
    system = system_of()
    system.links[1].is_up = False
    system.settle()
    assert system.is_border(3), "its loopback is in the backbone still"
    assert {state(system, 2), state(system, 3)} == {TranslatorState.ELECTED}


@pytest.mark.parametrize(("metric", "wins"), [(4, 4), (6, 5)])
def test_of_an_own_route_and_a_translation_the_better_one_is_told(metric: int, wins: int) -> None:
    """RFC 3101 3.2 (2)."""
    system = system_of()
    system.routers[3].external = (ExternalRoute(prefix=PREFIX, metric=metric),)
    system.routers[3].is_stale = True
    system.settle()
    assert translated(system, 3)[PREFIX.network_address].metric == wins


def forged(ls_type: LsType, router: int, forwarding_address: str) -> tuple[LsaKey, Wanted]:
    body = ExternalLsa(
        mask=IPv4Address("255.255.255.0"),
        metric=1,
        type2=False,
        forwarding_address=IPv4Address(forwarding_address),
    )
    key = LsaKey(ls_type, IPv4Address("198.51.100.0"), router_id(router))
    return key, Wanted(body, Options.NP if ls_type is LsType.NSSA_EXTERNAL else Options.E)


def after(
    system: AutonomousSystem, area_id: IPv4Address | None, lsa: tuple[LsaKey, Wanted]
) -> set[int]:
    """The routers that have a route by this LSA, told by a router that does not look again."""
    system.put(area_id, *lsa)
    found = set()
    for number, router in system.routers.items():
        router.calculation.run(system.views(number), system.external, router.changed)
        if system.route(number, "198.51.100.0/24") is not None:
            found.add(number)
    return found


def test_a_type_5_route_does_not_lead_into_an_nssa_at_its_border() -> None:
    """RFC 3101 2.5 (3): "through a Type-5 capable area"."""
    assert after(system_of(), None, forged(LsType.AS_EXTERNAL, 3, "192.0.2.4")) == {1}


def test_a_type_7_route_does_not_lead_out_of_the_nssa() -> None:
    system = system_of()
    assert after(system, NSSA, forged(LsType.NSSA_EXTERNAL, 4, "10.0.1.1")) == set()
    assert after(system, NSSA, forged(LsType.NSSA_EXTERNAL, 4, "10.0.3.4")) == {2, 3}


SAME = Path(PathType.INTRA_AREA, NSSA, 1, frozenset(), frozenset())
TO_TRANSLATE = External(NSSA, 1, 5, True, IPv4Address("192.0.2.4"), 0, True)
TYPE_5 = TO_TRANSLATE._replace(nssa=None, boundary_router=2, propagate=False)
HIGHER = TYPE_5._replace(boundary_router=3)
INSIDE = TO_TRANSLATE._replace(boundary_router=4, propagate=False)


@pytest.mark.parametrize(
    "ranking", [(TO_TRANSLATE, HIGHER, TYPE_5, INSIDE), (HIGHER, TYPE_5, INSIDE), (TYPE_5, INSIDE)]
)
def test_of_lsas_that_are_functionally_the_same_one_counts(ranking: tuple[External, ...]) -> None:
    """RFC 3101 2.5 (6) (e)."""
    best = best_externals(ExternalPath(says, SAME) for says in reversed(ranking))
    assert [path.says for path in best] == [ranking[0]]


@pytest.mark.parametrize(
    ("own", "other", "is_enough"),
    [
        ((False, 2), (False, 3), True),
        ((False, 3), (False, 2), False),
        ((False, 3), (True, 2), True),
        ((True, 2), (False, 3), False),
    ],
)
def test_one_of_functionally_equal_lsas_is_told(
    own: tuple[bool, int], other: tuple[bool, int], is_enough: bool
) -> None:
    """RFC 3101 2.4: one with the P bit, and then that of the higher router id."""
    address = IPv4Address("10.0.3.9")
    lsa = ExternalLsa(mask=PREFIX.netmask, metric=5, type2=True, forwarding_address=address)
    says = External(NSSA, other[1], 5, True, address, 0, other[0])
    assert is_told_by_a_better(lsa, *own, [says]) is is_enough
    assert not is_told_by_a_better(lsa, *own, [says._replace(metric=6)])
    assert not is_told_by_a_better(lsa, *own, [says._replace(forwarding_address=NOWHERE)])


def test_what_is_not_to_be_translated_stays_inside() -> None:
    system = system_of()
    key = LsaKey(LsType.NSSA_EXTERNAL, PREFIX.network_address, router_id(4))
    body = ExternalLsa(mask=PREFIX.netmask, metric=5, type2=True, forwarding_address=router_id(4))
    system.put(NSSA, key, Wanted(body, Options(0)))
    border = system.routers[3]
    border.calculation.run(system.views(3), system.external, border.changed)
    assert system.route(3, PREFIX) is not None
    assert not desired_lsas(border.calculation, ())[None]


def test_a_router_in_an_nssa_alone_tells_no_type_5() -> None:
    assert not translated(system_of(), 4)


def test_a_border_router_tells_its_own_routes_by_both_types_and_they_are_not_translated() -> None:
    system = system_of(routes=())
    system.routers[2].external = (ExternalRoute(prefix=PREFIX, metric=5),)
    system.routers[2].is_stale = True
    system.settle()
    body, propagate = type_7(system, 2)[PREFIX.network_address]
    assert not propagate
    assert body.forwarding_address == NOWHERE
    assert translated(system, 2).keys() == {PREFIX.network_address}
    assert not translated(system, 3)


@pytest.mark.parametrize("summaries", [True, False])
def test_border_routers_give_a_default_by_type_7_or_instead_of_summaries(summaries: bool) -> None:
    """RFC 3101 2.7."""
    system = system_of(summaries=summaries)
    default = type_7(system, 2).get(DEFAULT.network_address)
    told = networks(system, 2, NSSA)
    if summaries:
        assert default == (ExternalLsa(mask=NOWHERE, metric=9, type2=True), False)
        assert "0.0.0.0/0" not in told and told
    else:
        assert default is None
        assert told == {"0.0.0.0/0": 9}
    route = system.route(4, DEFAULT)
    assert route is not None
    expected = PathType.EXTERNAL_2 if summaries else PathType.INTER_AREA
    assert route.path_type is expected


def test_border_routers_do_not_follow_each_others_default() -> None:
    """RFC 3101 2.5 (3): the P bit is clear."""
    system = system_of()
    assert system.route(2, DEFAULT) is None
    assert system.route(3, DEFAULT) is None


@pytest.mark.parametrize("summaries", [True, False])
def test_border_routers_follow_a_default_from_inside_if_summaries_are_let_in(
    summaries: bool,
) -> None:
    routes = (ExternalRoute(prefix=DEFAULT, metric=1),)
    system = system_of(summaries=summaries, routes=routes)
    assert (system.route(3, DEFAULT) is not None) is summaries
    assert not translated(system, 3), "a default is not translated"


RANGE = IPv4Network("10.0.0.0/8")


def route(prefix: str, metric: int, *, type2: bool) -> ExternalRoute:
    return ExternalRoute(prefix=IPv4Network(prefix), metric=metric, type2=type2)


@pytest.mark.parametrize(
    ("third", "expected"),
    [
        (route("10.3.0.0/24", 5, type2=True), (6, True)),
        (route("10.3.0.0/24", 5, type2=False), (11, False)),
    ],
)
def test_routes_in_a_range_are_translated_as_one(
    third: ExternalRoute, expected: tuple[int, bool]
) -> None:
    """RFC 3101 3.2 (3), its examples."""
    routes = (route("10.1.0.0/24", 10, type2=False), route("10.2.0.0/24", 11, type2=False), third)
    system = system_of(ranges=(AreaRange(prefix=RANGE),), routes=routes)
    metric, type2 = expected
    assert translated(system, 3) == {
        RANGE.network_address: ExternalLsa(mask=RANGE.netmask, metric=metric, type2=type2)
    }


def test_a_range_of_one_network_of_its_own_size_is_translated_as_that() -> None:
    routes = (route("10.0.0.0/8", 5, type2=False),)
    (body,) = translated(system_of(ranges=(AreaRange(prefix=RANGE),), routes=routes), 3).values()
    assert (body.metric, body.forwarding_address) == (5, router_id(4))


def test_a_range_that_is_not_advertised_keeps_its_routes_inside() -> None:
    routes = (route("10.1.0.0/24", 5, type2=False), route("10.2.0.0/24", 5, type2=False))
    hidden = AreaRange(prefix=RANGE, advertise=False)
    assert not translated(system_of(ranges=(hidden,), routes=routes), 3)


def test_boundary_routers_inside_are_not_told_to_other_areas() -> None:
    system = system_of()
    assert not system.told(2, LsType.SUMMARY_ASBR, BACKBONE)
    assert not system.told(2, LsType.SUMMARY_ASBR, NSSA)
