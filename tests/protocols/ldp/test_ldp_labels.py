"""RFC 5036 2.6, 3.5.7 to 3.5.11: labels given, taken back, released and asked for; RFC 5918."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.engine import InterfaceDown
from controlplane.engine.labels import LabelSpace
from controlplane.engine.stream import SendData
from controlplane.net.label import EXPLICIT_NULL, FIRST_LABEL, IMPLICIT_NULL, Label
from controlplane.protocols.ldp.events import BindingsChanged, Control, EgressLabel, FecNextHop
from controlplane.protocols.ldp.notices import LabelsCameBack, LabelsRanOut
from controlplane.wire.ldp.addresses import AddressMessage, AddressWithdraw
from controlplane.wire.ldp.fec import PrefixFec, TypedWildcardFec, WildcardFec
from controlplane.wire.ldp.labels import (
    LabelAbortRequest,
    LabelMapping,
    LabelRelease,
    LabelRequest,
    LabelWithdraw,
)
from controlplane.wire.ldp.message import LdpMessage
from controlplane.wire.ldp.numbers import StatusCode
from controlplane.wire.ldp.status import Notification
from tests.protocols.ldp.peer import (
    ACTIVE,
    FAR,
    FAR_FEC,
    ITS_LINK,
    NEAR,
    NEAR_FEC,
    VIA,
    Peer,
    heard,
    messages,
    of,
    statuses,
)

L1: Label = FIRST_LABEL
L2: Label = FIRST_LABEL + 1


def up(**settings: object) -> Peer:
    peer = Peer(ACTIVE, **settings)  # type: ignore[arg-type]
    peer.establish()
    return peer


class TestOwnLabels:
    def test_a_session_begins_with_addresses_and_all_labels_then_the_end(self) -> None:
        peer = Peer(ACTIVE)
        peer.route(FAR)
        peer.route(NEAR, via=())
        said = messages(peer.establish())
        assert said[:3] == [
            AddressMessage((IPv4Address("10.0.0.5"), IPv4Address("10.1.0.1"))),
            LabelMapping((FAR_FEC,), L1),
            LabelMapping((NEAR_FEC,), IMPLICIT_NULL),
        ]
        (end,) = said[3:]
        assert isinstance(end, Notification)
        assert (end.status.known, end.fecs) == (StatusCode.END_OF_LIB, (TypedWildcardFec(),))

    def test_who_cannot_bear_it_is_sent_no_end_of_lib(self) -> None:
        peer = Peer(ACTIVE)
        assert statuses(peer.establish(capabilities=frozenset())) == []

    def test_a_new_route_has_a_label_at_once(self) -> None:
        assert messages(up().route(FAR)) == [LabelMapping((FAR_FEC,), L1)]

    @pytest.mark.parametrize(
        ("setting", "label"),
        [
            (EgressLabel.IMPLICIT_NULL, IMPLICIT_NULL),
            (EgressLabel.EXPLICIT_NULL, EXPLICIT_NULL),
        ],
    )
    def test_the_egress_has_a_reserved_label(self, setting: EgressLabel, label: Label) -> None:
        peer = up(egress_label=setting)
        assert messages(peer.route(NEAR, via=())) == [LabelMapping((NEAR_FEC,), label)]
        assert peer.labels.used == 0

    def test_a_label_stays_as_long_as_there_is_a_route(self) -> None:
        peer = up()
        peer.route(FAR)
        other = FecNextHop("eth0", IPv4Address("10.1.0.3"))
        assert messages(peer.route(FAR, via=[other])) == []

    def test_with_host_routes_only_other_prefixes_have_no_label(self) -> None:
        peer = up(host_routes_only=True)
        assert messages(peer.route(FAR, NEAR)) == [LabelMapping((FAR_FEC,), L1)]

    def test_a_route_that_ends_here_now_changes_its_label(self) -> None:
        peer = up()
        peer.route(FAR)
        assert messages(peer.route(FAR, via=())) == [
            LabelWithdraw((FAR_FEC,), L1),
            LabelMapping((FAR_FEC,), IMPLICIT_NULL),
        ]

    def test_many_labels_fill_few_pdus(self) -> None:
        peer = up()
        prefixes = [IPv4Network((0x14000000 + n, 32)) for n in range(1000)]
        (sent,) = of(SendData, peer.route(*prefixes))
        octets_each = 8 + 4 + 8 + 8
        assert len(sent.data) <= 1000 * octets_each + 10 * 8

    def test_a_peer_with_small_pdus_has_small_pdus(self) -> None:
        peer = Peer(ACTIVE)
        peer.establish(max_pdu_length=300)
        (sent,) = of(SendData, peer.route(*[IPv4Network((n << 8, 24)) for n in range(1, 100)]))
        lengths, at = [], 0
        while at < len(sent.data):
            lengths.append(int.from_bytes(sent.data[at + 2 : at + 4], "big"))
            at += 4 + lengths[-1]
        assert max(lengths) <= 300 and len(lengths) > 5


class TestOrderedControl:
    """RFC 5036 2.6.1.2."""

    def test_a_label_follows_that_of_the_next_hop(self) -> None:
        peer = up(control=Control.ORDERED)
        assert messages(peer.route(FAR)) == []
        assert messages(peer.give(FAR, 100)) == [LabelMapping((FAR_FEC,), L1)]

    def test_and_is_withdrawn_with_it(self) -> None:
        peer = up(control=Control.ORDERED)
        peer.route(FAR)
        peer.give(FAR, 100)
        assert messages(peer.say(LabelWithdraw((FAR_FEC,), 100))) == [
            LabelRelease((FAR_FEC,), 100),
            LabelWithdraw((FAR_FEC,), L1),
        ]

    def test_the_egress_waits_for_nobody(self) -> None:
        peer = up(control=Control.ORDERED)
        assert messages(peer.route(NEAR, via=())) == [LabelMapping((NEAR_FEC,), IMPLICIT_NULL)]


class TestRelease:
    """A label is given back when nobody uses it any more."""

    def test_a_withdrawn_label_waits_for_its_release(self) -> None:
        peer = up()
        peer.route(FAR)
        assert messages(peer.unroute(FAR)) == [LabelWithdraw((FAR_FEC,), L1)]
        assert peer.labels.used == 1
        peer.say(LabelRelease((FAR_FEC,), L1))
        assert peer.labels.used == 0
        assert peer.engine.bindings() == ()

    def test_a_fec_that_is_back_before_that_has_another_label(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.unroute(FAR)
        assert messages(peer.route(FAR)) == [LabelMapping((FAR_FEC,), L2)]
        peer.say(LabelRelease((FAR_FEC,), L1))
        assert peer.labels.used == 1
        assert [str(p) for p in peer.engine.bindings()[0].advertised] == ["10.0.0.9:0"]

    def test_each_release_is_for_one_withdrawal_of_a_reserved_label(self) -> None:
        """A network of ours goes and comes twice before the peer has answered."""
        peer = up()
        for _ in range(2):
            peer.route(NEAR, via=())
            peer.unroute(NEAR)
        peer.route(NEAR, via=())
        peer.say(LabelRelease((NEAR_FEC,), IMPLICIT_NULL))
        peer.say(LabelRelease((NEAR_FEC,), IMPLICIT_NULL))
        (binding,) = peer.engine.bindings()
        assert [str(p) for p in binding.advertised] == ["10.0.0.9:0"]
        assert binding.awaited == ()

    @pytest.mark.parametrize(
        "release",
        [
            LabelRelease((FAR_FEC,)),
            LabelRelease((WildcardFec(),), L1),
            LabelRelease((WildcardFec(),)),
            LabelRelease((TypedWildcardFec(),), L1),
            LabelRelease((TypedWildcardFec(),)),
        ],
    )
    def test_wildcards_and_no_label_release_it_too(self, release: LabelRelease) -> None:
        peer = up()
        peer.route(FAR)
        peer.unroute(FAR)
        peer.say(release)
        assert peer.labels.used == 0

    def test_a_release_of_another_label_does_not(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.unroute(FAR)
        peer.say(LabelRelease((FAR_FEC,), L2), LabelRelease((TypedWildcardFec(2),)))
        assert peer.labels.used == 1

    def test_the_end_of_the_session_is_a_release(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.unroute(FAR)
        peer.tell(InterfaceDown(name="eth0"))
        assert peer.labels.used == 0

    def test_without_peers_a_label_is_free_at_once(self) -> None:
        peer = Peer()
        peer.route(FAR)
        peer.unroute(FAR)
        assert peer.labels.used == 0

    def test_a_peer_may_release_a_label_that_it_does_not_need(self) -> None:
        peer = up()
        peer.route(FAR)
        assert messages(peer.say(LabelRelease((FAR_FEC,), L1))) == []
        assert peer.labels.used == 1
        assert messages(peer.unroute(FAR)) == []
        assert peer.labels.used == 0


class TestLabelsOfPeers:
    def test_the_label_of_the_next_hop_is_used(self) -> None:
        peer = up()
        peer.route(FAR)
        (changed,) = of(BindingsChanged, peer.give(FAR, 100))
        (binding,) = changed.bindings
        assert (binding.prefix, binding.local, binding.outgoing) == (FAR, L1, {VIA: 100})

    def test_labels_are_kept_until_a_route_needs_them(self) -> None:
        peer = up()
        assert of(BindingsChanged, peer.give(FAR, 100)) == []
        peer.route(FAR)
        binding = peer.binding()
        assert binding is not None and binding.outgoing == {VIA: 100}

    def test_a_next_hop_is_a_peer_as_long_as_it_has_the_address(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.give(FAR, 100)
        peer.say(AddressWithdraw((ITS_LINK,)))
        binding = peer.binding()
        assert binding is not None and binding.outgoing == {}

    def test_another_label_replaces_the_first_which_is_released(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.give(FAR, 100)
        assert messages(peer.give(FAR, 101)) == [LabelRelease((FAR_FEC,), 100)]
        binding = peer.binding()
        assert binding is not None and binding.outgoing == {VIA: 101}

    def test_the_same_label_again_changes_nothing(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.give(FAR, 100)
        assert peer.give(FAR, 100) == []

    @pytest.mark.parametrize(
        ("withdrawal", "gone"),
        [
            (LabelWithdraw((FAR_FEC,), 100), True),
            (LabelWithdraw((FAR_FEC,)), True),
            (LabelWithdraw((FAR_FEC,), 101), False),
            (LabelWithdraw((NEAR_FEC,), 100), False),
            (LabelWithdraw((WildcardFec(),)), True),
            (LabelWithdraw((WildcardFec(),), 100), True),
            (LabelWithdraw((WildcardFec(),), 101), False),
            (LabelWithdraw((TypedWildcardFec(),)), True),
            (LabelWithdraw((TypedWildcardFec(2),)), False),
        ],
    )
    def test_a_withdrawal_is_answered_with_its_release(
        self, withdrawal: LabelWithdraw, gone: bool
    ) -> None:
        peer = up()
        peer.route(FAR)
        peer.give(FAR, 100)
        outputs = peer.say(withdrawal)
        assert messages(outputs) == [LabelRelease(withdrawal.fecs, withdrawal.label)]
        binding = peer.binding()
        assert binding is not None and binding.outgoing == ({} if gone else {VIA: 100})

    def test_the_end_of_the_session_takes_its_labels_along(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.give(FAR, 100)
        peer.tell(InterfaceDown(name="eth0"))
        binding = peer.binding()
        assert binding is not None and (binding.local, binding.outgoing) == (L1, {})

    def test_many_changes_are_told_in_one(self) -> None:
        peer = up()
        prefixes = [IPv4Network((0x14000000 + n, 32)) for n in range(100)]
        peer.route(*prefixes)
        mappings = (LabelMapping((PrefixFec(p),), 100 + n) for n, p in enumerate(prefixes))
        (changed,) = of(BindingsChanged, peer.say(AddressMessage((ITS_LINK,)), *mappings))
        assert len(changed.bindings) == 100

    def test_a_wildcard_has_no_place_in_a_mapping(self) -> None:
        outputs = up().say(LabelMapping((TypedWildcardFec(),), 100))
        assert statuses(outputs) == [StatusCode.UNKNOWN_FEC]


class TestRequests:
    """RFC 5036 3.5.8 and 3.5.9, RFC 5918 4."""

    def test_a_request_is_answered_with_the_label_and_its_id(self) -> None:
        peer = up()
        peer.route(FAR)
        (answer,) = heard(LabelMapping, peer.say(LabelRequest((FAR_FEC,))))
        assert (answer.label, answer.request_id) == (L1, 3)

    def test_without_route_there_is_no_label(self) -> None:
        peer = up()
        outputs = peer.say(LabelRequest((FAR_FEC,)))
        (notification,) = heard(Notification, outputs)
        assert notification.status.known is StatusCode.NO_ROUTE
        assert notification.status.message_id == 3

    def test_a_request_waits_for_the_next_hop_with_ordered_control(self) -> None:
        peer = up(control=Control.ORDERED)
        peer.route(FAR)
        assert messages(peer.say(LabelRequest((FAR_FEC,)))) == []
        (answer,) = heard(LabelMapping, peer.give(FAR, 100))
        assert answer.request_id == 3

    def test_a_request_that_waits_can_be_aborted(self) -> None:
        peer = up(control=Control.ORDERED)
        peer.route(FAR)
        peer.say(LabelRequest((FAR_FEC,)))
        (aborted,) = heard(Notification, peer.say(LabelAbortRequest((FAR_FEC,), 3)))
        assert aborted.status.known is StatusCode.LABEL_REQUEST_ABORTED
        assert aborted.request_id == 3
        (mapping,) = heard(LabelMapping, peer.give(FAR, 100))
        assert mapping.request_id is None

    def test_a_request_that_is_answered_is_not_aborted(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.say(LabelRequest((FAR_FEC,)))
        assert messages(peer.say(LabelAbortRequest((FAR_FEC,), 3))) == []

    def test_a_request_for_all_is_answered_with_all_and_the_end_of_lib(self) -> None:
        peer = up()
        peer.route(FAR)
        peer.route(NEAR, via=())
        *mappings, end = messages(peer.say(LabelRequest((TypedWildcardFec(),))))
        assert [m.label for m in mappings if isinstance(m, LabelMapping)] == [L1, IMPLICIT_NULL]
        assert isinstance(end, Notification) and end.status.known is StatusCode.END_OF_LIB

    def test_a_request_for_all_of_ipv6_has_the_end_of_lib_alone(self) -> None:
        peer = up()
        peer.route(FAR)
        (end,) = heard(Notification, peer.say(LabelRequest((TypedWildcardFec(2),))))
        assert end.fecs == (TypedWildcardFec(2),)

    def test_the_untyped_wildcard_cannot_be_requested(self) -> None:
        assert statuses(up().say(LabelRequest((WildcardFec(),)))) == [StatusCode.UNKNOWN_FEC]


class TestExhaustion:
    """RFC 5036 3.5.8.1: No Label Resources."""

    def starved(self) -> Peer:
        peer = up(labels=LabelSpace(L1, L1))
        peer.route(FAR)
        peer.route(NEAR)
        return peer

    def test_a_fec_without_label_is_told_and_has_none(self) -> None:
        peer = self.starved()
        (notice,) = of(LabelsRanOut, peer.outputs)
        assert notice.words() == ("FECs stay without label: all 1 labels of the router are in use")
        assert heard(LabelMapping, peer.outputs) == [LabelMapping((FAR_FEC,), L1)]
        assert peer.binding(NEAR) is None

    def test_it_is_told_once(self) -> None:
        peer = self.starved()
        peer.run_greeting(100.0)
        assert len(of(LabelsRanOut, peer.outputs)) == 1

    def test_a_label_that_comes_free_goes_to_who_waits(self) -> None:
        peer = self.starved()
        peer.unroute(FAR)
        outputs = peer.say(LabelRelease((FAR_FEC,), L1))
        assert heard(LabelMapping, outputs) == [LabelMapping((NEAR_FEC,), L1)]
        assert len(of(LabelsCameBack, outputs)) == 1

    def test_a_label_that_another_protocol_frees_is_found(self) -> None:
        labels = LabelSpace(L1, L1)
        taken = labels.allocate()
        peer = up(labels=labels)
        peer.route(FAR)
        labels.release(taken)
        assert heard(LabelMapping, peer.run(10.0)) == [LabelMapping((FAR_FEC,), L1)]

    def test_who_asks_in_vain_is_told_and_told_again_when_there_are_labels(self) -> None:
        peer = self.starved()
        assert statuses(peer.say(LabelRequest((NEAR_FEC,)))) == [StatusCode.NO_LABEL_RESOURCES]
        peer.unroute(FAR)
        outputs = peer.say(LabelRelease((FAR_FEC,), L1))
        assert statuses(outputs) == [StatusCode.LABEL_RESOURCES_AVAILABLE]
        (mapping,) = heard(LabelMapping, outputs)
        assert (mapping.label, mapping.request_id) == (L1, 3)

    def test_a_fec_that_goes_waits_no_longer(self) -> None:
        peer = self.starved()
        assert len(of(LabelsCameBack, peer.unroute(NEAR))) == 1


def test_unexpected_messages_of_an_operational_session_do_nothing() -> None:
    peer = up()
    said: list[LdpMessage] = [peer.initialization()]
    assert messages(peer.say(*said)) == []
    assert peer.is_up()
