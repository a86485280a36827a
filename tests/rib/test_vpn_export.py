"""What a PE makes of a VRF's route (RFC 4364 4.3.1), and labels that keep their meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.engine.labels import LabelsExhausted, LabelSpace
from controlplane.protocols.bgp.events import BestPath, PathSource
from controlplane.rib.vpn_export import VpnExport, exported
from controlplane.rib.vpn_labels import QUARANTINE, Labelled, VpnLabelTable
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import route_origin
from controlplane.wire.bgp.nlri import VpnPrefix
from tests.rib.vpn import LAN, PE2, as_path, rd, rt, targets

LAN_LABEL = Labelled("red", LAN)


def of_ce(attributes: PathAttributes, source: PathSource = PathSource.EBGP) -> BestPath:
    return BestPath(key=LAN, source=source, attributes=attributes)


def test_a_vpn_route_has_the_rd_the_targets_and_the_label() -> None:
    export = VpnExport(rd=rd("65000:1"), communities=targets("65000:1"))
    route = export.route(of_ce(PathAttributes(as_path=as_path(65101), med=5, next_hop=PE2)), 24)
    assert (route.key, route.label) == (VpnPrefix(rd("65000:1"), LAN), 24)
    assert route.attributes == PathAttributes(
        as_path=as_path(65101), med=5, extended_communities=targets("65000:1")
    )


def test_targets_of_the_customer_are_taken_off_and_its_site_of_origin_stays() -> None:
    export = VpnExport(rd=rd("65000:1"), communities=targets("65000:1"))
    site = route_origin(rt("65000:77"))
    sent = PathAttributes(extended_communities=targets("65000:2") | {site})
    route = export.route(of_ce(sent), 24)
    assert route.attributes.extended_communities == targets("65000:1") | {site}


@pytest.mark.parametrize("source", [PathSource.LOCAL, PathSource.EBGP, PathSource.IBGP])
def test_what_the_vrf_has_of_its_own_is_exported(source: PathSource) -> None:
    best = of_ce(PathAttributes(), source)
    assert exported(best) is best


def test_what_was_imported_is_not_exported_again() -> None:
    assert exported(of_ce(PathAttributes(), PathSource.IMPORTED)) is None


def test_behind_an_imported_path_the_own_one_is_told_as_a_backup() -> None:
    own = of_ce(PathAttributes())
    best = replace(of_ce(PathAttributes(local_pref=200), PathSource.IMPORTED), backup=own)
    assert exported(best) is own


def test_a_label_stands_for_the_same_as_long_as_the_router_lives() -> None:
    table = VpnLabelTable(LabelSpace())
    red, lan = Labelled("red"), Labelled("red", LAN)
    labels = table.label_of(red, 0.0), table.label_of(lan, 0.0)
    assert labels == (16, 17)
    assert (table.label_of(red, 0.0), table.label_of(lan, 0.0)) == labels
    assert list(table.all()) == [(16, red), (17, lan)]


def test_labels_come_from_the_space_of_the_whole_router() -> None:
    space = LabelSpace(16, 17)
    table = VpnLabelTable(space)
    assert (space.allocate(), table.label_of(Labelled("red"), 0.0)) == (16, 17)
    with pytest.raises(LabelsExhausted):
        table.label_of(Labelled("blue"), 0.0)


class TestRetiredLabels:
    """Of a router with two labels: one of a prefix that is gone, one of a VRF."""

    def table(self) -> VpnLabelTable:
        table = VpnLabelTable(LabelSpace(16, 17))
        table.label_of(LAN_LABEL, 0.0)
        table.label_of(Labelled("blue"), 0.0)
        table.retire(LAN_LABEL, 10.0)
        return table

    def test_a_label_keeps_its_meaning_for_a_while(self) -> None:
        table = self.table()
        assert table.meanings[16] == LAN_LABEL
        with pytest.raises(LabelsExhausted):
            table.label_of(Labelled("green"), 10.0 + QUARANTINE - 1)

    def test_then_it_is_given_to_another_if_there_is_no_other(self) -> None:
        table = self.table()
        assert table.label_of(Labelled("green"), 10.0 + QUARANTINE) == 16
        assert table.meanings[16] == Labelled("green")

    def test_a_prefix_that_comes_back_has_its_label_and_keeps_it(self) -> None:
        table = self.table()
        assert table.label_of(LAN_LABEL, 20.0) == 16
        with pytest.raises(LabelsExhausted):
            table.label_of(Labelled("green"), 10.0 + QUARANTINE)

    def test_what_has_no_label_is_retired_without_effect(self) -> None:
        table = self.table()
        table.retire(Labelled("green"), 10.0)
        assert sorted(table.meanings) == [16, 17]
