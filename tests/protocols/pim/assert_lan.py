"""A LAN onto which two routers may forward, for tests of Asserts.

        source
          r0                also the RP
       /      \\
     r1        r2           ways of different metrics to the source and the RP
      |        |
    --+--lan---+--
      |        |
     r3        r4           which join r1 and r2, as their routes say
      c        d            their hosts
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.engine import SendPacket
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import RoutesChanged, Rpf
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.message import decode_message
from tests.protocols.pim.lan import Lan

S, RP = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.100")
SSM = SourceGroup(S, IPv4Address("232.1.1.1"))
SPARSE = SourceGroup(S, IPv4Address("239.1.1.1"))

_CONFIG = PimConfig(rps=(StaticRp(address=RP),))


def square() -> Lan:
    """The picture above, 40 s after the start."""
    lan = Lan()
    lan.router("r0", _CONFIG, source="192.0.2.9/24", a="10.1.0.9/24", b="10.2.0.9/24")
    lan.router("r1", _CONFIG, a="10.1.0.1/24", lan="10.0.0.1/24")
    lan.router("r2", _CONFIG, b="10.2.0.2/24", lan="10.0.0.2/24")
    lan.router("r3", _CONFIG, lan="10.0.0.3/24", c="10.3.0.3/24")
    lan.router("r4", _CONFIG, lan="10.0.0.4/24", d="10.4.0.4/24")
    lan.rpf["r0"] |= {S: Rpf("source", None), RP: Rpf("rp", None, is_local=True)}
    ways(lan, "r1", "a", "10.1.0.9", metric=20)
    ways(lan, "r2", "b", "10.2.0.9", metric=10)
    ways(lan, "r3", "lan", "10.0.0.1", metric=30)
    ways(lan, "r4", "lan", "10.0.0.2", metric=30)
    lan.run(until=40.0)
    lan.lines.clear()
    return lan


def ways(lan: Lan, name: str, interface: str, via: str, *, metric: int) -> None:
    """The way of a router to the source and to the RP is this now."""
    rpf = Rpf(interface, IPv4Address(via), preference=110, metric=metric)
    lan.rpf[name] |= {S: rpf, RP: rpf}
    lan.tell(name, RoutesChanged())


def no_ways(lan: Lan, name: str) -> None:
    """A router has no route to the source or to the RP any more."""
    lan.rpf[name].clear()
    lan.tell(name, RoutesChanged())


def wants_group(lan: Lan, name: str, interface: str, *, joined: bool = True) -> None:
    """A host joins the sparse group, from any source."""
    event = MembershipChanged(interface=interface, group=SPARSE.group, source=None, joined=joined)
    lan.tell(name, event)


def is_assert(packet: SendPacket) -> bool:
    return isinstance(decode_message(packet.payload), Assert)
