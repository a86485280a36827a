"""Mininet nodes of a lab: P4 routers, LANs and hosts, each in a network namespace of its own.

Links are made before Mininet hears of them, both ends at once and inside their namespaces: no
interface ever stands in the machine's own namespace, so none is left there when a run is killed.
`PlannedInterface` and `PlannedLink` tell Mininet of what exists, for its CLI.

This folder is no package: `import mininet` is Mininet itself. `controlplane.lab.testbed.nodes`
loads this file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from ipaddress import IPv4Interface
from subprocess import Popen
from typing import Any, ClassVar

from mininet.cli import CLI
from mininet.link import Intf, Link
from mininet.net import Mininet
from mininet.node import Node


class LabNode(Node):
    """`environment` is added to that of every process of this node; it marks them as the lab's."""

    def __init__(self, name: str, environment: Mapping[str, str], **params: Any) -> None:
        self._environment = {**os.environ, **environment}
        super().__init__(name, **params)

    def _popen(self, cmd: list[str], **params: Any) -> Popen[bytes]:
        return super()._popen(cmd, **{"env": self._environment, **params})

    def start(self, controllers: object = None) -> None:
        """For Mininet's `switch NAME start`: it runs already."""

    def stop(self, deleteIntfs: bool = False) -> None:
        """For Mininet's `switch NAME stop`: it runs as long as the lab."""


class HostNode(LabNode):
    """A Linux host."""


class LanNode(LabNode):
    """A LAN: a bridge, `br0`, that floods multicast as a hub does."""


class P4Node(LabNode):
    """A P4 switch: `ports` are its interfaces by port number, `address` is where P4Runtime is.

    Mininet's command `switch NAME start|stop` goes to `on_power`. A target that `reads_no_more` of
    any port when an interface of its own goes down needs links that break elsewhere.
    """

    program: ClassVar[list[str]]
    reads_no_more: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        *,
        ports: Mapping[int, str],
        address: str,
        device_id: int,
        cpu_port: int,
        on_power: Callable[[str, bool], None],
    ) -> None:
        super().__init__(name, environment)
        self.lab_ports, self.address = ports, address
        self.device_id, self.cpu_port = device_id, cpu_port
        self._on_power = on_power

    def start(self, controllers: object = None) -> None:
        self._on_power(self.name, True)

    def stop(self, deleteIntfs: bool = False) -> None:
        self._on_power(self.name, False)

    def switch_command(self) -> list[str]:
        """What runs the switch; the controller gives it its pipeline later."""
        interfaces = [f"-i{port}@{name}" for port, name in self.lab_ports.items()]
        own = ["--no-p4", *interfaces, "--device-id", str(self.device_id)]
        target = ["--grpc-server-addr", self.address, "--cpu-port", str(self.cpu_port)]
        return [*self.program, *own, "--", *target]


class SoftswitchNode(P4Node):
    """The embedded target."""

    program: ClassVar[list[str]] = [sys.executable, "-m", "softswitch"]


class Bmv2Node(P4Node):
    """BMv2; its Thrift server, where it is built with one, listens inside the namespace.

    Without `--log-level off` it composes its messages for each packet even if it has no log. When
    one of its interfaces goes down, it waits there for a packet (behavioral-model's issue 1215).
    """

    program: ClassVar[list[str]] = ["simple_switch_grpc", "--log-level", "off"]
    reads_no_more: ClassVar[bool] = True


class PlannedInterface(Intf):
    """An interface that is in its namespace already, with the address that it has there."""

    def __init__(
        self, name: str, node: Node, port: int | None, link: Link, address: IPv4Interface | None
    ) -> None:
        def stay(_interface: str, _node: Node) -> None:
            """It is where it belongs."""

        super().__init__(name, node=node, port=port, link=link, moveIntfFn=stay)
        if address is not None:
            self.ip, self.prefixLen = str(address.ip), address.network.prefixlen

    def config(self, **_params: Any) -> None:
        """It is configured already."""


class PlannedLink(Link):
    """A link that exists already; each end is (node, interface, port, IPv4 address)."""

    def __init__(self, *ends: tuple[Node, str, int | None, IPv4Interface | None]) -> None:
        self.intf1, self.intf2 = (
            PlannedInterface(name, node, port, self, address) for node, name, port, address in ends
        )


class LabNet(Mininet):
    """The network for Mininet's CLI; its command `link A B up|down` goes to `on_link`."""

    def __init__(self, on_link: Callable[[str, str, bool], str | None]) -> None:
        super().__init__(topo=None, build=False, controller=None)
        self._on_link = on_link

    def add(self, node: LabNode) -> None:
        """Add a node; hosts and switches are lists of their own in Mininet."""
        (self.hosts if isinstance(node, HostNode) else self.switches).append(node)
        self.nameToNode[node.name] = node

    def configLinkStatus(self, src: str, dst: str, status: str) -> None:
        complaint = self._on_link(src, dst, status == "up")
        if complaint:
            print(complaint)


class LabCli(CLI):
    """Mininet's command line, for nodes whose names have hyphens and dots as well."""

    identchars = CLI.identchars + "-."
