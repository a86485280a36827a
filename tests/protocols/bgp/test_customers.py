"""RFC 4364 7 and what is usual beside it: sites with one AS, sites on two PEs, what a CE sees."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import Imported, PathSource, RoutesImported
from controlplane.wire.bgp.attributes import Connector, PathAttributes
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    route_origin,
    source_as,
    vrf_route_import,
)
from controlplane.wire.bgp.nlri import NlriKey, VpnPrefix
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.paths import as_path
from tests.protocols.bgp.speaker import AS
from tests.protocols.bgp.tabled import RED, UNICAST, Here, hop, peer, prefix, targets

SITE, OTHER_SITE = RouteTarget(0, AS, 77), RouteTarget(0, AS, 78)
PE = IPv4Address("10.0.0.2")
COLOUR = ExtendedCommunity(bytes.fromhex("030b000000000005"))


def imported(
    number: int = 1, rd: int = 1, pe: IPv4Address = PE, metric: int = 0, **attributes: Any
) -> Imported:
    return Imported(
        prefix=prefix(number),
        key=VpnPrefix(RouteDistinguisher(0, AS, rd), prefix(number)),
        attributes=PathAttributes(next_hop=pe, **attributes),
        label=100,
        pe=pe,
        metric=metric,
    )


def imports(here: Here, *routes: Imported, withdrawn: tuple[VpnPrefix, ...] = ()) -> None:
    here.tell(RoutesImported(changed=routes, withdrawn=withdrawn))


class TestImportedRoutes:
    def test_they_compete_as_routes_of_this_as(self) -> None:
        config = peer(1, 65001)
        here = Here(config)
        imports(here, imported(as_path=as_path(65001), local_pref=100))
        assert here.best[prefix(1)].source is PathSource.IMPORTED
        far = here.far(config)
        far.announces(prefix(1))
        best = here.best[prefix(1)]
        assert best.source is PathSource.EBGP
        assert best.backup is not None
        assert best.backup.imported == imported(as_path=as_path(65001), local_pref=100)
        assert here.paths(prefix(1))[1].why_not == "not heard from another AS"
        far.withdraws(prefix(1))
        assert here.best[prefix(1)].source is PathSource.IMPORTED

    def test_a_higher_local_preference_makes_the_other_pe_the_way_out(self) -> None:
        config = peer(1, 65001)
        here = Here(config)
        here.far(config).announces(prefix(1))
        imports(here, imported(as_path=as_path(65001), local_pref=200))
        assert here.best[prefix(1)].source is PathSource.IMPORTED
        assert here.paths(prefix(1))[1].why_not == "local preference 100 < 200"

    def test_the_nearer_pe_wins_and_each_is_the_others_backup(self) -> None:
        here = Here()
        far = IPv4Address("10.0.0.3")
        imports(here, imported(metric=20), imported(rd=2, pe=far, metric=10))
        best = here.best[prefix(1)]
        assert best.imported is not None
        assert best.imported.pe == far
        assert (best.label, best.metric) == (100, 10)
        assert best.backup is not None
        assert best.backup.imported == imported(metric=20)
        imports(here, withdrawn=(imported(rd=2).key,))
        assert here.best[prefix(1)].imported == imported(metric=20)
        imports(here, withdrawn=(imported().key,))
        assert here.best == {}

    def test_an_import_that_changes_takes_the_place_of_what_it_was(self) -> None:
        here = Here()
        imports(here, imported(metric=20, med=1))
        imports(here, imported(metric=10, med=2))
        assert len(here.paths(prefix(1))) == 1
        assert here.best[prefix(1)].metric == 10
        assert here.best[prefix(1)].attributes.med == 2

    def test_a_ce_is_told_them_without_what_is_the_providers(self) -> None:
        config = peer(1, 65001)
        here = Here(config)
        far = here.far(config)
        provider = {source_as(AS), vrf_route_import(PE, 1), route_origin(SITE), COLOUR}
        route = imported(
            as_path=as_path(65002),
            local_pref=100,
            originator_id=PE,
            connector=Connector(PE),
            extended_communities=targets(RED) | provider,
        )
        imports(here, route)
        assert far.learns() == {
            prefix(1): PathAttributes(
                as_path=as_path(AS, 65002),
                next_hop=config.local,
                extended_communities=frozenset({COLOUR}),
            )
        }


class TestSiteOfOrigin:
    def test_what_comes_from_a_site_is_marked(self) -> None:
        config = peer(1, 65001, site=SITE)
        here = Here(config)
        here.far(config).announces(
            prefix(1), extended_communities=frozenset({route_origin(OTHER_SITE), COLOUR})
        )
        marks = here.best[prefix(1)].attributes.extended_communities
        assert marks == {route_origin(SITE), COLOUR}

    def test_what_is_from_the_site_is_not_told_to_it(self) -> None:
        configs = [peer(1, 65001, site=SITE), peer(2, 65002, site=OTHER_SITE)]
        here = Here(*configs)
        one, other = map(here.far, configs)
        marked = frozenset({route_origin(SITE)})
        imports(here, imported(extended_communities=marked), imported(2))
        assert set(one.learns()) == {prefix(2)}
        assert set(other.learns()) == {prefix(1), prefix(2)}

    def test_a_ce_cannot_put_its_routes_into_another_vpn(self) -> None:
        config = peer(1, 65001)
        here = Here(config)
        says = targets(RED) | {source_as(7), vrf_route_import(PE, 1), route_origin(SITE), COLOUR}
        here.far(config).announces(prefix(1), extended_communities=says, connector=Connector(PE))
        attributes = here.best[prefix(1)].attributes
        assert attributes.extended_communities == {COLOUR}
        assert attributes.connector is None


class TestOneAsAtAllSites:
    """Two CEs of AS 65001 on one PE of AS 65000; the routes of one are to get to the other."""

    def network(self, *, of_pe: dict[str, Any], of_ce: dict[str, Any]) -> dict[NlriKey, Any]:
        network = Network()
        network.router("pe")
        for ce in ("ce1", "ce2"):
            network.router(ce, 65001)
            network.link("pe", ce, of_one=of_pe, of_other=of_ce)
        network.start()
        network.originate("ce1", UNICAST, prefix(1))
        network.run(20.0)
        return network.best("ce2", UNICAST)

    def test_without_help_a_ce_takes_them_for_a_loop(self) -> None:
        assert self.network(of_pe={}, of_ce={}) == {}

    def test_as_override_makes_them_the_providers(self) -> None:
        best = self.network(of_pe={"override": True}, of_ce={})
        assert best[prefix(1)].attributes.as_path == as_path(AS, AS)

    def test_or_the_ce_allows_its_own_as(self) -> None:
        best = self.network(of_pe={}, of_ce={"allow_own_as": 1})
        assert best[prefix(1)].attributes.as_path == as_path(AS, 65001)


@pytest.mark.parametrize(
    ("allowed", "ases", "why"),
    [
        (0, (65001, AS), "AS loop: 65000 is in the AS path"),
        (1, (65001, AS), ""),
        (1, (65001, AS, AS), "AS loop: 65000 is in the AS path 2 times"),
        (2, (65001, AS, AS), ""),
    ],
)
def test_the_own_as_may_be_in_a_path_as_often_as_allowed(
    allowed: int, ases: tuple[int, ...], why: str
) -> None:
    config = peer(1, 65001, allow_own_as=allowed)
    here = Here(config)
    here.far(config).announces(prefix(1), as_path=as_path(*ases))
    assert here.paths(prefix(1))[0].why_not == why
    assert (prefix(1) in here.best) is not bool(why)
    assert here.tracked == (set() if why else {hop("a")})


def test_inside_the_as_nobody_looks_for_it_again() -> None:
    """What one border router has allowed is good for all: a hub's routes come back through it."""
    config = peer(1)
    here = Here(config)
    here.far(config).announces(prefix(1), as_path=as_path(65001, AS))
    assert here.best[prefix(1)].attributes.next_hop == hop("a")
