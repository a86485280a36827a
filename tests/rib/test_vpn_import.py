"""Route targets decide which VRFs a VPN route goes into (RFC 4364 4.3.1)."""

from __future__ import annotations

from dataclasses import replace

from controlplane.protocols.bgp.events import PathSource, RoutesImported
from controlplane.rib.vpn_import import Candidates, ImportingVrf, VpnImports
from controlplane.wire.bgp.nlri import VpnPrefix
from tests.rib.vpn import LAN, ME, PE2, PE3, rd, rt, vpn_change, vpn_path

KEY = VpnPrefix(rd("65000:1"), LAN)


def imports() -> VpnImports:
    """Red imports its own, blue its own and what red shares (65000:9)."""
    red = ImportingVrf(name="red", rd=rd("65000:1"), targets=frozenset({rt("65000:1")}))
    blue = frozenset({rt("65000:2"), rt("65000:9")})
    return VpnImports(ME, [red, ImportingVrf(name="blue", rd=rd("65000:2"), targets=blue)])


def test_a_route_goes_where_one_of_its_targets_is_imported() -> None:
    found = imports().apply(vpn_change(vpn_path("65000:1", "65000:1", "65000:9")))
    assert sorted(found) == ["blue", "red"]
    (imported,) = found["red"].changed
    assert (imported.prefix, imported.pe, imported.label) == (LAN, PE2, 24)
    assert (imported.metric, imported.vrf) == (10, None)


def test_a_route_whose_targets_nobody_imports_goes_nowhere() -> None:
    assert imports().apply(vpn_change(vpn_path("65000:7", "65000:7"))) == {}


def test_a_withdrawn_route_leaves_the_vrfs_that_held_it_and_no_other() -> None:
    former = vpn_path("65000:1", "65000:1")
    found = imports().apply(vpn_change(former=(former,)))
    assert found == {"red": RoutesImported(withdrawn=(KEY,))}


def test_a_route_that_changes_its_targets_moves() -> None:
    former = vpn_path("65000:1", "65000:1")
    found = imports().apply(vpn_change(vpn_path("65000:1", "65000:9"), former=(former,)))
    assert found["red"] == RoutesImported(withdrawn=(KEY,))
    assert [one.key for one in found["blue"].changed] == [KEY]


def test_an_own_route_goes_into_other_vrfs_here_and_not_back_into_its_own() -> None:
    own = vpn_path("65000:1", "65000:1", "65000:9", pe=None, source=PathSource.LOCAL)
    found = imports().apply(vpn_change(own))
    assert sorted(found) == ["blue"]
    (imported,) = found["blue"].changed
    assert (imported.vrf, imported.pe) == ("red", ME)


def test_what_another_pe_with_the_same_rd_tells_competes_with_an_own_route_in_its_vrf() -> None:
    """Without that, whichever of the two had told first would go on doing so."""
    own = vpn_path("65000:1", "65000:1", "65000:9", pe=None, source=PathSource.LOCAL)
    others = vpn_path("65000:1", "65000:1", "65000:9")
    both = replace(own, backup=others)
    found = imports().apply(vpn_change(both))
    assert [(one.vrf, one.pe) for one in found["red"].changed] == [(None, PE2)]
    assert [(one.vrf, one.pe) for one in found["blue"].changed] == [("red", ME)]
    found = imports().apply(vpn_change(own, former=(both,)))
    assert found["red"] == RoutesImported(withdrawn=(KEY,))


def test_another_pe_with_the_same_rd_is_not_taken_for_this_one() -> None:
    found = imports().apply(vpn_change(vpn_path("65000:1", "65000:1")))
    assert found["red"].changed[0].vrf is None


def test_a_route_that_loses_its_label_leaves() -> None:
    former = vpn_path("65000:1", "65000:1")
    found = imports().apply(vpn_change(replace(former, label=None), former=(former,)))
    assert found == {"red": RoutesImported(withdrawn=(KEY,))}


def test_all_targets_are_those_that_some_vrf_imports() -> None:
    assert imports().targets == {rt("65000:1"), rt("65000:2"), rt("65000:9")}


def test_candidates_are_all_imported_routes_to_exactly_a_prefix() -> None:
    table, candidates = imports(), Candidates()
    first, second = vpn_path("65000:1", "65000:1"), vpn_path("65000:5", "65000:1", pe=PE3)
    candidates.apply(table.apply(vpn_change(second, first))["red"])
    assert [one.pe for one in candidates.of(LAN)] == [PE2, PE3]
    candidates.apply(table.apply(vpn_change(former=(first,)))["red"])
    assert [one.pe for one in candidates.of(LAN)] == [PE3]
