"""FRR in a core of ours: a whole live router on one end of a cable, FRR on the other.

    10.4.0.0/24 --- h1 ---------- pe1 ============ FRR as p1 ---------- nobody --- 10.3.0.0/24
                     10.1.1.0/24                         10.2.0.0/24

pe1 is what a lab makes of frr-core.yaml: a router, its session, its switch, its host stack. Both
have a static route to a network behind an interface with LDP. They tell it each other as ASBRs, and
give it a label of their own; for other networks of theirs they ask to pop, or for label 0.

The kernel may know nothing of MPLS: what comes to FRR with a label ends there, and FRR sends
nothing with one. Tests do, in its place, and in that of an LSR where h1 is.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Final, TypeVar

from controlplane.lab.load import load
from controlplane.lab.testbed.network import CPU_PORT
from controlplane.lab.testbed.owner import accepts
from controlplane.live.controllers import Controllers
from controlplane.live.ports import SwitchPorts
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL
from controlplane.p4rt.address import SwitchAddress
from controlplane.protocols.ldp.events import EgressLabel
from controlplane.protocols.ospf.events import Md5Key
from controlplane.rib.route import Gateway, Route, RouteProtocol
from controlplane.router.config import RouterConfig
from controlplane.router.lives import Lives
from tests.peers.frr import Frr
from tests.peers.namespace import Namespace, cable
from tests.peers.ospf.configuration import FrrInterface, ospfd
from tests.peers.ospf.tables import Table, frr_table

PE1, P1 = IPv4Address("10.9.0.1"), IPv4Address("10.9.0.2")
H1: Final = IPv4Address("10.1.1.10")
H1_NETWORK: Final = IPv4Network("10.1.1.0/24")
P1_NETWORK: Final = IPv4Network("10.2.0.0/24")
BEYOND_P1: Final = IPv4Network("10.3.0.0/24")
BEYOND_H1: Final = IPv4Network("10.4.0.0/24")

CORE, EDGE = "eth1", "eth2"
"""The interfaces of pe1, and of FRR."""

UP: Final = {"ospf": "Full", "ldp": "Operational", "bfd": "Up"}
"""The state of a neighbour that is there, by protocol."""

Shown = TypeVar("Shown")

Labels = dict[str, tuple[str, str]]
"""By network: the label that pe1 wants its packets to come with, and FRR's."""

_LAB: Final = Path(__file__).with_name("frr-core.yaml")
_SWITCHES: Final = {
    "softswitch": [sys.executable, "-m", "softswitch"],
    "bmv2": ["simple_switch_grpc", "--log-level", "off"],
}
_SOCKET: Final = "/run/switch.sock"
_KEY_ID: Final = 1
_LIMIT: Final = 60.0
_POLL: Final = 0.05

_DAEMONS: Final = ("bfdd", "ospfd", "ldpd")
_BFDD: Final = """
bfd
 profile core
  detect-multiplier 10
  receive-interval 150
  transmit-interval 150
 exit
exit
"""
_LDPD: Final = """
mpls ldp
 router-id {router_id}
 {password}
 address-family ipv4
  discovery transport-address {router_id}
  discovery hello interval 1
  discovery hello holdtime 300
  session holdtime 300
  interface eth1
  exit
  interface eth2
  exit
 exit-address-family
exit
"""


class FrrCore:
    """Both run from the start; `stack` takes them apart. With a `key`, OSPF and LDP use MD5."""

    def __init__(
        self,
        stack: ExitStack,
        *,
        target: str = "softswitch",
        key: str = "",
        egress_label: EgressLabel = EgressLabel.IMPLICIT_NULL,
    ) -> None:
        self.ours, self.theirs, self.host = (stack.enter_context(Namespace()) for _ in range(3))
        self._config = _config(key, egress_label)
        _, core, edge = (item.interface for item in self._config.interfaces)
        self.subnet, self.we = core.address.network, core.address.ip
        self.macs = {CORE: str(core.mac), EDGE: str(edge.mac)}
        self.they = next(address for address in self.subnet.hosts() if address != self.we)
        self._ports = {item.name: item.port for item in (core, edge) if item.port is not None}
        self._lay_cables(edge.address.ip)
        self._frr = self._start_frr(key)
        self._start_switch(stack, target)
        self._controllers = self._start_router(stack)

    # -- what pe1 shows

    def show(self, noun: str) -> list[dict[str, Any]]:
        return self._controllers.show("pe1", noun, None)

    def routes(self) -> Table:
        """Those of OSPF, in the form of FRR's."""
        return {
            row["prefix"]: f"{row['metric']} via {row['via']}"
            for row in self.show("route")
            if row["protocol"] == "ospf"
        }

    def neighbors(self, protocol: str) -> list[str]:
        """The states of pe1's neighbours."""
        return [row["state"] for row in self.show(f"{protocol} neighbor")]

    def labels(self) -> Labels:
        """As pe1 has them; of networks without a label of FRR's there are none."""
        return {
            row["prefix"]: (_label(row["local"]), _label(remote["label"]))
            for row in self.show("ldp binding")
            for remote in row["remote"]
        }

    def notices(self) -> list[str]:
        """What pe1 has told so far, in words."""
        return [traced.notice.words() for traced in self._controllers.notices("pe1")]

    # -- what FRR shows

    def their_routes(self) -> Table:
        return frr_table(self._frr)

    def their_neighbors(self, protocol: str) -> list[str]:
        """The states of FRR's neighbours, in our words."""
        match protocol:
            case "ospf":
                neighbors = self._frr.json("show ip ospf neighbor json")["neighbors"]
                return [views[0]["nbrState"].partition("/")[0] for views in neighbors.values()]
            case "ldp":
                shown = self._frr.json("show mpls ldp neighbor json")  # {} when there are none
                return [view["state"].capitalize() for view in shown.get("neighbors", ())]
            case _:
                peers = self._frr.json("show bfd peers json")
                return [view["status"].capitalize() for view in peers]

    def their_labels(self) -> Labels:
        """As FRR has them."""
        return {
            row["prefix"]: (row["remoteLabel"], row["localLabel"])
            for row in self._frr.json("show mpls ldp binding json").get("bindings", ())
            if row["neighborId"] == str(PE1)
        }

    # -- states to wait for

    def is_up(self) -> bool:
        """Both are neighbours, have all routes and labels of each other, and so has the switch."""
        return (
            all(self.neighbors(protocol) == [state] for protocol, state in UP.items())
            and not any(row["waits_for_ldp"] for row in self.show("ospf interface"))
            and {*self.routes()} == {f"{P1}/32", str(P1_NETWORK), str(BEYOND_P1)}
            and all(self.their_neighbors(protocol) == [state] for protocol, state in UP.items())
            and {*self.their_routes()} >= {f"{PE1}/32", str(H1_NETWORK), str(BEYOND_H1)}
            and self.labels() == self.their_labels()
            and self._controllers.in_step()
        )

    def is_lost_to_us(self) -> bool:
        """pe1 has no neighbour."""
        return all(self.neighbors(protocol) != [state] for protocol, state in UP.items())

    def is_apart(self) -> bool:
        """Neither has a neighbour, nor what came from there."""
        return (
            self.is_lost_to_us()
            and not self.routes()
            and all(self.their_neighbors(protocol) != [state] for protocol, state in UP.items())
            and str(BEYOND_H1) not in self.their_routes()
        )

    def becomes(self, shown: Callable[[], Shown], wanted: Shown) -> None:
        """Wait until this is shown; the difference is told when it is not."""
        try:
            self.eventually(lambda: shown() == wanted)
        except AssertionError:
            raise AssertionError(f"{shown()}, not {wanted}") from None

    def eventually(self, holds: Callable[[], object]) -> None:
        """Wait until this holds; a failure of the test, with pe1's notices, when it does not."""
        end = time.monotonic() + _LIMIT
        while not holds():
            assert self._controllers.failures() == {}
            assert time.monotonic() < end, "; ".join(["pe1 noticed", *self.notices()])
            time.sleep(_POLL)

    # -- what happens to them

    @contextmanager
    def link_down(self, end: Namespace) -> Iterator[None]:
        """The cable's end at one of them is down for a while."""
        end.link(CORE, "down")
        try:
            yield
        finally:
            end.link(CORE, "up")

    @contextmanager
    def frr_hangs(self) -> Iterator[None]:
        """FRR's protocols are not served for a while, and remember what was before."""
        self._signal_frr("STOP")
        try:
            yield
        finally:
            self._signal_frr("CONT")

    @contextmanager
    def frr_dies(self) -> Iterator[None]:
        """FRR's protocols are gone for a while, and then start anew."""
        self._signal_frr("KILL")
        try:
            yield
        finally:
            for daemon in _DAEMONS:
                self._frr.start(daemon)

    def _signal_frr(self, name: str) -> None:
        for daemon in _DAEMONS:
            pid = self.theirs.path(f"/run/frr/{daemon}.pid").read_text().strip()
            self.theirs.run("kill", f"-{name}", pid)

    def restart(self) -> None:
        """Let pe1 forget everything."""
        self._controllers.restart("pe1")

    # -- making them

    def _lay_cables(self, gateway: IPv4Address) -> None:
        cable(self.ours, self.theirs, CORE, CORE)
        cable(self.ours, self.host, EDGE, "eth0")
        cable(self.theirs, self.theirs, EDGE, "nobody")
        self.host.address("eth0", f"{H1}/{H1_NETWORK.prefixlen}")
        self.host.route(f"default via {gateway}")
        self.theirs.address(CORE, f"{self.they}/{self.subnet.prefixlen}")
        self.theirs.address(EDGE, f"{P1_NETWORK[1]}/{P1_NETWORK.prefixlen}")
        self.theirs.address("lo", f"{P1}/32")
        self.theirs.route(f"{BEYOND_P1} via {P1_NETWORK[9]}")

    def _start_frr(self, key: str) -> Frr:
        core = FrrInterface(
            name=CORE,
            key=(_KEY_ID, key) if key else None,
            more=("ip ospf dead-interval 300", "ip ospf bfd", "ip ospf bfd profile core"),
        )
        edge, loopback = FrrInterface(name=EDGE, passive=True), FrrInterface(name="lo", cost=1)
        password = f"neighbor {PE1} password {key}" if key else ""
        configurations = {
            "bfdd": _BFDD,
            "ospfd": ospfd(str(P1), [core, edge, loopback], "redistribute kernel"),
            "ldpd": _LDPD.format(router_id=P1, password=password),
        }
        return Frr(self.theirs, configurations)

    def _start_switch(self, stack: ExitStack, target: str) -> None:
        """Its socket is in a folder that ends with the namespace."""
        inside = ["setpriv", "--pdeathsig", "KILL", "nsenter", "--net", "--mount", "-t"]
        ports = (f"-i{port}@{name}" for name, port in self._ports.items())
        own = ["--no-p4", *ports, "--device-id", "1"]
        target_own = ["--grpc-server-addr", f"unix:{_SOCKET}", "--cpu-port", str(CPU_PORT)]
        switch = subprocess.Popen(
            [*inside, str(self.ours.pid), *_SWITCHES[target], *own, "--", *target_own],
            stdout=subprocess.DEVNULL,
        )
        stack.callback(switch.wait)
        stack.callback(switch.kill)
        end = time.monotonic() + _LIMIT
        while not accepts(self.ours.path(_SOCKET)):
            assert switch.poll() is None and time.monotonic() < end, "the switch does not serve"
            time.sleep(_POLL)

    def _start_router(self, stack: ExitStack) -> Controllers:
        beyond = Route(
            prefix=BEYOND_H1, protocol=RouteProtocol.STATIC, next_hops=(Gateway(EDGE, H1),)
        )
        controllers = Controllers({("pe1", DEFAULT_VRF): {RouteProtocol.STATIC: (beyond,)}})
        stack.callback(controllers.stop)
        controllers.start(
            Lives(self._config, "1 pe1"),
            SwitchAddress(f"unix:{self.ours.path(_SOCKET)}", 1),
            SwitchPorts(self.ours.pid, self._ports),
        )
        return controllers


def _config(key: str, egress_label: EgressLabel) -> RouterConfig:
    """pe1's of the lab, with LDP where h1 is, and with keys towards p1."""
    config = load(_LAB).plan.routers["pe1"]
    loopback, core, edge = config.interfaces
    assert core.ospf is not None and config.ldp is not None
    ldp = replace(config.ldp, egress_label=egress_label)
    if key:
        md5 = Md5Key(id=_KEY_ID, key=key.encode())
        core = replace(core, ospf=replace(core.ospf, md5_keys=(md5,)))
        ldp = replace(ldp, md5_keys={P1: key.encode()})
    return replace(config, interfaces=(loopback, core, replace(edge, ldp=True)), ldp=ldp)


def _label(label: int) -> str:
    """In FRR's words."""
    return {IMPLICIT_NULL: "imp-null", EXPLICIT_NULL: "exp-null"}.get(label, str(label))
