"""RFC 7761 4.4.2: Registers at the RP, and RFC 4610: their copies to the members of its set.

The router under test is the RP 192.0.2.100; the DR of the source is 10.0.1.1.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from controlplane.engine.engine import PacketReceived, SendPacket
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.config import AnycastRp, PimConfig, StaticRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.keepalive import Keepalive
from controlplane.protocols.pim.register_rp import RegisterRp
from controlplane.protocols.pim.tib import DownstreamState, SourceTree, set_downstream
from controlplane.protocols.pim.timers import KeepaliveTimer
from controlplane.wire.ipv4 import IpProtocol, Ipv4Packet
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.message import decode_message
from controlplane.wire.pim.register import Register, RegisterStop
from tests.protocols.pim.router import Proportion, ip

DR, RP, ME, OTHER = ip("10.0.1.1"), ip("192.0.2.100"), ip("192.0.2.7"), ip("192.0.2.8")
SG = SourceGroup(ip("10.0.1.50"), ip("239.1.1.1"))
STOP = RegisterStop(group=EncodedGroup(address=SG.group), source=SG.source)
NULL = Register.null_of(SG)
PACKET = Ipv4Packet(
    source=SG.source, destination=SG.group, protocol=IpProtocol.UDP, payload=b"x" * 20
)
DATA = Register(packet=PACKET)
SINGLE = PimConfig(rps=(StaticRp(address=RP),))
SHARED = PimConfig(
    rps=(StaticRp(address=RP),),
    anycast=(AnycastRp(address=RP, members=frozenset({ME, OTHER, ip("192.0.2.9")})),),
)


class Rp:
    """The RP's processing on its own."""

    def __init__(self, config: PimConfig = SINGLE) -> None:
        self.routes = {
            SG.source: Rpf("up", ip("10.0.3.1")),
            RP: Rpf("lo", None, is_local=True),
            ME: Rpf("lo", None, is_local=True),
            ip("10.0.3.9"): Rpf("up", None, is_local=True),
        }
        self.instance = PimInstance(lambda root, _: self.routes.get(root), Proportion(0.5), config)
        self.machine = RegisterRp(self.instance, Keepalive(self.instance))

    def want(self) -> None:
        """Somebody joined (*,G)."""
        shared = self.instance.make_shared(SG.group, 0.0)
        assert shared is not None
        set_downstream(shared, "lan", DownstreamState.JOIN)

    def receive(
        self,
        register: Register = DATA,
        *,
        source: IPv4Address = DR,
        to: IPv4Address = RP,
        ttl: int = 60,
    ) -> list[SendPacket]:
        packet = PacketReceived(interface="up", source=source, destination=to, payload=b"", ttl=ttl)
        self.machine.receive(packet, register, 0.0)
        packets = [o for o in self.instance.outputs if isinstance(o, SendPacket)]
        self.instance.outputs.clear()
        return packets

    @property
    def tree(self) -> SourceTree | None:
        return self.instance.tib.sources.get(SG)

    @property
    def keepalive(self) -> float | None:
        return self.instance.timers.remaining(KeepaliveTimer(SG), 0.0)


def is_stop(packet: SendPacket, *, by: IPv4Address = RP, to: IPv4Address = DR) -> bool:
    assert (packet.source, packet.destination, packet.ttl) == (by, to, 64)
    assert packet.interface == "lo" and packet.next_hop is None
    return decode_message(packet.payload) == STOP


class TestRegister:
    @pytest.mark.parametrize("register", [DATA, NULL])
    def test_of_a_source_that_nobody_wants_is_answered_and_remembered(
        self, register: Register
    ) -> None:
        rp = Rp()
        (packet,) = rp.receive(register)
        assert is_stop(packet)
        assert rp.keepalive == 210.0
        assert rp.tree is not None and rp.tree.is_active

    @pytest.mark.parametrize("register", [DATA, NULL])
    def test_of_a_source_that_somebody_wants_is_not_answered_yet(self, register: Register) -> None:
        rp = Rp()
        rp.want()
        assert rp.receive(register) == []
        assert rp.keepalive == 210.0
        assert rp.tree is not None and rp.instance.desires.join_desired(rp.tree)

    def test_of_a_source_whose_own_tree_is_there_is_answered(self) -> None:
        rp = Rp()
        rp.want()
        rp.receive()
        assert rp.tree is not None
        rp.tree.spt_bit = True
        (packet,) = rp.receive()
        assert is_stop(packet)

    def test_is_answered_from_the_address_that_it_came_to(self) -> None:
        (packet,) = Rp().receive(to=ip("10.0.3.9"))
        assert (packet.interface, packet.source) == ("up", ip("10.0.3.9"))
        assert decode_message(packet.payload) == STOP

    def test_to_an_address_of_another_router_is_dropped_silently(self) -> None:
        rp = Rp()
        assert rp.receive(to=ip("192.0.2.222")) == []
        assert rp.tree is None

    @pytest.mark.parametrize(
        "config",
        [
            pytest.param(PimConfig(), id="no RP"),
            pytest.param(PimConfig(rps=(StaticRp(address=OTHER),)), id="another RP"),
            pytest.param(
                PimConfig(rps=(StaticRp(address=RP, bidirectional=True),)), id="bidirectional"
            ),
            pytest.param(
                PimConfig(
                    rps=(StaticRp(address=RP),), accepted_sources=(IPv4Network("10.0.2.0/24"),)
                ),
                id="source not accepted",
            ),
        ],
    )
    def test_that_is_not_for_this_rp_is_refused_with_a_register_stop(
        self, config: PimConfig
    ) -> None:
        rp = Rp(config)
        (packet,) = rp.receive()
        assert is_stop(packet)
        assert rp.tree is None
        assert rp.instance.counters[Count.REFUSED_REGISTER] == 1

    def test_of_a_group_of_the_ssm_range_is_refused_with_a_register_stop(self) -> None:
        rp = Rp()
        sg = SourceGroup(SG.source, ip("232.1.1.1"))
        (packet,) = rp.receive(Register.null_of(sg))
        stop = decode_message(packet.payload)
        assert stop == RegisterStop(group=EncodedGroup(address=sg.group), source=sg.source)
        assert len(rp.instance.tib) == 0

    @pytest.mark.parametrize("source", ["0.0.0.0", "239.9.9.9", "127.0.0.1"])
    def test_of_what_is_no_source_makes_no_state(self, source: str) -> None:
        rp = Rp()
        assert rp.receive(Register.null_of(SourceGroup(ip(source), SG.group))) == []
        assert len(rp.instance.tib.sources) == 0

    @pytest.mark.parametrize("group", ["224.0.0.5", "10.1.1.1"])
    def test_of_what_is_no_group_for_routers_makes_no_state(self, group: str) -> None:
        rp = Rp()
        rp.receive(Register.null_of(SourceGroup(SG.source, ip(group))))
        assert len(rp.instance.tib) == 0


class TestAnycast:
    @pytest.mark.parametrize("register", [DATA, NULL])
    def test_a_register_of_a_dr_is_copied_to_the_other_members(self, register: Register) -> None:
        stop, *copies = Rp(SHARED).receive(register)
        assert is_stop(stop)
        assert [c.destination for c in copies] == [OTHER, ip("192.0.2.9")]
        for copy in copies:
            assert (copy.interface, copy.source) == ("lo", ME)
            assert decode_message(copy.payload) == register

    def test_a_copy_makes_state_and_is_answered_but_not_copied_again(self) -> None:
        rp = Rp(SHARED)
        (packet,) = rp.receive(source=OTHER, to=ME)
        assert is_stop(packet, by=ME, to=OTHER)
        assert rp.tree is not None and rp.tree.is_active

    def test_a_copy_to_the_shared_address_is_not_copied_again(self) -> None:
        (packet,) = Rp(SHARED).receive(source=OTHER)
        assert is_stop(packet, to=OTHER)

    def test_a_dr_must_use_the_shared_address(self) -> None:
        rp = Rp(SHARED)
        (packet,) = rp.receive(to=ME)
        assert is_stop(packet, by=ME)
        assert rp.tree is None

    def test_copies_of_copies_come_to_an_end(self) -> None:
        copies = Rp(SHARED).receive(ttl=60)[1:]
        assert [c.ttl for c in copies] == [59, 59]
        assert len(Rp(SHARED).receive(ttl=1)) == 1
