"""RFC 7761 4.4.1: the DR's Register state machine, each state and event with its actions.

The source 10.0.1.50 is on lan, where this router is 10.0.1.1.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface

import pytest

from controlplane.engine.engine import PacketReceived, SendPacket
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.config import AnycastRp, PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import Registering, Rpf
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.register_dr import RegisterDr, registering
from controlplane.protocols.pim.register_state import RegisterState
from controlplane.protocols.pim.rp_set import RpSet
from controlplane.protocols.pim.show_register import RegisterView, registers
from controlplane.protocols.pim.tib import REGISTER_TUNNEL, SourceTree
from controlplane.protocols.pim.timers import RegisterStopTimer
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.message import decode_message
from controlplane.wire.pim.register import ANY_SOURCE, Register, RegisterStop
from tests.protocols.pim.router import Proportion, ip

DR, RP, OTHER_RP, MEMBER = ip("10.0.1.1"), ip("192.0.2.100"), ip("192.0.2.200"), ip("192.0.2.7")
SG = SourceGroup(ip("10.0.1.50"), ip("239.1.1.1"))
SSM = SourceGroup(SG.source, ip("232.1.1.1"))
LAN = Interface(
    name="lan", index=1, kind=InterfaceKind.ETHERNET, address=IPv4Interface("10.0.1.1/24")
)
SUPPRESSED = 55.0
"""Register_Suppression_Time in the middle of its range, minus Register_Probe_Time."""


class Dr:
    """The machine on its own, with the tree of one source."""

    def __init__(self, rp: IPv4Address = RP, *, config: PimConfig | None = None) -> None:
        self.now = 0.0
        self.routes = {
            SG.source: Rpf("lan", None),
            RP: Rpf("up", ip("10.0.3.1")),
            OTHER_RP: Rpf("up", ip("10.0.3.1")),
            MEMBER: Rpf("lo", None, is_local=True),
        }
        config = config or PimConfig(rps=(StaticRp(address=rp),))
        self.instance = PimInstance(lambda root, _: self.routes.get(root), Proportion(0.5), config)
        self.instance.links["lan"] = LAN
        self.machine = RegisterDr(self.instance)

    def tree_of(self, sg: SourceGroup = SG) -> SourceTree:
        tree = self.instance.make_source(sg, self.now)
        assert tree is not None
        return tree

    @property
    def tree(self) -> SourceTree:
        return self.tree_of()

    def decide(self, *, active: bool = True) -> None:
        self.tree.active_until = 210.0 if active else None
        self.machine.decide(self.tree, self.now)

    def change_rp(self, rp: IPv4Address, *, active: bool = True) -> None:
        self.instance.rp_set = RpSet((StaticRp(address=rp),))
        assert self.tree.shared is not None
        self.instance.find_route(self.tree.shared)
        self.decide(active=active)

    def stop(
        self,
        source: IPv4Address = SG.source,
        *,
        by: IPv4Address = RP,
        group: IPv4Address = SG.group,
        mask_length: int = 32,
    ) -> None:
        encoded = EncodedGroup(address=group, mask_length=mask_length)
        packet = PacketReceived(interface="up", source=by, destination=DR, payload=b"")
        self.machine.receive(packet, RegisterStop(group=encoded, source=source), self.now)

    def run(self, until: float) -> None:
        self.now = until
        for timer in self.instance.timers.expired(until):
            assert isinstance(timer, RegisterStopTimer)
            self.machine.expire(timer, until)

    def sent(self) -> list[SendPacket]:
        """What was sent since this was last asked."""
        packets = [o for o in self.instance.outputs if isinstance(o, SendPacket)]
        self.instance.outputs.clear()
        return packets

    @property
    def is_registering(self) -> bool:
        return REGISTER_TUNNEL in self.tree.downstream

    @property
    def timer(self) -> float | None:
        return self.instance.timers.remaining(RegisterStopTimer(SG), self.now)


def joined() -> Dr:
    dr = Dr()
    dr.decide()
    assert dr.tree.register is RegisterState.JOIN
    return dr


def pruned() -> Dr:
    dr = joined()
    dr.stop()
    assert dr.tree.register is RegisterState.PRUNE
    return dr


def join_pending() -> Dr:
    dr = pruned()
    dr.run(until=SUPPRESSED)
    dr.sent()
    assert dr.tree.register is RegisterState.JOIN_PENDING
    return dr


def in_no_info() -> Dr:
    dr = Dr()
    dr.decide(active=False)
    return dr


class TestNoInfo:
    def test_could_register_adds_the_tunnel(self) -> None:
        dr = joined()
        assert dr.is_registering and dr.timer is None
        assert registering(dr.instance, dr.tree) == Registering(DR, RP)

    @pytest.mark.parametrize(
        "event",
        [
            pytest.param(lambda dr: dr.stop(), id="Register-Stop"),
            pytest.param(lambda dr: dr.decide(active=False), id="CouldRegister is false"),
            pytest.param(lambda dr: dr.change_rp(OTHER_RP, active=False), id="RP changed"),
        ],
    )
    def test_nothing_else_means_anything(self, event: Callable[[Dr], None]) -> None:
        dr = in_no_info()
        event(dr)
        assert dr.tree.register is RegisterState.NO_INFO
        assert not dr.is_registering and dr.timer is None and dr.sent() == []

    def test_a_source_behind_a_router_is_not_registered(self) -> None:
        dr = Dr()
        dr.routes[SG.source] = Rpf("lan", ip("10.0.1.9"))
        dr.decide()
        assert dr.tree.register is RegisterState.NO_INFO

    def test_a_source_of_the_ssm_range_is_not_registered(self) -> None:
        dr = Dr()
        tree = dr.tree_of(SSM)
        tree.active_until = 210.0
        dr.machine.decide(tree, dr.now)
        assert tree.register is RegisterState.NO_INFO


class TestJoin:
    def test_a_register_stop_removes_the_tunnel_for_a_while(self) -> None:
        dr = pruned()
        assert not dr.is_registering and dr.timer == SUPPRESSED

    def test_could_not_register_removes_the_tunnel(self) -> None:
        dr = joined()
        dr.decide(active=False)
        assert dr.tree.register is RegisterState.NO_INFO and not dr.is_registering

    def test_another_rp_updates_the_tunnel(self) -> None:
        dr = joined()
        dr.change_rp(OTHER_RP)
        assert dr.tree.register is RegisterState.JOIN
        assert registering(dr.instance, dr.tree) == Registering(DR, OTHER_RP)

    def test_could_register_again_changes_nothing(self) -> None:
        dr = joined()
        dr.instance.changed_sources.clear()
        dr.decide()
        assert dr.is_registering and not dr.instance.changed_sources

    def test_without_an_rp_there_is_no_tunnel_until_there_is_one(self) -> None:
        dr = Dr(config=PimConfig())
        dr.decide()
        assert dr.tree.register is RegisterState.JOIN and not dr.is_registering
        dr.change_rp(RP)
        assert dr.is_registering


class TestPrune:
    def test_the_timer_sends_a_null_register_and_waits_for_the_answer(self) -> None:
        dr = pruned()
        dr.run(until=SUPPRESSED)
        assert dr.tree.register is RegisterState.JOIN_PENDING
        assert dr.timer == 5.0 and not dr.is_registering
        (packet,) = dr.sent()
        assert decode_message(packet.payload) == Register.null_of(SG)
        assert (packet.interface, packet.source, packet.destination) == ("lan", DR, RP)
        assert (packet.ttl, packet.next_hop) == (64, None)

    def test_another_register_stop_changes_nothing(self) -> None:
        dr = pruned()
        dr.now = 10.0
        dr.stop()
        assert dr.tree.register is RegisterState.PRUNE and dr.timer == SUPPRESSED - 10.0


class TestJoinPending:
    def test_the_timer_adds_the_tunnel_again(self) -> None:
        dr = join_pending()
        dr.run(until=SUPPRESSED + 5.0)
        assert dr.tree.register is RegisterState.JOIN
        assert dr.is_registering and dr.timer is None and dr.sent() == []

    def test_a_register_stop_suppresses_registers_further(self) -> None:
        dr = join_pending()
        dr.stop()
        assert dr.tree.register is RegisterState.PRUNE and dr.timer == SUPPRESSED


@pytest.mark.parametrize("suppressed", [pruned, join_pending])
class TestSuppressed:
    def test_could_not_register_ends_it(self, suppressed: Callable[[], Dr]) -> None:
        dr = suppressed()
        dr.decide(active=False)
        assert dr.tree.register is RegisterState.NO_INFO and dr.timer is None

    def test_another_rp_gets_registers_at_once(self, suppressed: Callable[[], Dr]) -> None:
        dr = suppressed()
        dr.change_rp(OTHER_RP)
        assert dr.tree.register is RegisterState.JOIN
        assert dr.is_registering and dr.timer is None


class TestRegisterStop:
    @pytest.mark.parametrize("part", [0.0, 1.0])
    def test_suppresses_for_a_random_time(self, part: float) -> None:
        dr = joined()
        dr.instance.rng = Proportion(part)
        dr.stop()
        assert dr.timer == (0.5 + part) * 60.0 - 5.0

    def test_of_any_source_is_for_all_that_register_now(self) -> None:
        dr = joined()
        dr.stop(ANY_SOURCE)
        assert dr.tree.register is RegisterState.PRUNE
        later = SourceGroup(ip("10.0.1.51"), SG.group)
        dr.routes[later.source] = Rpf("lan", None)
        tree = dr.tree_of(later)
        tree.active_until = 210.0
        dr.machine.decide(tree, dr.now)
        assert tree.register is RegisterState.JOIN

    @pytest.mark.parametrize("by", [OTHER_RP, DR])
    def test_of_another_router_than_the_rp_is_ignored_and_counted(self, by: IPv4Address) -> None:
        dr = joined()
        dr.stop(by=by)
        assert dr.is_registering
        assert dr.instance.counters[Count.IGNORED_REGISTER_STOP] == 1

    def test_for_a_range_of_groups_is_ignored_and_counted(self) -> None:
        dr = joined()
        dr.stop(mask_length=24)
        assert dr.is_registering
        assert dr.instance.counters[Count.IGNORED_GROUP_RANGE] == 1

    def test_for_another_source_or_group_means_nothing(self) -> None:
        dr = joined()
        dr.stop(ip("10.0.1.51"))
        dr.stop(group=ip("239.1.1.2"))
        assert dr.is_registering


class TestDrThatIsTheRp:
    def test_needs_no_registers(self) -> None:
        dr = Dr(MEMBER)
        dr.decide()
        assert dr.tree.register is RegisterState.PRUNE
        assert not dr.is_registering and dr.sent() == []

    def test_tells_the_other_members_of_an_anycast_set_again_and_again(self) -> None:
        anycast = AnycastRp(address=RP, members=frozenset({MEMBER, ip("192.0.2.8"), OTHER_RP}))
        dr = Dr(config=PimConfig(rps=(StaticRp(address=RP),), anycast=(anycast,)))
        dr.routes[RP] = Rpf("lo", None, is_local=True)
        dr.decide()
        for until in (SUPPRESSED, 2 * SUPPRESSED):
            packets = dr.sent()
            assert [p.destination for p in packets] == [ip("192.0.2.8"), OTHER_RP]
            for packet in packets:
                assert (packet.interface, packet.source) == ("lo", MEMBER)
                assert decode_message(packet.payload) == Register.null_of(SG)
            dr.run(until)


def test_a_source_that_is_this_router_registers_by_its_own_address() -> None:
    dr = Dr()
    dr.routes[SG.source] = Rpf("lo", None, is_local=True)
    dr.decide()
    assert registering(dr.instance, dr.tree) == Registering(SG.source, RP)


def test_what_is_registered_can_be_shown() -> None:
    dr = pruned()
    shown = RegisterView(sg=SG, state="P", rp=RP, stopped=SUPPRESSED)
    assert registers(dr.instance, dr.now) == (shown,)
    assert registers(in_no_info().instance, 0.0) == ()
