"""Four hosts at two softswitches, in Mininet.

Each switch is a process in a network namespace of its own, without a program until the controller
sets one; its P4Runtime socket is a file, which the controller reaches from anywhere. No interface
stands in the machine's own namespace.
"""

from __future__ import annotations

import sys
from subprocess import Popen
from typing import Any

from mininet.cli import CLI
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import Switch
from topology import BRIDGES, HOST_PORTS, SOCKETS, TRUNK, Bridge


class Softswitch(Switch):
    """A P4 switch on the embedded target."""

    def __init__(self, name: str, bridge: Bridge, **params: Any) -> None:
        super().__init__(name, **params)
        self._bridge = bridge
        self._process: Popen[bytes] | None = None

    def start(self, controllers: object) -> None:
        ports = [f"-i{port}@{intf}" for port, intf in self.intfs.items()]
        device = ["--device-id", str(self._bridge.device_id)]
        command = [sys.executable, "-m", "softswitch", "--no-p4", *ports, *device]
        target = ["--", "--grpc-server-addr", self._bridge.address]
        # setpriv lets the process end with Mininet, even where that is killed.
        self._process = self.popen(
            ["setpriv", "--pdeathsig", "TERM", *command, *target], stdout=None, stderr=None
        )

    def stop(self, deleteIntfs: bool = True) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        super().stop(deleteIntfs)


def build() -> Mininet:
    net = Mininet(controller=None, autoSetMacs=True)
    switches = [
        net.addSwitch(bridge.name, Softswitch, bridge=bridge, inNamespace=True)
        for bridge in BRIDGES
    ]
    for bridge, switch in zip(BRIDGES, switches, strict=True):
        for port, host in zip(HOST_PORTS, bridge.hosts, strict=True):
            net.addLink(net.addHost(host), switch, port2=port)
    net.addLink(*switches, port1=TRUNK, port2=TRUNK)
    for node in [*net.hosts, *switches]:
        # The kernels' neighbour discovery would be learned, too.
        node.cmd("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
    return net


def main() -> None:
    setLogLevel("info")
    net = build()
    SOCKETS.mkdir(exist_ok=True)
    try:
        net.start()
        CLI(net)
    finally:
        net.stop()
        SOCKETS.rmdir()


if __name__ == "__main__":
    main()
