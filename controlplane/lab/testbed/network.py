"""Building a plan's network: namespaces, links, LANs, addresses.

Mininet makes the namespaces. Everything else goes through ip(8) in few batches: all links in one,
then one a node, so that a network of thirty nodes stands within a second.

    router --- router        one veth pair, its ends made inside the two namespaces
    router --- br0 --- host  a LAN: a bridge in a namespace of its own, a veth pair an end;
                             so is a link that is to lose packets without a sign of it,
                             and one between two switches of a kind that `reads_no_more`

No kernel says anything of itself here: IPv6 is off before an interface exists, and the ports of
switches have no IPv4 address. What a capture shows was sent by a switch, asked of a host, or said
by FRR, whose routers are Linux nodes that forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any, Final

from controlplane.lab.plan import HostPlan, LinkEnd, LinkPlan, NetworkPlan
from controlplane.lab.testbed.capture import Tap
from controlplane.lab.testbed.namespace import inside, ip_batch, set_sysctls
from controlplane.lab.testbed.nodes import node_classes
from controlplane.lab.testbed.offload import turn_off_offloads
from controlplane.lab.testbed.owner import VARIABLE, Owner
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.router.config import RouterConfig

CPU_PORT: Final = 510
BRIDGE: Final = "br0"

_QUIET: Final = {
    "ipv6/conf/all/disable_ipv6": 1,
    "ipv6/conf/default/disable_ipv6": 1,
    "ipv4/ip_forward": 0,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What Mininet's command line asks for: two nodes' link up or down, a switch on or off."""

    link: Callable[[str, str, bool], str | None]
    power: Callable[[str, bool], None]


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a cable: an interface in the namespace of `node`."""

    node: str
    interface: str
    port: int | None = None
    settings: str = ""
    address: IPv4Interface | None = None


class Network:
    """The nodes and links of a plan, up and addressed; `mininet` is what Mininet's CLI works on."""

    def __init__(self, plan: NetworkPlan, owner: Owner, target: str, commands: Commands) -> None:
        classes = node_classes()
        targets = {"softswitch": classes.SoftswitchNode, "bmv2": classes.Bmv2Node}
        self._router_class = targets[target]
        self._plan = _between_bridges(plan) if self._router_class.reads_no_more else plan
        self._links = {link.name: link for link in self._plan.links}
        self._owner = owner
        self.mininet = classes.LabNet(commands.link)
        self._on_power = commands.power

    def build(self) -> None:
        """Make everything; what is made by the time of an error, `stop` takes down."""
        self._add_nodes()
        for node in self._nodes():
            inside(node.pid, partial(set_sysctls, self._sysctls(node.name)))
        cables = [cable for link in self._plan.links for cable in _cables(self._plan, link)]
        ip_batch([*self._bridges(), *map(self._cable_command, cables)])
        self._tell_mininet(cables)
        for node in self._nodes():
            inside(node.pid, partial(self._configure, node))

    def cli(self) -> None:
        """Mininet's command line, until its user leaves it."""
        node_classes().LabCli(self.mininet)

    def stop(self) -> None:
        """End the namespaces, and every interface with them."""
        for node in self._nodes():
            node.terminate()

    def namespace(self, node: str) -> int:
        """A process in the network namespace of a node."""
        pid: int = self.mininet.nameToNode[node].pid
        return pid

    def switch_command(self, router: str) -> list[str]:
        """What runs a router's switch."""
        command: list[str] = self.mininet.nameToNode[router].switch_command()
        return command

    def socket(self, router: str) -> Path:
        """The path of the socket on which a router's switch serves P4Runtime."""
        return self._owner.folder / f"{router}.sock"

    def address(self, router: str) -> str:
        """The same, as gRPC writes it."""
        return f"unix:{self.socket(router)}"

    def device_id(self, router: str) -> int:
        """The switch's id in P4Runtime."""
        return list(self._plan.routers).index(router) + 1

    def ports(self, router: str) -> dict[str, int]:
        """The port numbers of a router's switch by interface."""
        return {name: port for port, name in self._ports(self._plan.routers[router]).items()}

    def tap(self, link: str) -> Tap:
        """Where to capture a link: its bridge, or the first end."""
        if self._links[link].bridged:
            return Tap(link, self.namespace(link), BRIDGE)
        first, *_ = self._links[link].ends
        return Tap(link, self.namespace(first.node), first.interface)

    def set_link(self, link: str, up: bool) -> None:
        """Take every end of a link down, or up again with what the kernel forgot meanwhile."""
        for node, interface in self._breaks_at(self._links[link]):
            commands = [f"link set {interface} {'up' if up else 'down'}"]
            if up and node in self._plan.hosts:
                commands.append(_default_route(self._plan.hosts[node]))
            inside(self.namespace(node), partial(ip_batch, commands))

    def cut(self, link: str, *, cut: bool) -> None:
        """Let the bridge of a link pass nothing on, while every end keeps its carrier."""
        master = "nomaster" if cut else f"master {BRIDGE}"
        commands = [f"link set {port} {master}" for port in _bridge_ports(self._links[link])]
        inside(self.namespace(link), partial(ip_batch, commands))

    # -- nodes

    def _add_nodes(self) -> None:
        classes, environment = node_classes(), {VARIABLE: self._owner.mark}
        for name, config in self._plan.routers.items():
            if name in self._plan.frr:
                self.mininet.add(classes.HostNode(name, environment))
                continue
            self.mininet.add(
                self._router_class(
                    name,
                    environment,
                    ports=self._ports(config),
                    address=self.address(name),
                    device_id=self.device_id(name),
                    cpu_port=CPU_PORT,
                    on_power=self._on_power,
                )
            )
        for name in self._plan.hosts:
            self.mininet.add(classes.HostNode(name, environment))
        for link in self._plan.links:
            if link.bridged:
                self.mininet.add(classes.LanNode(link.name, environment))

    def _nodes(self) -> list[Any]:
        return list(self.mininet.nameToNode.values())

    def _ports(self, config: RouterConfig) -> dict[int, str]:
        ends = (end for link in self._plan.links for end in link.ends)
        return {
            end.port: end.interface
            for end in ends
            if end.node == config.name and end.port is not None
        }

    def _sysctls(self, node: str) -> dict[str, int]:
        if node in self._plan.frr:
            return {**_QUIET, "ipv4/ip_forward": 1}
        host = self._plan.hosts.get(node)
        if host is None:
            return _QUIET
        return {**_QUIET, "ipv4/conf/default/force_igmp_version": host.igmp_version}

    def _configure(self, node: Any) -> None:
        """From inside the node's namespace: everything up, addresses and routes at a host."""
        names = list(node.nameToIntf)
        for name in names:
            turn_off_offloads(name)
        ip_batch(self._node_commands(node.name, names))

    def _node_commands(self, node: str, interfaces: list[str]) -> Iterator[str]:
        yield from (f"link set {name} up" for name in ["lo", *interfaces])
        host = self._plan.hosts.get(node)
        if host is not None:
            yield f"address add {host.address} dev {host.interface}"
            yield _default_route(host)
        elif node in self._plan.frr:
            yield from _addresses(self._plan.routers[node])
        elif node not in self._plan.routers:
            yield from (f"link set {name} master {BRIDGE}" for name in interfaces)
            yield f"link set {BRIDGE} up"

    # -- links

    def _breaks_at(self, link: LinkPlan) -> Iterator[tuple[str, str]]:
        """The interfaces that go down with a link: a switch's own, or else what faces it."""
        if not self._router_class.reads_no_more:
            yield from ((end.node, end.interface) for end in link.ends)
        elif link.bridged:
            yield from ((link.name, port) for port in _bridge_ports(link))
        else:
            yield from ((end.node, end.interface) for end in link.ends if end.port is None)

    def _bridges(self) -> Iterator[str]:
        for link in self._plan.links:
            if link.bridged:
                namespace = self.namespace(link.name)
                options = "mcast_snooping 0 stp_state 0"
                yield f"link add {BRIDGE} netns {namespace} type bridge {options}"

    def _cable_command(self, cable: tuple[_End, _End]) -> str:
        near, far = (
            f"{end.interface} netns {self.namespace(end.node)} {end.settings}" for end in cable
        )
        return f"link add {near} type veth peer name {far}"

    def _tell_mininet(self, cables: list[tuple[_End, _End]]) -> None:
        by_name, classes = self.mininet.nameToNode, node_classes()
        for cable in cables:
            ends = ((by_name[end.node], end.interface, end.port, end.address) for end in cable)
            self.mininet.links.append(classes.PlannedLink(*ends))


def _between_bridges(plan: NetworkPlan) -> NetworkPlan:
    """With a bridge on each link that has switches alone at its ends."""
    links = tuple(
        replace(link, silently=True) if all(end.port is not None for end in link.ends) else link
        for link in plan.links
    )
    return replace(plan, links=links)


def _cables(plan: NetworkPlan, link: LinkPlan) -> list[tuple[_End, _End]]:
    """A link of two ends is one cable, or one from each end to the bridge between them."""
    ends = [_end(plan, end, link.mtu) for end in link.ends]
    if not link.bridged:
        return [(ends[0], ends[1])]
    settings = f"mtu {link.mtu}"
    ports = (_End(link.name, port, settings=settings) for port in _bridge_ports(link))
    return list(zip(ends, ports, strict=True))


def _bridge_ports(link: LinkPlan) -> list[str]:
    return [f"p{number}" for number, _ in enumerate(link.ends, start=1)]


def _end(plan: NetworkPlan, end: LinkEnd, mtu: int) -> _End:
    host = plan.hosts.get(end.node)
    if host is not None:
        settings = f"address {host.mac} mtu {mtu}"
        return _End(end.node, end.interface, None, settings, host.address)
    interface = _on_port(plan.routers[end.node], end.port)
    return _End(end.node, end.interface, end.port, f"address {interface.mac} mtu {mtu}")


def _addresses(router: RouterConfig) -> Iterator[str]:
    """Of a router whose interfaces are the kernel's."""
    for item in router.interfaces:
        is_loopback = item.interface.kind is InterfaceKind.LOOPBACK
        name = "lo" if is_loopback else item.interface.name
        yield f"address add {item.interface.address} dev {name}"


def _on_port(router: RouterConfig, port: int | None) -> Interface:
    """The first interface on a port; those of other VLANs on it share its MAC address."""
    return next(i.interface for i in router.interfaces if i.interface.port == port)


def _default_route(host: HostPlan) -> str:
    return f"route replace default via {host.gateway}"
