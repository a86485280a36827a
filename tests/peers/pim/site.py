"""FRR's pimd and two engines of ours on one LAN, with hosts behind FRR.

    ours 10.1.0.1 ───┬─── eth0 10.1.0.2 FRR eth1 10.1.2.2 ─── host 10.1.2.10
    RP 10.9.0.1      │                eth2 10.1.4.2
                     │                  │
    other 10.1.0.3 ──┴──────────────────┴ 10.1.4.3

To FRR, sources of 10.1.5.0/24 are behind its second link with `other`. Engines have no data plane:
packets of such a source are sent by hand where a switch would have sent them, and an engine is told
of those that its switch would have shown it. FRR has the kernel's.

Join periods are so long that whatever a test sees of Joins was triggered.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any, Final

from controlplane.lab.testbed.namespace import ip_batch
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.engine import PimEngine
from controlplane.protocols.pim.events import PimEnabled, PimSettings, Rpf
from controlplane.wire.ipv4 import IpProtocol
from tests.peers.frr import Frr
from tests.peers.namespace import BRIDGE, Namespace, cable, lan
from tests.peers.pim.packets import send_packet
from tests.peers.tap import Tap
from tests.peers.wire import LOOPBACK, Wire, eventually

OURS, FRR, OTHER = (IPv4Address(f"10.1.0.{number}") for number in (1, 2, 3))
RP: Final = IPv4Address("10.9.0.1")
HOST: Final = IPv4Address("10.1.2.10")
FAR: Final = IPv4Address("10.1.5.10")

LAN: Final = "eth0"
"""The LAN's interface, at all three."""
SECOND: Final = "eth1"
"""The second link with FRR, at `other`."""
BEYOND: Final = "eth9"
"""A link of ours that leads to the far source by another way than the LAN; nothing is on it."""

ALL_SPARSE: Final = IPv4Network("239.0.0.0/8")
HOSTS: Final = IPv4Network("10.1.2.0/24")
FAR_NET: Final = IPv4Network("10.1.5.0/24")

RARELY: Final = 3000
_ROUTE_OF_FAR: Final = f"{FAR_NET} via 10.1.4.3 metric {110 << 24 | 20}"
"""zebra reads the upper octet of a kernel route's metric as its distance: this one is 110/20."""

_PIMD: Final = f"""
ip pim rp {RP} {ALL_SPARSE}
ip pim join-prune-interval {RARELY}
ip pim register-suppress-time 11
interface eth0
 ip pim
 ip pim hello 1 4
 ip igmp
!
interface eth1
 ip pim
 ip pim hello 1 4
 ip igmp
!
interface eth2
 ip pim
 ip pim hello 1 4
!
"""


class Routes(dict[IPv4Network, Rpf]):
    """The unicast routes of a router of ours, by prefix; none is in another."""

    def __call__(self, root: IPv4Address, group: IPv4Address) -> Rpf | None:
        return next((rpf for prefix, rpf in self.items() if root in prefix), None)


class Site:
    """The network, what happens in it, and what FRR says of it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        names = ("switch", "ours", "other", "frr", "hosts")
        self._nodes = {name: stack.enter_context(Namespace()) for name in names}
        self._connect()
        links = {"switch": BRIDGE, "other": SECOND, "hosts": "eth0"}
        self.taps = [stack.enter_context(Tap(self._nodes[n], link)) for n, link in links.items()]
        self.frr = Frr(self._nodes["frr"], {"pimd": _PIMD})
        rp = IPv4Network(RP)
        beyond = Rpf(BEYOND, IPv4Address("10.1.9.1"))
        both = {HOSTS: Rpf(LAN, FRR), FAR_NET: beyond}
        self.routes = Routes({rp: Rpf(LOOPBACK, None, is_local=True), **both})
        self.other_routes = Routes({rp: Rpf(LAN, OURS), **both})
        self.ours = self._start_ours()
        self.other = self._router("other", self.other_routes)
        self._enable(self.other, LAN, OTHER)
        self._enable(self.other, SECOND, IPv4Address("10.1.4.3"))

    def eventually(self, condition: Callable[[], object]) -> None:
        eventually(condition, self.ours, self.other)

    def is_up(self) -> bool:
        """All three know each other on the LAN."""
        ours, other = (
            {view.address for view in wire.engine.neighbors(wire.now) if view.interface == LAN}
            for wire in (self.ours, self.other)
        )
        theirs = set(self.neighbors())
        return (ours, other, theirs) == ({FRR, OTHER}, {FRR, OURS}, {str(OURS), str(OTHER)})

    # -- what FRR says

    def neighbors(self) -> dict[str, Any]:
        """Its neighbours on the LAN, by address."""
        return dict(self.frr.json("show ip pim neighbor json").get(LAN, {}))

    def designated(self) -> str:
        """Whom it takes for the designated router of the LAN."""
        return str(self.frr.json("show ip pim interface json")[LAN]["pimDesignatedRouter"])

    def querier(self) -> str:
        """Whom it takes for the querier of the LAN (IGMP)."""
        return str(self.frr.json("show ip igmp interface json")[LAN]["querierIp"])

    def upstream(self, group: IPv4Address, source: IPv4Address | str = "*") -> dict[str, Any]:
        """What it wants of a tree; nothing when it has none."""
        shown = self.frr.json("show ip pim upstream json")
        return dict(shown.get(str(group), {}).get(str(source), {}))

    def join_state(self, group: IPv4Address, source: IPv4Address) -> str | None:
        """DownstreamJPState(S,G) of the LAN in its words; None where it keeps nothing."""
        link = self.frr.json("show ip pim join json").get(LAN, {})
        state = link.get(str(group), {}).get(str(source), {}).get("channelJoinName")
        return None if state is None else str(state)

    def is_joined(self, group: IPv4Address, source: IPv4Address) -> bool:
        """Whether it holds a Join of the LAN."""
        return self.join_state(group, source) == "JOIN"

    def forwards(self, group: IPv4Address, source: IPv4Address) -> bool:
        """Whether it sends packets of a source onto the LAN."""
        route = self.frr.json("show ip mroute json").get(str(group), {}).get(str(source), {})
        return LAN in route.get("oil", {})

    # -- what happens

    def join(self, group: IPv4Address, source: IPv4Address | None = None) -> None:
        """A member appears on the LAN of the host."""
        self.frr.configure(f"interface {SECOND}", self._membership(group, source))

    def leave(self, group: IPv4Address, source: IPv4Address | None = None) -> None:
        self.frr.configure(f"interface {SECOND}", f"no {self._membership(group, source)}")

    def send(self, group: IPv4Address) -> None:
        """A packet of the host."""
        self._nodes["hosts"].inside(partial(send_packet, "eth0", HOST, group))

    def send_far(self, node: str, interface: str, group: IPv4Address) -> None:
        """A packet of the far source, as the switch of `ours` or `other` would pass it on."""
        self._nodes[node].inside(partial(send_packet, interface, FAR, group))

    def restart_ours(self) -> None:
        """Our router starts again, and knows nothing."""
        self.ours.close()
        self.ours = self._start_ours()

    def our_settings(self, **settings: Any) -> None:
        """Other settings on the LAN."""
        self.ours.tell(PimEnabled(interface=LAN, settings=_settings(**settings)))

    def namespace(self, node: str) -> Namespace:
        return self._nodes[node]

    # -- how it is made

    def _connect(self) -> None:
        nodes = self._nodes
        lan(nodes["switch"], {name: (nodes[name], LAN) for name in ("ours", "frr", "other")})
        cable(nodes["hosts"], nodes["frr"], "eth0", "eth1")
        cable(nodes["other"], nodes["frr"], SECOND, "eth2")
        for number, address in enumerate((f"{FRR}/24", "10.1.2.2/24", "10.1.4.2/24")):
            nodes["frr"].address(f"eth{number}", address)
        nodes["hosts"].address("eth0", f"{HOST}/24")
        nodes["frr"].run("sysctl", "-w", "net.ipv4.ip_forward=1")
        nodes["frr"].route(f"{RP}/32 via {OURS}")
        nodes["frr"].route(_ROUTE_OF_FAR)

    def _start_ours(self) -> Wire[PimEngine]:
        wire = self._router("ours", self.routes)
        wire.up(LOOPBACK, f"{RP}/32")
        self._enable(wire, LAN, OURS)
        back = f"route replace {HOSTS} via {FRR}"  # of Register-Stops
        self._nodes["ours"].inside(partial(ip_batch, [back]))
        return wire

    def _router(self, name: str, routes: Routes) -> Wire[PimEngine]:
        config = PimConfig(rps=(StaticRp(address=RP, groups=ALL_SPARSE),))
        engine = PimEngine(rpf=routes, rng=Random(), config=config)
        wire = Wire(engine, self._nodes[name], protocols=(IpProtocol.PIM,))
        return self._stack.enter_context(wire)

    @staticmethod
    def _enable(wire: Wire[PimEngine], interface: str, address: IPv4Address) -> None:
        wire.up(interface, f"{address}/24")
        wire.tell(PimEnabled(interface=interface, settings=_settings()))

    @staticmethod
    def _membership(group: IPv4Address, source: IPv4Address | None) -> str:
        return f"ip igmp join {group}" if source is None else f"ip igmp join {group} {source}"


def _settings(**others: Any) -> PimSettings:
    base = {"hello_period": 1.0, "triggered_hello_delay": 0.2, "join_prune_period": float(RARELY)}
    return PimSettings(**(base | others))
