"""UPDATE messages: their octets both ways (RFC 4271 4.3, RFC 4760)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.label import Label
from controlplane.net.vpn import RouteTarget
from controlplane.wire.bgp.attributes import PathAttributes, UnknownAttribute
from controlplane.wire.bgp.communities import route_target
from controlplane.wire.bgp.framing import HEADER_OCTETS
from controlplane.wire.bgp.nlri import Family, NlriKey, VpnPrefix
from controlplane.wire.bgp.numbers import MAX_MESSAGE
from controlplane.wire.bgp.pmsi_tunnel import PimSsmTree, PmsiTunnel
from controlplane.wire.bgp.update import Reach, Unreach, Update
from controlplane.wire.bgp.update_decoding import decode_update
from controlplane.wire.bgp.update_encoding import (
    encode_end_of_rib,
    encode_updates,
    encode_withdrawals,
)
from tests.wire.bgp.bodies import TERMS, announced, bodies, body
from tests.wire.bgp.samples import (
    ATTRIBUTES,
    GROUP,
    NLRI,
    PE,
    PLAIN,
    PLAIN_HEX,
    RD_0,
    RD_0_HEX,
)

PREFIX = IPv4Network("10.1.2.0/24")
VPN = VpnPrefix(RD_0, PREFIX)
VPN_HEX = f"70 000101 {RD_0_HEX} 0a0102"
MP_REACH_HEX = f"90 0e 0020 0001 80 0c 00000000 00000000 0a090001 00 {VPN_HEX}"

NEXT_HOP_HEX = {
    Family.MCAST_VPN: "04 0a090001",
    Family.MDT: "04 0a090001",
    Family.VPNV4: "0c 0000000000000000 0a090001",
    Family.VPNV4_MULTICAST: "0c 0000000000000000 0a090001",
    Family.ROUTE_TARGET: "04 0a090001",
}


class TestAttributes:
    @pytest.mark.parametrize(
        ("attributes", "octets"),
        [(a, o) for _, a, o in ATTRIBUTES],
        ids=[n for n, *_ in ATTRIBUTES],
    )
    def test_attributes_are_written_as_their_rfcs_draw_them(
        self, attributes: PathAttributes, octets: str
    ) -> None:
        reach = Reach(Family.VPNV4, attributes, ((VPN, 16),))
        assert announced(reach) == body(attributes=f"{MP_REACH_HEX} {octets}")

    @pytest.mark.parametrize(
        ("attributes", "octets"),
        [(a, o) for _, a, o in ATTRIBUTES],
        ids=[n for n, *_ in ATTRIBUTES],
    )
    def test_attributes_are_read_as_they_were_written(
        self, attributes: PathAttributes, octets: str
    ) -> None:
        reach = Reach(Family.VPNV4, attributes, ((VPN, 16),))
        read = decode_update(body(attributes=f"{MP_REACH_HEX} {octets}"), TERMS)
        assert read == Update(reach=(reach,))

    def test_attributes_may_come_in_any_order(self) -> None:
        octets = f"40 05 04 00000064 {MP_REACH_HEX} {PLAIN_HEX}"
        reach = Reach(Family.VPNV4, replace(PLAIN, local_pref=100), ((VPN, 16),))
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))

    def test_lengths_may_have_two_octets_where_one_would_do(self) -> None:
        octets = f"{MP_REACH_HEX} 50 01 0001 00 50 02 0006 02 01 0000fde9"
        reach = Reach(Family.VPNV4, PLAIN, ((VPN, 16),))
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))

    def test_a_long_attribute_has_a_length_of_two_octets(self) -> None:
        attributes = replace(PLAIN, communities=frozenset(range(100)))
        octets = "d0 08 0190" + "".join(f"{one:08x}" for one in range(100))
        reach = Reach(Family.VPNV4, attributes, ((VPN, 16),))
        assert announced(reach) == body(attributes=f"{MP_REACH_HEX} {PLAIN_HEX} {octets}")

    def test_an_unknown_transitive_attribute_is_partial_from_here_on(self) -> None:
        """RFC 4271 5."""
        octets = f"{MP_REACH_HEX} {PLAIN_HEX} c0 d5 02 0102"
        (reach,) = decode_update(body(attributes=octets), TERMS).reach
        assert reach.attributes.unknown == (UnknownAttribute(0xE0, 0xD5, b"\1\2"),)
        assert announced(reach) == body(attributes=octets.replace("c0 d5", "e0 d5"))

    def test_an_unknown_attribute_that_is_not_transitive_is_dropped(self) -> None:
        octets = f"{MP_REACH_HEX} {PLAIN_HEX} 80 d5 02 0102"
        reach = Reach(Family.VPNV4, PLAIN, ((VPN, 16),))
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))

    def test_a_pmsi_tunnel_says_its_label_and_whether_leaves_are_to_answer(self) -> None:
        tunnel = PmsiTunnel(
            tunnel=PimSsmTree(PE, GROUP), label=1000, leaf_information_required=True
        )
        reach = Reach(Family.VPNV4, replace(PLAIN, pmsi_tunnel=tunnel), ((VPN, 16),))
        octets = f"{MP_REACH_HEX} {PLAIN_HEX} c0 16 0d 01 03 003e80 0a090001 e8010101"
        assert announced(reach) == body(attributes=octets)
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))


class TestFamilies:
    @pytest.mark.parametrize(("family", "key", "label", "octets"), NLRI)
    def test_a_route_is_announced_where_its_family_has_its_place(
        self, family: Family, key: NlriKey, label: Label | None, octets: str
    ) -> None:
        reach = Reach(family, PLAIN, ((key, label),))
        if family is Family.IPV4_UNICAST:
            expected = body(attributes=f"{PLAIN_HEX} 40 03 04 0a090001", nlri=octets)
        else:
            value = f"0001 {family.value[1]:02x} {NEXT_HOP_HEX[family]} 00 {octets}"
            length = f"{len(bytes.fromhex(value)):04x}"
            expected = body(attributes=f"90 0e {length} {value} {PLAIN_HEX}")
        assert announced(reach) == expected
        assert decode_update(expected, TERMS) == Update(reach=(reach,))

    @pytest.mark.parametrize(("family", "key", "label", "octets"), NLRI)
    def test_a_route_is_withdrawn_there_too(
        self, family: Family, key: NlriKey, label: Label | None, octets: str
    ) -> None:
        unreach = Unreach(family, (key,))
        if family is Family.VPNV4:
            octets = f"{octets[:2]} 800000 {octets[9:]}"
        value = f"0001 {family.value[1]:02x} {octets}"
        length = f"{len(bytes.fromhex(value)):04x}"
        is_classic = family is Family.IPV4_UNICAST
        expected = body(octets) if is_classic else body(attributes=f"90 0f {length} {value}")
        assert bodies(b"".join(encode_withdrawals(unreach))) == [expected]
        assert decode_update(expected, TERMS) == Update(unreach=(unreach,))

    def test_ipv4_unicast_is_read_in_the_attributes_too(self) -> None:
        octets = f"90 0e 000d 0001 01 04 0a090001 00 18 0a0102 {PLAIN_HEX}"
        reach = Reach(Family.IPV4_UNICAST, PLAIN, ((PREFIX, None),))
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))

    @pytest.mark.parametrize(
        ("family", "next_hop"),
        [
            (Family.MDT, "0c 0000000000000000 0a090001"),
            (Family.VPNV4_MULTICAST, "04 0a090001"),
        ],
    )
    def test_next_hops_that_no_rfc_settles_are_read_in_both_forms(
        self, family: Family, next_hop: str
    ) -> None:
        key, route = next((key, octets) for one, key, _, octets in NLRI if one is family)
        value = f"0001 {family.value[1]:02x} {next_hop} 00 {route}"
        octets = f"90 0e {len(bytes.fromhex(value)):04x} {value} {PLAIN_HEX}"
        reach = Reach(family, PLAIN, ((key, None),))
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))

    def test_membership_of_a_target_may_have_no_next_hop(self) -> None:
        key = NLRI[9][1]
        reach = Reach(Family.ROUTE_TARGET, replace(PLAIN, next_hop=None), ((key, None),))
        octets = f"90 0e 000e 0001 84 04 00000000 00 20 0000fde8 {PLAIN_HEX}"
        assert announced(reach) == body(attributes=octets)
        assert decode_update(body(attributes=octets), TERMS) == Update(reach=(reach,))

    def test_an_ipv6_next_hop_of_membership_is_none(self) -> None:
        """RFC 4684 4 allows it."""
        address = "20010db8000000000000000000000001"
        octets = f"90 0e 001a 0001 84 10 {address} 00 20 0000fde8 {PLAIN_HEX}"
        (reach,) = decode_update(body(attributes=octets), TERMS).reach
        assert reach.attributes.next_hop is None

    @pytest.mark.parametrize("family", list(Family))
    def test_the_end_of_a_rib_is_a_message_of_its_own(self, family: Family) -> None:
        """RFC 4724 2."""
        (marker,) = bodies(encode_end_of_rib(family))
        safi = f"{family.value[1]:02x}"
        is_classic = family is Family.IPV4_UNICAST
        assert marker == (body() if is_classic else body(attributes=f"90 0f 0003 0001 {safi}"))
        assert decode_update(marker, TERMS) == Update(end_of_rib=family)

    def test_a_message_may_withdraw_and_announce_in_both_places(self) -> None:
        """RFC 7606 5.1: "an implementation MUST still be prepared"."""
        unreach = "80 0f 12 0001 80 70 800000 0000fde800000064 0a0103"
        octets = f"{unreach} {MP_REACH_HEX} {PLAIN_HEX} 40 03 04 0a090002"
        read = decode_update(body("18 0a0104", octets, "18 0a0105"), TERMS)
        other = replace(PLAIN, next_hop=IPv4Address("10.9.0.2"))
        assert read == Update(
            reach=(
                Reach(Family.VPNV4, PLAIN, ((VPN, 16),)),
                Reach(Family.IPV4_UNICAST, other, ((IPv4Network("10.1.5.0/24"), None),)),
            ),
            unreach=(
                Unreach(Family.VPNV4, (VpnPrefix(RD_0, IPv4Network("10.1.3.0/24")),)),
                Unreach(Family.IPV4_UNICAST, (IPv4Network("10.1.4.0/24"),)),
            ),
        )


class TestPacking:
    """As many routes as fit go into a message."""

    @pytest.mark.parametrize("family", [Family.IPV4_UNICAST, Family.VPNV4])
    def test_messages_are_full_but_for_the_last(self, family: Family) -> None:
        prefixes = [IPv4Network((0x0A000000 + (at << 8), 24)) for at in range(3000)]
        is_vpn = family is Family.VPNV4
        nlri = tuple((VpnPrefix(RD_0, one), 16) if is_vpn else (one, None) for one in prefixes)
        messages = list(encode_updates(Reach(family, PLAIN, nlri), TERMS))
        route = 15 if is_vpn else 4
        assert all(MAX_MESSAGE - route < len(one) <= MAX_MESSAGE for one in messages[:-1])
        read = [decode_update(one, TERMS) for one in bodies(b"".join(messages))]
        assert tuple(route for one in read for route in one.reach[0].nlri) == nlri

    @pytest.mark.parametrize("family", [Family.IPV4_UNICAST, Family.VPNV4])
    def test_withdrawals_are_packed_too(self, family: Family) -> None:
        prefixes = [IPv4Network((0x0A000000 + (at << 8), 24)) for at in range(3000)]
        is_vpn = family is Family.VPNV4
        keys = tuple(VpnPrefix(RD_0, one) if is_vpn else one for one in prefixes)
        messages = list(encode_withdrawals(Unreach(family, keys)))
        route = 15 if is_vpn else 4
        assert all(MAX_MESSAGE - route < len(one) <= MAX_MESSAGE for one in messages[:-1])
        read = [decode_update(one, TERMS) for one in bodies(b"".join(messages))]
        assert tuple(key for one in read for key in one.unreach[0].keys) == keys

    def test_nothing_to_say_is_no_message(self) -> None:
        assert list(encode_updates(Reach(Family.VPNV4, PLAIN, ()), TERMS)) == []
        assert list(encode_withdrawals(Unreach(Family.VPNV4, ()))) == []

    @pytest.mark.parametrize("family", [Family.IPV4_UNICAST, Family.VPNV4])
    @pytest.mark.parametrize("spare", [0, -1])
    def test_routes_whose_attributes_leave_no_room_are_withdrawn(
        self, family: Family, spare: int
    ) -> None:
        """RFC 4271 9.2: a route that does not fit "MUST NOT" be advertised."""
        key, label = (VPN, 16) if family is Family.VPNV4 else (PREFIX, None)
        least = len(announced(Reach(family, PLAIN, ((key, label),)))) + HEADER_OCTETS
        filling = UnknownAttribute(0xE0, 0xD5, bytes(MAX_MESSAGE - least - 4 - spare))
        reach = Reach(family, replace(PLAIN, unknown=(filling,)), ((key, label),))
        (read,) = [
            decode_update(one, TERMS) for one in bodies(b"".join(encode_updates(reach, TERMS)))
        ]
        unreach = Update(unreach=(Unreach(family, (key,)),))
        assert read == (unreach if spare < 0 else Update(reach=(reach,)))


def test_what_many_routes_have_alike_is_one_object() -> None:
    """Of two messages: next hop, originator, clusters, communities, label, route distinguisher."""
    attributes = PathAttributes(
        next_hop=PE,
        local_pref=100,
        originator_id=PE,
        cluster_list=(PE,),
        extended_communities=frozenset({route_target(RouteTarget(0, 65000, 1))}),
    )
    other = VpnPrefix(RD_0, IPv4Network("10.1.3.0/24"))
    told = (Reach(Family.VPNV4, attributes, ((key, 70_000),)) for key in (VPN, other))
    one, two = (decode_update(announced(reach), TERMS).reach[0] for reach in told)
    for name in ("next_hop", "originator_id", "cluster_list", "extended_communities", "partial"):
        assert getattr(one.attributes, name) is getattr(two.attributes, name), name
    ((first, first_label),), ((second, second_label),) = one.nlri, two.nlri
    assert first_label is second_label
    assert isinstance(first, VpnPrefix)
    assert isinstance(second, VpnPrefix)
    assert first.rd is second.rd
