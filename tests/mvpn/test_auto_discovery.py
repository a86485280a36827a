"""PEs come, move and go with their routes, and P-tunnels with them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.mvpn.change import MvpnChange
from controlplane.mvpn.counters import Count
from controlplane.mvpn.indices import IndexAllocator, Place
from controlplane.mvpn.mvpn import Mvpn
from controlplane.mvpn.notices import NoIndexLeft, PeFound, PeGone, PeMoved, PeRefused
from controlplane.mvpn.options import DiscoveryOption
from controlplane.mvpn.show import DiscoveryView
from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.bgp.events import BestPath, BestPathsChanged
from controlplane.protocols.pim.events import NeighborsExpected
from controlplane.rib.tunnels import RemoteTunnel
from controlplane.wire.bgp.nlri import Family, IntraAsIPmsi, MdtKey, NlriKey
from controlplane.wire.bgp.pmsi_tunnel import MldpP2mp, PmsiTunnel
from tests.mvpn.values import (
    BLUE,
    BOTH,
    GROUP,
    GROUP2,
    GROUP3,
    ME,
    PE2,
    PE3,
    PE4,
    RD1,
    RD2,
    RD3,
    RED,
    ad,
    gone,
    join,
    learnt,
    leave,
    local,
    mdt,
    mvpn,
    pe,
)

TREE2, TREE3 = SourceGroup(PE2, GROUP), SourceGroup(PE3, GROUP)
MOVED2 = SourceGroup(PE2, GROUP2)
HELLO_SOON = (NeighborsExpected(interface="mdt-red", awaited=frozenset({PE2})),)
AD2 = "Intra-AS I-PMSI A-D route, RD 65000:2"
MDT2 = "MDT-SAFI route, RD 65000:2"
LABEL_SWITCHED = PmsiTunnel(tunnel=MldpP2mp(b""))


def trees(of: Mvpn) -> Mapping[IPv4Address, TreeName]:
    """The tunnels that forwarding knows."""
    return {address: tunnel.tree for address, tunnel in of.tunnels.remote.items()}


def words(change: MvpnChange) -> list[str]:
    return [notice.words() for notice in change.notices]


def test_a_new_pe_is_joined_and_shall_hear_of_us() -> None:
    red = mvpn()
    assert red.learn(learnt(ad(PE2))) == MvpnChange(
        pes=frozenset({PE2}),
        provider=(join(TREE2),),
        customer=HELLO_SOON,
        notices=(PeFound(PE2, TREE2, AD2),),
    )
    assert red.roots == {1025: pe(PE2)}
    assert red.tunnels.remote == {PE2: RemoteTunnel(TREE2, 1025)}
    assert red.joins() == (join(TREE2),)


def test_several_pes_of_one_message_are_told_together() -> None:
    red = mvpn()
    change = red.learn(learnt(ad(PE2), ad(PE3, rd=RD3)))
    assert change.provider == (join(TREE2), join(TREE3))
    assert change.pes == {PE2, PE3}


def test_a_pe_whose_route_goes_is_left() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2)))
    assert red.learn(gone(ad(PE2))) == MvpnChange(
        pes=frozenset({PE2}), provider=(leave(TREE2),), notices=(PeGone(PE2, TREE2),)
    )
    assert not red.roots
    assert not red.tunnels.remote


def test_a_pe_with_another_group_is_left_and_joined_and_keeps_its_index() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2)))
    assert red.learn(learnt(ad(PE2, GROUP2))) == MvpnChange(
        pes=frozenset({PE2}),
        provider=(leave(TREE2), join(MOVED2)),
        customer=HELLO_SOON,
        notices=(PeMoved(PE2, TREE2, MOVED2),),
    )
    assert red.tunnels.remote == {PE2: RemoteTunnel(MOVED2, 1025)}
    assert red.roots == {1025: pe(PE2, GROUP2)}


def test_a_pe_that_comes_back_has_its_old_index() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2), ad(PE3)))
    red.learn(gone(ad(PE2)))
    red.learn(learnt(ad(PE4)))
    red.learn(learnt(ad(PE2)))
    assert red.roots == {1026: pe(PE3), 1027: pe(PE4), 1025: pe(PE2)}


def test_forwarding_is_told_who_is_a_neighbour_on_the_pmsi() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2)))
    assert red.tunnels.neighbors == set()
    assert red.neighbor_changed(PE2, up=True) == MvpnChange(pes=frozenset({PE2}))
    assert red.tunnels.neighbors == {PE2}
    assert red.neighbor_changed(PE2, up=False) == MvpnChange(pes=frozenset({PE2}))
    assert red.tunnels.neighbors == set()


def test_a_route_that_says_the_same_again_changes_nothing() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2)))
    assert red.learn(learnt(ad(PE2))) == MvpnChange()


def test_a_withdrawal_of_what_was_never_known_changes_nothing() -> None:
    assert mvpn().learn(gone(ad(PE2))) == MvpnChange()


def test_a_route_that_leaves_the_vpn_takes_its_pe_along() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2)))
    assert red.learn(learnt(ad(PE2, targets=(BLUE,)))).provider == (leave(TREE2),)


def test_two_pes_with_one_rd_are_two_pes() -> None:
    red = mvpn()
    red.learn(learnt(ad(PE2, rd=RD1), ad(PE3, rd=RD1)))
    red.learn(gone(ad(PE2, rd=RD1)))
    assert trees(red) == {PE3: TREE3}


@pytest.mark.parametrize("event", [learnt(mdt(PE2)), learnt(ad(PE2))], ids=["MDT", "A-D"])
def test_a_list_is_all_that_the_static_profile_believes(event: BestPathsChanged) -> None:
    static = mvpn(local("pim-gre-ssm-static", asn=None, discovered=(pe(PE3),)))
    assert static.learn(event) == MvpnChange()
    assert trees(static) == {PE3: TREE3}
    assert static.joins() == (join(TREE3),)


class TestOnePeByTwoRoutes:
    """Of several routes of a PE one counts; the PE is there while any is."""

    def test_the_same_tunnel_by_both_kinds_is_one_tunnel(self) -> None:
        red = mvpn(local(discovery=BOTH))
        assert red.learn(learnt(mdt(PE2))).provider == (join(TREE2),)
        assert red.learn(learnt(ad(PE2))) == MvpnChange()
        assert red.learn(gone(mdt(PE2))) == MvpnChange()
        assert red.learn(gone(ad(PE2))).provider == (leave(TREE2),)

    def test_the_a_d_route_counts_where_they_differ(self) -> None:
        red = mvpn(local(discovery=BOTH))
        red.learn(learnt(mdt(PE2)))
        assert red.learn(learnt(ad(PE2, GROUP2))).provider == (leave(TREE2), join(MOVED2))
        assert red.learn(gone(ad(PE2, GROUP2))).provider == (leave(MOVED2), join(TREE2))

    def test_a_refused_a_d_route_leaves_the_older_one_in_force(self) -> None:
        red = mvpn(local(discovery=BOTH))
        red.learn(learnt(mdt(PE2)))
        change = red.learn(learnt(ad(PE2, tunnel=LABEL_SWITCHED)))
        assert [type(notice) for notice in change.notices] == [PeRefused]
        assert trees(red) == {PE2: TREE2}

    def test_a_vrf_of_our_own_vpn_comes_before_one_that_we_only_import(self) -> None:
        red = mvpn(local(imports=(RED, BLUE), exports=(RED,)))
        foreign = ad(PE2, GROUP2, rd=RD1, targets=(BLUE,))
        red.learn(learnt(foreign))
        assert trees(red) == {PE2: MOVED2}
        red.learn(learnt(ad(PE2, rd=RD2)))
        assert trees(red) == {PE2: TREE2}

    def test_of_two_alike_the_lower_rd_counts(self) -> None:
        red = mvpn()
        red.learn(learnt(ad(PE2, GROUP3, rd=RD3), ad(PE2, GROUP2, rd=RD2)))
        assert trees(red) == {PE2: MOVED2}


class TestMigration:
    """PEs of one VPN change from MDT-SAFI to A-D routes, one after the other, through both."""

    STAGES = (
        frozenset({DiscoveryOption.MDT_SAFI}),
        BOTH,
        frozenset({DiscoveryOption.INTRA_AS}),
    )

    @pytest.mark.parametrize(
        ("ours", "theirs", "known"),
        [
            (0, 0, True),
            (0, 1, True),
            (1, 0, True),
            (1, 1, True),
            (1, 2, True),
            (2, 1, True),
            (2, 2, True),
            (0, 2, False),
            (2, 0, False),
        ],
    )
    def test_pes_know_each_other_while_they_have_one_kind_in_common(
        self, ours: int, theirs: int, known: bool
    ) -> None:
        one = mvpn(local(discovery=self.STAGES[ours]))
        two = mvpn(local(me=PE2, rd=RD2, discovery=self.STAGES[theirs]))
        for family, route in two.originated():
            best = BestPath(key=route.key, source=ad(PE2).source, attributes=route.attributes)
            one.learn(BestPathsChanged(family=family, changed=(best,)))
        assert trees(one) == ({PE2: TREE2} if known else {})

    def test_a_pe_in_the_middle_of_it_tells_of_itself_in_both_ways(self) -> None:
        routes = mvpn(local(discovery=BOTH)).originated()
        assert [(family, route.key) for family, route in routes] == [
            (Family.MCAST_VPN, IntraAsIPmsi(RD1, ME)),
            (Family.MDT, MdtKey(RD1, ME, GROUP)),
        ]

    def test_no_tunnel_is_left_for_a_moment_when_a_neighbour_changes_over(self) -> None:
        red = mvpn(local(discovery=BOTH))
        events = [learnt(mdt(PE2)), learnt(ad(PE2)), gone(mdt(PE2))]
        memberships = [change.provider for change in map(red.learn, events)]
        assert memberships == [(join(TREE2),), (), ()]


class TestWhatAnOperatorSees:
    def test_a_refusal_is_said_once_and_again_when_its_reason_changes(self) -> None:
        red = mvpn()
        refused = "PE 10.255.0.2 cannot be heard (Intra-AS I-PMSI A-D route, RD 65000:2): its"
        bad = ad(PE2, tunnel=LABEL_SWITCHED)
        assert words(red.learn(learnt(bad))) == [
            f"{refused} tunnel is an mLDP P2MP LSP, not a PIM-SSM tree"
        ]
        assert words(red.learn(learnt(bad))) == []
        other = ad(PE2, IPv4Address("224.1.1.1"))
        assert words(red.learn(learnt(other))) == [
            f"{refused} tunnel's group 224.1.1.1 is not in 232.0.0.0/8"
        ]
        assert red.counters == {Count.ROUTE_REFUSED: 2}

    def test_coming_moving_and_going_are_said_in_words_and_counted(self) -> None:
        red = mvpn()
        events = [learnt(ad(PE2)), learnt(ad(PE2, GROUP2)), gone(ad(PE2))]
        assert [line for event in events for line in words(red.learn(event))] == [
            f"PE 10.255.0.2 found ({AD2}): its tunnel (10.255.0.2, 232.0.0.1) is joined",
            "PE 10.255.0.2 has another tunnel: (10.255.0.2, 232.0.0.2),"
            " not (10.255.0.2, 232.0.0.1) any more",
            "PE 10.255.0.2 is gone: no route speaks of it,"
            " its tunnel (10.255.0.2, 232.0.0.2) is left",
        ]
        assert red.counters == {Count.PE_FOUND: 1, Count.PE_MOVED: 1, Count.PE_GONE: 1}

    def test_every_source_is_shown_with_what_came_of_it(self) -> None:
        red = mvpn(local(discovery=BOTH))
        red.learn(learnt(mdt(PE2), mdt(PE3, GROUP2, targets=(RED,))))
        red.learn(learnt(ad(PE2)))
        assert red.discovered() == (
            DiscoveryView(pe=PE2, group=GROUP, said_by=AD2, verdict="joined"),
            DiscoveryView(pe=PE2, group=GROUP, said_by=MDT2, verdict=f"not used: {AD2} counts"),
            DiscoveryView(
                pe=PE3,
                group=None,
                said_by=MDT2,
                verdict="refused: its group 232.0.0.2 is not our 232.0.0.1, as MDT-SAFI demands",
            ),
        )

    def test_without_an_index_a_pe_waits_for_one(self) -> None:
        red = mvpn(indices=IndexAllocator[Place](range(1024, 1026)))
        red.learn(learnt(ad(PE2)))
        change = red.learn(learnt(ad(PE3)))
        assert change == MvpnChange(notices=(NoIndexLeft(PE3),))
        assert [view.verdict for view in red.discovered()] == [
            "joined",
            "not joined: no index left",
        ]
        red.learn(gone(ad(PE2)))
        assert red.learn(learnt(ad(PE3, GROUP2))).pes == {PE3}
        assert red.roots == {1025: pe(PE3, GROUP2)}


routes = st.one_of(
    st.builds(
        ad,
        st.sampled_from([ME, PE2, PE3]),
        st.sampled_from([GROUP, GROUP2]),
        rd=st.sampled_from([RD1, RD2]),
        targets=st.sampled_from([(RED,), (BLUE,), ()]),
        tunnel=st.sampled_from([None, LABEL_SWITCHED]),
    ),
    st.builds(
        mdt,
        st.sampled_from([ME, PE2, PE3]),
        st.sampled_from([GROUP, GROUP2]),
        rd=st.sampled_from([RD1, RD2]),
        targets=st.sampled_from([(RED,), (BLUE,), ()]),
    ),
)


@given(st.lists(st.tuples(routes, st.booleans()), max_size=20))
def test_the_way_to_a_set_of_routes_does_not_show_in_the_tunnels(
    steps: list[tuple[BestPath, bool]],
) -> None:
    """What is joined follows from the last word on each route, and joins and leaves add up."""
    red = mvpn(local(discovery=BOTH))
    joined: set[SourceGroup] = set()
    last: dict[NlriKey, BestPath | None] = {}
    for route, here in steps:
        change = red.learn(learnt(route) if here else gone(route))
        last[route.key] = route if here else None
        for member in change.provider:
            tree = SourceGroup(member.source or ME, member.group)
            assert (tree in joined) is not member.joined
            joined ^= {tree}
    afresh = mvpn(local(discovery=BOTH))
    for one in last.values():
        if one is not None:
            afresh.learn(learnt(one))
    assert trees(red) == trees(afresh)
    assert joined == set(trees(red).values())
    assert {p.address for p in red.roots.values()} == set(red.tunnels.remote)
