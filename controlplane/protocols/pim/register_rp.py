"""Receiving Registers at the RP (RFC 7761 4.4.2), and copying them (RFC 4610).

The switch takes data packets out of Registers and forwards them on the RP tree, wherever it has a
route that lets them in. What comes here is only what it cannot decide on: Registers of sources that
are not known yet, of those whose packets come on their own tree by now or are wanted by nobody, and
Null-Registers; as many of them as the policer leaves. So the packet inside is never forwarded from
here: there is a list of interfaces for it only where the switch has already used it.

    SPTbit | inherited_olist | Register-Stop | KeepaliveTimer(S,G)
    -------+-----------------+---------------+--------------------
    set    | any             | yes           | RP_Keepalive_Period
    clear  | empty           | yes           | RP_Keepalive_Period
    clear  | not empty       | no            | Keepalive_Period

SwitchToSptDesired(S,G) is always true at the RP: packets that come on their own tree spare it and
the DR the Registers. The policy of a VRF is for the last-hop routers (4.2.1).
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.engine import PacketReceived
from controlplane.engine.time import Duration, Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.keepalive import KEEPALIVE_PERIOD, Keepalive
from controlplane.protocols.pim.register_anycast import tell_members
from controlplane.protocols.pim.register_dr import REGISTER_PROBE_TIME, REGISTER_SUPPRESSION_TIME
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.unicast import interface_of, send_unicast
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.register import Register, RegisterStop

RP_KEEPALIVE_PERIOD: Final[Duration] = 3 * REGISTER_SUPPRESSION_TIME + REGISTER_PROBE_TIME
"""RFC 7761 4.11."""


class RegisterRp:
    def __init__(self, instance: PimInstance, keepalive: Keepalive) -> None:
        self._instance = instance
        self._keepalive = keepalive

    def receive(self, packet: PacketReceived, register: Register, now: Instant) -> None:
        """packet_arrives_on_rp_tunnel( pkt )"""
        sg = register.sg
        if not self._is_for_us(packet, sg):
            self._instance.counters[Count.REFUSED_REGISTER] += 1
            self._stop(packet, sg)
        else:
            self._take(packet, sg, now)
            self._copy(packet, register)

    def _is_for_us(self, packet: PacketReceived, sg: SourceGroup) -> bool:
        """I_am_RP(G) AND outer.dst == RP(G), or, of a copy of another member, our own address.

        Refused are sources that the operator does not accept (RFC 7761 6.1.2), and groups of the
        SSM range (4.8.1) and of bidirectional trees, which have no RP that takes Registers.
        """
        instance = self._instance
        rp = instance.rp_set.rp(sg.group)
        if rp is None or instance.rp_set.mode(sg.group) is not GroupMode.SPARSE:
            return False
        members = instance.config.anycast_members(rp)
        is_copy = packet.source in members and packet.destination in members
        return (
            (packet.destination == rp or is_copy)
            and interface_of(instance, rp, sg.group) is not None
            and instance.config.accepts_source(sg.source)
        )

    def _take(self, packet: PacketReceived, sg: SourceGroup, now: Instant) -> None:
        tree = self._instance.make_source(sg, now)
        if tree is None:
            return
        if tree.spt_bit or not self._instance.macros.inherited_olist(tree):
            self._stop(packet, sg)
            period = max(KEEPALIVE_PERIOD, RP_KEEPALIVE_PERIOD)
        else:
            period = KEEPALIVE_PERIOD
        self._keepalive.start(tree, period, now)

    def _stop(self, packet: PacketReceived, sg: SourceGroup) -> None:
        """Send Register-Stop(S,G) to outer.src, from outer.dst (4.9.4)."""
        interface = interface_of(self._instance, packet.destination, sg.group)
        if interface is None:
            return
        send_unicast(
            self._instance,
            RegisterStop(group=EncodedGroup(address=sg.group), source=sg.source),
            Count.TX_REGISTER_STOP,
            interface=interface,
            source=packet.destination,
            destination=packet.source,
        )

    def _copy(self, packet: PacketReceived, register: Register) -> None:
        """RFC 4610 3: "Since the Register message did not come from one of the RPs in the
        anycast-RP set, RP1 assumes the packet came from a DR".

        RFC 4610 4 copies the TTL, so that sets which are not the same everywhere cause no endless
        copies. It is one less here, or between neighbours it would never come to an end.
        """
        members = self._instance.config.anycast_members(packet.destination)
        if packet.source not in members:
            tell_members(self._instance, packet.destination, register, ttl=packet.ttl - 1)
