"""Our engine and FRR's ldpd on one cable, with static routes to what is behind each.

    10.1.0.0/24                                                    10.2.0.0/24
         |                                                              |
        ours, 10.9.0.N -- 10.0.0.1 ------- 10.0.0.2 -- FRR, 10.9.0.5 ---+

Our loopback is 10.9.0.1 or 10.9.0.9: the higher address of the two plays the active role.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any, Final

from controlplane.engine.labels import LabelSpace
from controlplane.net.label import Label
from controlplane.protocols.ldp.engine import LdpEngine
from controlplane.protocols.ldp.events import (
    BindingsChanged,
    FecBinding,
    FecNextHop,
    FecRoute,
    FecsChanged,
    LdpConfig,
    LdpEnabled,
)
from controlplane.protocols.ldp.show import NeighborView
from controlplane.wire.ldp.numbers import LDP_PORT
from tests.peers.frr import Frr
from tests.peers.namespace import Namespace, cable
from tests.peers.wire import Wire, eventually

WE, THEY = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
PASSIVE, ACTIVE = IPv4Address("10.9.0.1"), IPv4Address("10.9.0.9")
THEIR_ID = IPv4Address("10.9.0.5")

THEIR_LOOPBACK = IPv4Network(THEIR_ID)
THEIR_NETWORK = IPv4Network("10.2.0.0/24")
OUR_NETWORK = IPv4Network("10.1.0.0/24")
VIA_THEM = FecNextHop("eth0", THEY)

_LDPD: Final = """
mpls ldp
 router-id {router_id}
 {more}
 address-family ipv4
  discovery transport-address {router_id}
  discovery hello interval 1
  discovery hello holdtime 5
  session holdtime 15
  {family}
  interface eth0
  exit
 exit-address-family
exit
"""


class Pair:
    """Both run from the start; `stack` takes them apart.

    `more` and `family` are lines of FRR's configuration; `settings` are our own that differ.
    """

    def __init__(
        self,
        stack: ExitStack,
        our_id: IPv4Address = ACTIVE,
        *,
        more: str = "",
        family: str = "",
        **settings: Any,
    ) -> None:
        self.our_id = our_id
        self.labels = LabelSpace()
        self.ours, self.theirs = (stack.enter_context(Namespace()) for _ in range(2))
        cable(self.ours, self.theirs, "eth0", "eth0")
        self.frr = self._start_frr(more, family)
        self.wire = stack.enter_context(self._start_ours(settings))

    def _start_frr(self, more: str, family: str) -> Frr:
        self.theirs.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "eth2")
        for interface in ("eth1", "eth2"):
            self.theirs.link(interface, "up")
        self.theirs.address("eth0", f"{THEY}/24")
        self.theirs.address("eth1", "10.2.0.1/24")
        self.theirs.address("lo", f"{THEIR_ID}/32")
        for prefix in (f"{self.our_id}/32", str(OUR_NETWORK)):
            self.theirs.run("ip", "route", "add", prefix, "via", str(WE))
        ldpd = _LDPD.format(router_id=THEIR_ID, more=more, family=family)
        return Frr(self.theirs, {"ldpd": ldpd})

    def _start_ours(self, settings: dict[str, Any]) -> Wire[LdpEngine]:
        config = LdpConfig(
            router_id=self.our_id,
            transport_address=self.our_id,
            hello_interval=1.0,
            hello_hold=5.0,
            keepalive_hold=15.0,
        )
        engine = LdpEngine(replace(config, **settings), labels=self.labels, rng=Random(1))
        wire = Wire(engine, self.ours, ports=(LDP_PORT,))
        wire.tell(LdpEnabled(interface="eth0"))
        wire.up("lo", f"{self.our_id}/32")
        wire.up("eth0", f"{WE}/24")
        self.ours.route(f"{THEIR_ID}/32 via {THEY}")
        own = (IPv4Network(self.our_id), OUR_NETWORK)
        learnt = (THEIR_LOOPBACK, THEIR_NETWORK)
        routes = [FecRoute(prefix=prefix, next_hops=frozenset()) for prefix in own]
        routes += [FecRoute(prefix=prefix, next_hops=frozenset({VIA_THEM})) for prefix in learnt]
        wire.tell(FecsChanged(changed=tuple(routes)))
        return wire

    def neighbor(self) -> NeighborView | None:
        """What we have to show of FRR."""
        views = self.wire.engine.neighbors(self.wire.now)
        return next((view for view in views if view.peer.router == THEIR_ID), None)

    def state(self) -> str:
        view = self.neighbor()
        return view.state if view else "unknown"

    def comes_up(self) -> None:
        """Both ends say that the session is operational."""
        eventually(lambda: self.state() == "operational", self.wire)
        eventually(lambda: self.their_neighbor().get("state") == "OPERATIONAL", self.wire)

    def outgoing(self, prefix: IPv4Network) -> Label | None:
        """The label of FRR that our engine has for a FEC."""
        binding = self.bindings().get(prefix)
        return binding.outgoing.get(VIA_THEM) if binding else None

    def remote(self, prefix: IPv4Network) -> str | None:
        """Our label of a FEC, as FRR shows it."""
        shown = self.their_bindings().get(prefix)
        return shown[1] if shown else None

    def bindings(self) -> dict[IPv4Network, FecBinding]:
        """What our engine has told of labels."""
        told = (o for o in self.wire.outputs if isinstance(o, BindingsChanged))
        return {binding.prefix: binding for output in told for binding in output.bindings}

    def their_neighbor(self) -> dict[str, Any]:
        """What FRR has to show of us."""
        neighbors = self.frr.json("show mpls ldp neighbor json")["neighbors"]
        return next((n for n in neighbors if n["neighborId"] == str(self.our_id)), {})

    def their_bindings(self) -> dict[IPv4Network, tuple[str, str]]:
        """FRR's label and ours of each FEC, as it shows them: `(local, remote)`."""
        bindings = self.frr.json("show mpls ldp binding json")["bindings"]
        return {
            IPv4Network(b["prefix"]): (b["localLabel"], b["remoteLabel"])
            for b in bindings
            if b["neighborId"] == str(self.our_id)
        }
