"""What PIM sends: Hellos (RFC 7761 4.3.1), and the Joins and Prunes that wait in the queue.

"Neighbors will not accept Join/Prune or Assert messages from a router unless they have first heard
a Hello message from that router": so a Hello goes first that is due to answer a new neighbour, and
the very first one.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.engine import SendPacket
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.aggregation import Requests, group_sets
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.lan_delay import join_prune_override_interval
from controlplane.protocols.pim.rpt_upstream import RptUpstream
from controlplane.protocols.pim.timers import TriggeredHelloTimer
from controlplane.wire.ipv4 import MINIMUM_HEADER, IpProtocol
from controlplane.wire.pim.hello import HOLDTIME_GOODBYE, Hello, LanPruneDelay
from controlplane.wire.pim.join_prune import FIXED_OCTETS, JoinPrune
from controlplane.wire.pim.message import HEADER_OCTETS, SpokenMessage, encode_message


class Sender:
    def __init__(self, instance: PimInstance, rpt_upstream: RptUpstream) -> None:
        self._instance = instance
        self._rpt_upstream = rpt_upstream

    def hello(self, interface: PimInterface) -> None:
        """Send a Hello; it answers all neighbours that came up before it."""
        self._send_hello(interface, interface.hello_holdtime())
        interface.hello_sent = True
        self._instance.timers.cancel(TriggeredHelloTimer(interface.name))

    def goodbye(self, interface: PimInterface) -> None:
        """Send a Hello that ends what the Hellos before it began."""
        if interface.hello_sent:
            self._send_hello(interface, HOLDTIME_GOODBYE)

    def flush(self) -> None:
        """Send the Joins and Prunes that wait, but for those on interfaces that are gone."""
        for name, upstream, requests in self._instance.queue.drain():
            if (interface := self._instance.interfaces.get(name)) is not None:
                self.hello_first(interface)
                self._rpt_upstream.add_to_joins(requests)
                self._send_join_prunes(interface, upstream, requests)

    def hello_first(self, interface: PimInterface) -> None:
        """Before a Join/Prune or an Assert: a Hello, if one is due or none was sent yet."""
        timer = TriggeredHelloTimer(interface.name)
        if not interface.hello_sent or self._instance.timers.deadline(timer) is not None:
            self.hello(interface)

    def _send_join_prunes(
        self, interface: PimInterface, upstream: IPv4Address, requests: Requests
    ) -> None:
        holdtime = interface.join_prune_holdtime(join_prune_override_interval(interface))
        room = interface.interface.mtu - MINIMUM_HEADER - HEADER_OCTETS - FIXED_OCTETS
        for groups in group_sets(requests, room):
            message = JoinPrune(upstream_neighbor=upstream, holdtime=holdtime, groups=groups)
            self.send(interface, message, Count.TX_JOIN_PRUNE)

    def _send_hello(self, interface: PimInterface, holdtime: int) -> None:
        settings = interface.settings
        hello = Hello(
            holdtime=holdtime,
            lan_prune_delay=LanPruneDelay(
                propagation_delay=round(settings.propagation_delay * 1000),
                override_interval=round(settings.override_interval * 1000),
            ),
            dr_priority=settings.dr_priority,
            generation_id=interface.generation_id,
            bidirectional_capable=True,
        )
        self.send(interface, hello, Count.TX_HELLO)

    def send(self, interface: PimInterface, message: SpokenMessage, count: Count) -> None:
        """To all PIM routers of a link."""
        self._instance.counters[count] += 1
        self._instance.outputs.append(
            SendPacket(
                interface=interface.name,
                source=interface.address,
                destination=ALL_PIM_ROUTERS,
                protocol=IpProtocol.PIM,
                payload=encode_message(message),
            )
        )
