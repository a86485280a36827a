"""The RP at the end of Registers: what is inside goes down the tree in the same pass (RFC 7761
4.4.2); what PIM has to hear of goes to the CPU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controlplane.fib.model import (
    GLOBAL_VRF,
    REGISTERS,
    Decapsulate,
    Fib,
    InPlace,
    MulticastRoute,
    Onward,
    PacketIn,
    PopAndLookUp,
    Receive,
    Submit,
)
from controlplane.net.label import Label
from controlplane.net.punt import PuntReason
from tests.p4.frames import (
    REGISTER,
    data,
    ethernet,
    igmp,
    labelled,
    mpls_frame,
    register,
    to_group,
    tunnel,
)
from tests.p4.pe import (
    ANY_STREAM,
    CE1,
    CE2,
    CORE3,
    CORE4,
    ENCAPSULATE,
    LEAF,
    P_GROUP,
    PE1,
    PE2,
    RED,
    STREAM,
    TUNNEL,
    copy,
    core,
    mac,
    route,
    sg,
)
from tests.p4.targets import Outcome, Target, new_drops

SOURCE, GROUP = str(STREAM.source), str(STREAM.group)
DR, RP = "10.1.0.254", "10.1.9.9"

TO_CE1 = copy(CE1, InPlace())
TO_CE2 = copy(CE2, InPlace())
SHARED_TREE = route(RED, ANY_STREAM, REGISTERS, TO_CE1, TO_CE2)


def rp(*routes: MulticastRoute) -> Fib:
    """The RP's address is the router's in VRF red, and label 17 is that VRF's."""
    fib = core({Label(17): PopAndLookUp(RED)}, routes=[(RED, f"{RP}/32", Receive())])
    return replace(fib, multicast=frozenset(routes))


def arriving(inner: Any, **fields: Any) -> bytes:
    """From the DR behind CE1."""
    return ethernet(register(DR, RP, inner, **fields), mac(CE1))


def to_ces(inner: Any) -> frozenset[tuple[int, bytes]]:
    return frozenset({(1, to_group(inner, mac(CE1))), (2, to_group(inner, mac(CE2), CE2.vlan))})


def punted(frame: bytes, reason: PuntReason = PuntReason.REGISTER) -> Outcome:
    return Outcome(frozenset(), (PacketIn(1, 1, reason, frame),))


def test_the_packet_inside_goes_down_the_shared_tree(target: Target) -> None:
    """On the DR's own link, too. "The RP decrements the TTL after decapsulating" (4.9.3)."""
    target.program(rp(SHARED_TREE))
    expected = Outcome(to_ces(data(SOURCE, GROUP, 63)))
    assert target.receive(1, arriving(data(SOURCE, GROUP))) == expected


def test_the_tree_of_the_source_may_take_registers_beside_its_interface(target: Target) -> None:
    """Before the SPT bit is set, packets still come both ways (4.2)."""
    target.program(rp(route(RED, STREAM, (2, REGISTERS), TO_CE1)))
    expected = Outcome(frozenset({(1, to_group(data(SOURCE, GROUP, 63), mac(CE1)))}))
    assert target.receive(1, arriving(data(SOURCE, GROUP))) == expected
    assert target.receive(2, to_group(data(SOURCE, GROUP), vlan=CE2.vlan)) == expected


def test_a_tree_that_takes_no_registers_has_them_punted(target: Target) -> None:
    """PIM answers with a Register-Stop."""
    target.program(rp(SHARED_TREE, route(RED, STREAM, 2, TO_CE1)))
    frame = arriving(data(SOURCE, GROUP))
    before = target.counters()
    assert target.receive(1, frame) == punted(frame)
    assert new_drops(target, before) == {}


def test_a_register_of_an_unknown_tree_is_punted(target: Target) -> None:
    target.program(rp(SHARED_TREE))
    frame = arriving(data(SOURCE, "239.7.7.7"))
    assert target.receive(1, frame) == punted(frame)


def test_a_register_of_a_watched_tree_is_shown_and_forwarded(target: Target) -> None:
    target.program(rp(replace(SHARED_TREE, watch=True)))
    frame = arriving(data(SOURCE, GROUP))
    shown = (PacketIn(1, 1, PuntReason.REGISTER_TAKEN, frame),)
    assert target.receive(1, frame) == Outcome(to_ces(data(SOURCE, GROUP, 63)), shown)


def test_a_dying_packet_is_not_sent_on(target: Target) -> None:
    target.program(rp(SHARED_TREE))
    assert target.receive(1, arriving(data(SOURCE, GROUP, 1))) == Outcome(frozenset())


@pytest.mark.parametrize("inner", [0xB8, 0xBA], ids=["not capable", "capable"])
@pytest.mark.parametrize("outer", [0x00, 0x03], ids=["no mark", "a mark"])
def test_the_ecn_of_the_register_is_copied_inward(target: Target, inner: int, outer: int) -> None:
    """4.4.2. The RP may retain the DSCP."""
    target.program(rp(SHARED_TREE))
    frame = arriving(data(SOURCE, GROUP, tos=inner), tos=outer)
    expected = data(SOURCE, GROUP, 63, tos=inner & 0xFC | outer & 3)
    assert target.receive(1, frame) == Outcome(to_ces(expected))


@pytest.mark.parametrize(
    "header",
    [
        bytes.fromhex("21ffde0000000000"),
        bytes.fromhex("21005eff80000000"),
        bytes.fromhex("2100deef00000010"),
    ],
    ids=["reserved", "border bit", "reserved2"],
)
def test_what_is_reserved_is_ignored(target: Target, header: bytes) -> None:
    target.program(rp(SHARED_TREE))
    frame = arriving(data(SOURCE, GROUP), header=header)
    assert target.receive(1, frame) == Outcome(to_ces(data(SOURCE, GROUP, 63)))


HARD_CASES = {
    "a null one": (data(SOURCE, GROUP, proto=103), {"header": bytes.fromhex("21009eff40000000")}),
    "another checksum": (data(SOURCE, GROUP), {"header": bytes.fromhex("2100123400000000")}),
    "inner version": (data(SOURCE, GROUP, version=6), {}),
    "inner length": (data(SOURCE, GROUP, len=200), {}),
    "inner checksum": (data(SOURCE, GROUP, chksum=0x1234), {}),
    "inner options": (data(SOURCE, GROUP, options=igmp(SOURCE, GROUP).options), {}),
    "to a station": (data(SOURCE, "10.1.2.3"), {}),
    "link-local": (data(SOURCE, "224.0.0.5"), {}),
    "from a group": (data("239.1.1.2", GROUP), {}),
    "outer length": (data(SOURCE, GROUP), {"len": 28}),
}


@pytest.mark.parametrize(("inner", "fields"), HARD_CASES.values(), ids=HARD_CASES)
def test_what_cannot_be_taken_out_is_pims_alone(
    target: Target, inner: Any, fields: dict[str, Any]
) -> None:
    target.program(rp(SHARED_TREE))
    frame = arriving(inner, **fields)
    before = target.counters()
    assert target.receive(1, frame) == punted(frame)
    assert new_drops(target, before) == {}


@pytest.mark.parametrize("length", [0, 1, 4, 8, 12])
def test_a_register_that_is_cut_short_is_the_cpus(target: Target, length: int) -> None:
    """One that does not reach behind its own header is PIM's like any other message."""
    target.program(rp(SHARED_TREE))
    whole = register(DR, RP, data(SOURCE, GROUP))
    whole.remove_payload()
    frame = ethernet(whole / (REGISTER + bytes(4))[:length], mac(CE1))
    reason = PuntReason.REGISTER if length >= len(REGISTER) else PuntReason.ROUTING
    assert target.receive(1, frame) == punted(frame, reason)


def test_a_register_stop_is_routing(target: Target) -> None:
    target.program(rp(SHARED_TREE))
    frame = ethernet(data(DR, RP, proto=103), mac(CE1))
    assert target.receive(1, frame) == punted(frame, PuntReason.ROUTING)


def test_a_register_to_another_rp_passes_through(target: Target) -> None:
    target.program(rp(SHARED_TREE))
    frame = ethernet(register(DR, "10.1.9.8", data(SOURCE, GROUP)), mac(CE1))
    assert target.receive(1, frame) == Outcome(frozenset())


def test_registers_of_another_customer_are_his(target: Target) -> None:
    fib = rp(SHARED_TREE)
    target.program(replace(fib, multicast=frozenset({replace(SHARED_TREE, vrf=20)})))
    frame = arriving(data(SOURCE, GROUP))
    assert target.receive(1, frame) == punted(frame)


def test_a_native_packet_does_not_come_in_a_register(target: Target) -> None:
    target.program(rp(SHARED_TREE))
    frame = to_group(data(SOURCE, GROUP))
    assert target.receive(1, frame) == punted(frame, PuntReason.RPF_FAILED)


class TestOverAnLsp:
    """The DR is behind another PE: the Register has the label of the VRF at the RP's PE."""

    def frame(self, inner: Any, *labels: int) -> bytes:
        return mpls_frame(labelled(register(DR, RP, inner), *labels), mac(CORE3))

    @pytest.mark.parametrize("labels", [(17,), (0, 17)], ids=["alone", "below explicit null"])
    def test_it_is_decapsulated_in_the_same_pass(
        self, target: Target, labels: tuple[int, ...]
    ) -> None:
        target.program(rp(SHARED_TREE))
        frame = self.frame(data(SOURCE, GROUP), *labels)
        assert target.receive(3, frame) == Outcome(to_ces(data(SOURCE, GROUP, 63)))

    def test_it_is_punted_with_its_labels(self, target: Target) -> None:
        target.program(rp())
        frame = self.frame(data(SOURCE, GROUP), 17)
        expected = PacketIn(3, 3, PuntReason.REGISTER, frame)
        assert target.receive(3, frame) == Outcome(frozenset(), (expected,))


class TestOtherCopies:
    def test_into_the_pe_s_own_tunnel(self, target: Target) -> None:
        target.program(rp(route(RED, ANY_STREAM, REGISTERS, TO_CE2, copy(CORE3, ENCAPSULATE))))
        inner = data(SOURCE, GROUP, 63)
        expected = {
            (2, to_group(inner, mac(CE2), CE2.vlan)),
            (3, to_group(tunnel(str(PE1), str(P_GROUP), inner), mac(CORE3))),
        }
        assert target.receive(1, arriving(data(SOURCE, GROUP))) == Outcome(frozenset(expected))

    def test_not_on_along_another_pe_s_tree(self, target: Target) -> None:
        """The source's tree comes out of a tunnel, and Registers still come from its DR."""
        copies = copy(CE1, Decapsulate()), copy(CORE4, Onward(TUNNEL))
        target.program(rp(LEAF, route(RED, STREAM, (TUNNEL, REGISTERS), *copies)))
        inner = data(SOURCE, GROUP)
        at_ce1 = 1, to_group(data(SOURCE, GROUP, 63), mac(CE1))
        assert target.receive(1, arriving(inner)) == Outcome(frozenset({at_ce1}))
        outer = tunnel(str(PE2), str(P_GROUP), inner)
        onward = 4, to_group(tunnel(str(PE2), str(P_GROUP), inner, 63), mac(CORE4))
        assert target.receive(3, to_group(outer)) == Outcome(frozenset({at_ce1, onward}))


def test_the_provider_s_rp_sends_a_tunnel_down_its_shared_tree(target: Target) -> None:
    """A packet in GRE in a Register: a P-tunnel whose tree is not there yet."""
    fib = core({}, routes=[(GLOBAL_VRF, f"{RP}/32", Receive())])
    tree = route(GLOBAL_VRF, sg(str(PE2), "239.192.0.1"), REGISTERS, copy(CORE4, InPlace()))
    target.program(replace(fib, multicast=frozenset({tree})))
    inner = tunnel(str(PE2), "239.192.0.1", data(SOURCE, "224.0.0.13", 1))
    onward = tunnel(str(PE2), "239.192.0.1", data(SOURCE, "224.0.0.13", 1), 63, tos=0xB9)
    inner.tos = 0xB9
    frame = ethernet(register(str(PE2), RP, inner), mac(CORE3))
    expected = 4, to_group(onward, mac(CORE4))
    assert target.receive(3, frame) == Outcome(frozenset({expected}))


def test_what_the_cpu_takes_out_of_a_register_it_submits(target: Target) -> None:
    """First packets, before there is a route: they have paid their TTL."""
    target.program(rp(SHARED_TREE))
    inner = data(SOURCE, GROUP, 63)
    assert target.send(Submit(RED, REGISTERS, to_group(inner))) == Outcome(to_ces(inner))


def test_a_submitted_packet_reaches_the_tail_of_the_rp_s_own_pe(target: Target) -> None:
    """The RP of the core is a leaf of the P-tunnel as well: two look-ups, three headers."""
    leaf = replace(LEAF, iifs=frozenset({3, REGISTERS}))
    stream = route(RED, STREAM, TUNNEL, copy(CE1, Decapsulate()))
    target.program(rp(leaf, stream))
    packet = tunnel(str(PE2), str(P_GROUP), data(SOURCE, GROUP))
    at_ce1 = 1, to_group(data(SOURCE, GROUP, 64), mac(CE1))
    submitted = Submit(GLOBAL_VRF, REGISTERS, to_group(packet))
    assert target.send(submitted) == Outcome(frozenset({at_ce1}))


def test_at_the_rp_s_own_pe_the_cpu_takes_a_tunnel_out_of_its_register(target: Target) -> None:
    """A pass opens a packet once: the first one is the Register's, the submitted one the tunnel's,
    whose copies go down the tree in that pass as well."""
    leaf = replace(LEAF, iifs=frozenset({REGISTERS}), replicas=frozenset({copy(CORE4, InPlace())}))
    stream = route(RED, STREAM, TUNNEL, copy(CE1, Decapsulate()), copy(CORE4, Onward(TUNNEL)))
    fib = core({}, routes=[(GLOBAL_VRF, f"{RP}/32", Receive())])
    target.program(replace(fib, multicast=frozenset({leaf, stream})))
    inner = tunnel(str(PE2), str(P_GROUP), data(SOURCE, GROUP))
    frame = ethernet(register(str(PE2), RP, inner), mac(CORE3))
    punted = PacketIn(3, 3, PuntReason.REGISTER, frame)
    assert target.receive(3, frame) == Outcome(frozenset(), (punted,))
    copies = {
        (1, to_group(data(SOURCE, GROUP), mac(CE1))),
        (4, to_group(inner, mac(CORE4))),
    }
    submitted = Submit(GLOBAL_VRF, REGISTERS, to_group(inner))
    assert target.send(submitted) == Outcome(frozenset(copies))
