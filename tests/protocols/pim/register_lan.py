"""A DR, an RP and a receiver's router, for tests of Registers.

source --- dr ---a--- core ---b--- rp            to the source: dr, to the RP: rp
                        |
                        c
                        |
                       last --- hosts
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import RoutesChanged, Rpf
from tests.protocols.pim.lan import Lan

S, RP = IPv4Address("10.9.0.50"), IPv4Address("192.0.2.100")
SG = SourceGroup(S, IPv4Address("239.1.1.1"))
CONFIG = PimConfig(rps=(StaticRp(address=RP),))
AT_RP = Rpf("lo", None, is_local=True)


def network(config: PimConfig = CONFIG) -> Lan:
    """The picture above, 40 s after the start."""
    lan = Lan()
    lan.router("dr", config, source="10.9.0.1/24", a="10.1.0.1/24")
    lan.router("core", config, a="10.1.0.2/24", b="10.2.0.2/24", c="10.3.0.2/24")
    lan.router("rp", config, b="10.2.0.3/24")
    lan.router("last", config, c="10.3.0.4/24", hosts="10.8.0.4/24")
    lan.owners[RP] = "rp"
    way(lan, "dr", S, "source", None)
    way(lan, "dr", RP, "a", "10.1.0.2")
    way(lan, "core", S, "a", "10.1.0.1")
    way(lan, "core", RP, "b", "10.2.0.3")
    way(lan, "rp", S, "b", "10.2.0.2")
    lan.rpf["rp"][RP] = AT_RP
    way(lan, "last", S, "c", "10.3.0.2")
    way(lan, "last", RP, "c", "10.3.0.2")
    lan.run(until=40.0)
    lan.lines.clear()
    return lan


def way(lan: Lan, name: str, root: IPv4Address, interface: str, via: str | None) -> None:
    lan.rpf[name][root] = Rpf(interface, IPv4Address(via) if via else None)
    lan.tell(name, RoutesChanged())


def wants(lan: Lan, name: str = "last", interface: str = "hosts", *, joined: bool = True) -> None:
    """A host joins or leaves the group, from any source."""
    event = MembershipChanged(interface=interface, group=SG.group, source=None, joined=joined)
    lan.tell(name, event)
