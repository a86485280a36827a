"""FRR's ldpd and our engine have a session, and give each other labels."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL
from controlplane.protocols.ldp.events import (
    Control,
    EgressLabel,
    FecRoute,
    FecsChanged,
)
from controlplane.protocols.ldp.notices import SessionDown, SessionRefused
from tests.peers.ldp.pair import (
    ACTIVE,
    OUR_NETWORK,
    PASSIVE,
    THEIR_ID,
    THEIR_LOOPBACK,
    THEIR_NETWORK,
    VIA_THEM,
    Pair,
)
from tests.peers.wire import eventually

pytestmark = pytest.mark.live

FURTHER = IPv4Network("10.3.0.0/24")
KEY = "secret"

both_roles = pytest.mark.parametrize("our_id", [ACTIVE, PASSIVE], ids=["active", "passive"])


def ends(pair: Pair) -> list[str]:
    """Why sessions ended."""
    return [notice.reason for notice in pair.wire.notices if isinstance(notice, SessionDown)]


class TestSession:
    """RFC 5036 2.5."""

    @both_roles
    def test_both_sides_have_all_labels_of_the_other(
        self, stack: ExitStack, our_id: IPv4Address
    ) -> None:
        pair = Pair(stack, our_id)
        pair.comes_up()
        eventually(lambda: pair.outgoing(THEIR_LOOPBACK) == IMPLICIT_NULL, pair.wire)
        eventually(lambda: pair.outgoing(THEIR_NETWORK) == IMPLICIT_NULL, pair.wire)
        eventually(lambda: pair.remote(OUR_NETWORK) == "imp-null", pair.wire)
        eventually(lambda: pair.remote(IPv4Network(our_id)) == "imp-null", pair.wire)
        theirs = str(pair.bindings()[THEIR_NETWORK].local)
        eventually(lambda: pair.remote(THEIR_NETWORK) == theirs, pair.wire)

    def test_capabilities_and_addresses_are_exchanged(self, stack: ExitStack) -> None:
        pair = Pair(stack)
        pair.comes_up()
        told = ("10.0.0.2", "10.2.0.1", "10.9.0.5")
        addresses = tuple(map(IPv4Address, told))
        eventually(lambda: (view := pair.neighbor()) and view.addresses == addresses, pair.wire)
        view = pair.neighbor()
        assert view is not None
        assert view.capabilities == (
            "dynamic",
            "typed wildcard fec",
            "unrecognized notification",
        )
        detail = pair.frr.json("show mpls ldp neighbor detail json")[str(ACTIVE)]
        assert len(detail["receivedCapabilities"]) == 3
        assert detail["sessionHoldtime"] == 15

    @both_roles
    def test_a_shutdown_is_told_and_the_session_comes_back(
        self, stack: ExitStack, our_id: IPv4Address
    ) -> None:
        pair = Pair(stack, our_id)
        pair.comes_up()
        pair.frr.vtysh(f"clear mpls ldp neighbor {our_id}")
        eventually(lambda: "the peer says: Shutdown" in ends(pair), pair.wire)
        pair.comes_up()

    def test_a_peer_that_dies_is_missed(self, stack: ExitStack) -> None:
        pair = Pair(stack)
        pair.comes_up()
        pair.theirs.link("eth0", "down")
        eventually(lambda: ends(pair), pair.wire)
        assert ends(pair) == ["no adjacency is left: nothing heard for its hold time"]
        eventually(lambda: pair.bindings()[THEIR_NETWORK].outgoing == {}, pair.wire)

    def test_a_link_that_fails_ends_the_session_and_repaired_brings_it_back(
        self, stack: ExitStack
    ) -> None:
        pair = Pair(stack)
        pair.comes_up()
        pair.wire.fail("eth0")
        eventually(lambda: pair.state() == "unknown", pair.wire)
        pair.wire.repair("eth0")
        pair.ours.run("ip", "route", "add", str(THEIR_LOOPBACK), "via", str(VIA_THEM.address))
        pair.comes_up()


class TestLabels:
    """RFC 5036 2.6, RFC 5918."""

    def test_a_fec_that_comes_and_goes_is_mapped_withdrawn_and_released(
        self, stack: ExitStack
    ) -> None:
        pair = Pair(stack)
        pair.comes_up()
        before = pair.labels.used
        pair.theirs.run("ip", "route", "add", str(FURTHER), "via", "10.2.0.9")
        route = FecRoute(prefix=FURTHER, next_hops=frozenset({VIA_THEM}))
        pair.wire.tell(FecsChanged(changed=(route,)))
        ours = str(pair.bindings()[FURTHER].local)
        eventually(lambda: pair.remote(FURTHER) == ours, pair.wire)
        eventually(lambda: pair.outgoing(FURTHER) is not None, pair.wire)

        pair.wire.tell(FecsChanged(changed=(), withdrawn=(FURTHER,)))
        eventually(lambda: pair.labels.used == before, pair.wire)
        eventually(lambda: pair.remote(FURTHER) != ours, pair.wire)

        pair.theirs.run("ip", "route", "del", str(FURTHER))
        eventually(lambda: FURTHER not in pair.their_bindings(), pair.wire)
        bindings = pair.wire.engine.bindings
        eventually(lambda: FURTHER not in [view.prefix for view in bindings()], pair.wire)

    def test_a_typed_wildcard_withdraws_all_labels_of_frr(self, stack: ExitStack) -> None:
        pair = Pair(stack)
        pair.comes_up()
        eventually(lambda: pair.outgoing(THEIR_NETWORK) == IMPLICIT_NULL, pair.wire)
        family = ("mpls ldp", "address-family ipv4")
        pair.frr.configure(*family, "label local advertise explicit-null")
        eventually(lambda: pair.outgoing(THEIR_NETWORK) == EXPLICIT_NULL, pair.wire)
        assert pair.wire.engine.counters["rx label withdraw"] >= 1
        assert ends(pair) == []

    def test_frr_takes_explicit_null_of_us(self, stack: ExitStack) -> None:
        pair = Pair(stack, egress_label=EgressLabel.EXPLICIT_NULL)
        pair.comes_up()
        eventually(lambda: pair.remote(OUR_NETWORK) == "exp-null", pair.wire)

    def test_ordered_control_waits_for_the_label_of_frr(self, stack: ExitStack) -> None:
        pair = Pair(stack, control=Control.ORDERED)
        assert pair.bindings().get(THEIR_NETWORK) is None
        pair.comes_up()
        eventually(lambda: pair.outgoing(THEIR_NETWORK) == IMPLICIT_NULL, pair.wire)
        ours = str(pair.bindings()[THEIR_NETWORK].local)
        eventually(lambda: pair.remote(THEIR_NETWORK) == ours, pair.wire)


class TestDiscoveryAndSecurity:
    """RFC 5036 2.4.2 and 2.9, RFC 6720."""

    @both_roles
    def test_a_peer_without_gtsm_is_met_without_it(
        self, stack: ExitStack, our_id: IPv4Address
    ) -> None:
        pair = Pair(stack, our_id, family="ttl-security disable")
        pair.comes_up()
        view = pair.neighbor()
        assert view is not None and not view.gtsm

    @both_roles
    def test_a_targeted_peer_answers(self, stack: ExitStack, our_id: IPv4Address) -> None:
        pair = Pair(
            stack,
            our_id,
            family="discovery targeted-hello accept",
            targeted=(THEIR_ID,),
            targeted_hello_interval=1.0,  # the first one leaves before there is a route
            targeted_hello_hold=15.0,
            gtsm=False,
        )
        eventually(
            lambda: (view := pair.neighbor()) and f"target {THEIR_ID}" in view.discovered,
            pair.wire,
        )
        pair.comes_up()

    @both_roles
    def test_with_one_key_there_is_a_session(self, stack: ExitStack, our_id: IPv4Address) -> None:
        line = f"neighbor {our_id} password {KEY}"
        pair = Pair(stack, our_id, more=line, md5_keys={THEIR_ID: KEY.encode()})
        pair.comes_up()
        view = pair.neighbor()
        assert view is not None and view.md5

    def test_with_two_keys_there_is_none_and_the_reason_is_told(self, stack: ExitStack) -> None:
        line = f"neighbor {ACTIVE} password other"
        pair = Pair(stack, more=line, md5_keys={THEIR_ID: KEY.encode()})
        eventually(
            lambda: [n for n in pair.wire.notices if isinstance(n, SessionRefused)], pair.wire
        )
        refused = next(n for n in pair.wire.notices if isinstance(n, SessionRefused))
        assert refused.reason == f"no connection to {THEIR_ID}"
        pair.frr.configure("mpls ldp", f"neighbor {ACTIVE} password {KEY}")
        pair.comes_up()
