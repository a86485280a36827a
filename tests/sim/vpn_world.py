"""Two customers with the same addresses on two PEs in the simulator, and what can go wrong there.

                  rr
                  |
red-ce1 --- pe1 - p1 - pe2 --- red-ce2       10.1.1.0/24 behind pe1, 10.1.2.0/24 behind pe2,
blue-ce1 ---'            `---- blue-ce2      for red and for blue alike
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from itertools import count
from typing import Any, Final

from controlplane.engine.stream import SendData, StreamName
from controlplane.lab.world import Stream
from controlplane.net.interface import DEFAULT_VRF
from controlplane.protocols.bgp.engine import BgpEngine
from controlplane.sim.tcp import TcpStack
from controlplane.wire.bgp.attributes import AsPath, PathAttributes, Segment, SegmentKind
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach, Unreach
from controlplane.wire.bgp.update_encoding import encode_updates, encode_withdrawals
from tests.sim.fault_world import FaultWorld, Row

_BASE = """\
name: vpn-faults
provider:
  asn: 65000
  loopbacks: 192.0.2.0/24
  ospf: {min_ls_interval: 0.1, min_ls_arrival: 0.05, spf: {initial: 0.02, hold: 0.1, maximum: 0.4}}
  ldp: {hello_interval: 1, hello_hold: 4, keepalive_hold: 15}
  bgp: {next_hop_delay: 0.2, reflectors: [rr]}
timers:
  ospf: {hello_interval: 1, dead_interval: 4, retransmit_interval: 1}
  bgp: {hold: 9, connect_retry: 1, min_advertisement: 0.1}
start: []
"""

LAB = (
    _BASE
    + """\
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  p1: {role: p}
  rr: {role: p}
  red-ce1: {role: ce, asn: 65101}
  red-ce2: {role: ce, asn: 65102}
  blue-ce1: {role: ce, asn: 65201}
  blue-ce2: {role: ce, asn: 65202}
hosts:
  red-h1: {address: 10.1.1.10}
  red-h2: {address: 10.1.2.10}
  blue-h1: {address: 10.1.1.10}
  blue-h2: {address: 10.1.2.10}
links:
  - {name: near, ends: [pe1, p1]}
  - {name: far, ends: [p1, pe2]}
  - {name: up, ends: [p1, rr]}
  - {name: red1, ends: {pe1: {}, red-ce1: {}}, vpn: red, subnet: 10.9.1.0/24}
  - {name: red2, ends: {pe2: {}, red-ce2: {}}, vpn: red, subnet: 10.9.2.0/24}
  - {name: blue1, ends: {pe1: {}, blue-ce1: {}}, vpn: blue, subnet: 10.9.1.0/24}
  - {name: blue2, ends: {pe2: {}, blue-ce2: {}}, vpn: blue, subnet: 10.9.2.0/24}
  - {ends: [red-ce1, red-h1], subnet: 10.1.1.0/24}
  - {ends: [red-ce2, red-h2], subnet: 10.1.2.0/24}
  - {ends: [blue-ce1, blue-h1], subnet: 10.1.1.0/24}
  - {ends: [blue-ce2, blue-h2], subnet: 10.1.2.0/24}
vpns:
  red: {rd: 65000:1}
  blue: {rd: 65000:2}
"""
)

DUAL = (
    _BASE
    + """\
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  p1: {role: p}
  rr: {role: p}
  pe3: {role: pe}
  ce1: {role: ce, asn: 65101}
  ce2: {role: ce}
  ce3: {role: ce, asn: 65103}
hosts: {h1: {address: 10.1.1.10}, h2: {address: 10.1.2.10}, h3: {address: 10.1.3.10}}
links:
  - {name: near, ends: [pe1, p1]}
  - {name: far, ends: [p1, pe2]}
  - {name: up, ends: [p1, rr]}
  - {ends: [p1, pe3]}
  - {name: red1, ends: {pe1: {}, ce1: {}}, vpn: red, subnet: 10.9.1.0/24}
  - {name: red2, ends: {pe2: {}, ce2: {}}, vpn: red, subnet: 10.9.2.0/24}
  - {name: red3, ends: {pe3: {}, ce3: {}}, vpn: red, subnet: 10.9.3.0/24}
  - {name: site, ends: [ce1, ce2]}
  - {ends: [ce1, h1], subnet: 10.1.1.0/24}
  - {ends: [ce2, h2], subnet: 10.1.2.0/24}
  - {ends: [ce3, h3], subnet: 10.1.3.0/24}
vpns:
  red: {rd: 65000:1}
"""
)
"""One customer: a site with two CEs on pe1 and pe2, and ce3 on pe3; one RD for all."""

PE1, PE2, P1, RR = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
LAN1, LAN2 = "10.1.1.0/24", "10.1.2.0/24"
AT_PE1, AT_CE1 = "10.9.1.1", "10.9.1.2"
"""The ends of red1; of blue1 too."""

RATE: Final = 100
"""Packets of a stream in a second."""

_TERMS: Final = Terms(internal=False)

_UNDER_WAY: Final = 0.1
"""How long a packet may take."""


def as_path(*ases: int) -> AsPath:
    return AsPath((Segment(SegmentKind.AS_SEQUENCE, ases),))


class VpnWorld(FaultWorld):
    """A lab with VPNs that has converged."""

    convergence = 12.0

    # -- what is done

    def stack(self, router: str, vrf: str = DEFAULT_VRF) -> TcpStack:
        return self.switches[router].tcp(vrf)

    def bgp(self, router: str, vrf: str = DEFAULT_VRF) -> BgpEngine:
        engine = self.switches[router].router.vrfs[vrf].bgp
        assert engine is not None
        return engine

    def stream_to(self, router: str, peer: str, vrf: str = DEFAULT_VRF) -> StreamName:
        """The stream of a session with a peer."""
        connections = self.bgp(router, vrf)._instance.connections.values()
        (found,) = (one.stream for one in connections if str(one.peer.address) == peer)
        return found

    def say(self, router: str, peer: str, octets: bytes) -> None:
        """Put octets of any kind behind the messages that a CE has sent to a peer."""
        stream = self.stream_to(router, peer)
        self.stack(router).command(SendData(stream=stream, data=octets))

    def announce(self, ce: str, *routes: str, to: str = AT_PE1, **attributes: Any) -> None:
        """A CE tells its PE routes that it has none of, with attributes of any kind."""
        asn = self.lab.layout.asn(ce)
        local = self.bgp(ce)._instance.peers[IPv4Address(to)].config.local
        given: dict[str, Any] = {"as_path": as_path(asn), "next_hop": local, **attributes}
        nlri = tuple((IPv4Network(route), None) for route in routes)
        reach = Reach(Family.IPV4_UNICAST, PathAttributes(**given), nlri)
        for message in encode_updates(reach, _TERMS):
            self.say(ce, to, message)

    def withdraw(self, ce: str, *routes: str, to: str = AT_PE1) -> None:
        """A CE takes back what it has told with `announce`."""
        keys = tuple(map(IPv4Network, routes))
        for message in encode_withdrawals(Unreach(Family.IPV4_UNICAST, keys)):
            self.say(ce, to, message)

    def stream(self, source: str, to: str, seconds: float, group: str = "") -> Streamed:
        """Start packets from a host to another one, or a group that it is in, RATE a second."""
        number = next(self._numbers)
        stream = Stream(
            name=str(number),
            number=number,
            host=source,
            destination=IPv4Address(group) if group else self.lab.layout.address(to),
            port=5000,
            rate=RATE,
            count=round(seconds * RATE),
            size=100,
        )
        self.world.send(stream)
        return Streamed(self, stream, to)

    @cached_property
    def _numbers(self) -> Iterator[int]:
        return count(1)

    # -- what comes of it

    def told(self) -> dict[str, int]:
        """How many UPDATE messages each router has sent."""
        return {
            router: sum(
                row["value"]
                for vrf in switch.router.vrfs
                for row in self.rows(router, "counters", vrf)
                if (row["where"], row["counter"]) == ("bgp", "tx update")
            )
            for router, switch in self.switches.items()
        }

    def peer(self, router: str, address: str, vrf: str = DEFAULT_VRF) -> Row:
        """The row of `bgp neighbor` of one."""
        rows = self.rows(router, "bgp neighbor", vrf)
        return next(row for row in rows if row["neighbor"] == address)

    def paths(self, router: str, route: str, vrf: str = DEFAULT_VRF) -> list[Row]:
        """The paths to a prefix in a VRF; of a VPN route, with its RD, in the provider's table."""
        noun = "bgp vpnv4" if route.count(":") > 1 else "bgp unicast"
        rows = self.rows(router, noun, vrf)
        return next((row["paths"] for row in rows if row["route"] == route), [])

    def via(self, router: str, prefix: str, vrf: str = DEFAULT_VRF) -> str | None:
        """Where the installed route leads, None if there is none."""
        rows = self.rows(router, "route", vrf)
        return next((row["via"] for row in rows if row["prefix"] == prefix), None)


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream that runs, or has run."""

    faults: VpnWorld
    stream: Stream
    to: str

    def lost(self) -> list[int]:
        """The numbers of packets that have not arrived, of those that should have by now."""
        world = self.faults.world
        received = set(world.received(self.to, self.stream.name).numbers)
        arrived_by = world.now() - _UNDER_WAY
        sent = sum(at <= arrived_by for at in world.sent_times(self.stream.name))
        return [number for number in range(sent) if number not in received]
