"""Packets that came before their route: to the pipeline again, behind it (RFC 7761 4.2, 4.4.2).

PIM hears of a source by its packets, and makes a tree of which it is the first to need one. By then
the switch has dropped it. So it waits until the outputs of PIM are carried out, and is submitted if
the VRF has a tree that takes it now: as from the interface that it came in on, or, at the RP, as
out of a Register. A switch takes a Fib and what is submitted behind it in that order.

Each packet is tried once, as what this router submits does not come here. At an RP that is a leaf
of a tunnel which comes in Registers, each of these goes this way, until the tunnel's own tree is
there: a pass of the pipeline opens a packet once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from controlplane.fib.model import Submit
from controlplane.net.multicast import AnySource, SourceGroup
from controlplane.protocols.pim.events import TreeUpdate
from controlplane.router.deliveries import Unforwarded, Untaken
from controlplane.router.outbound import Outbound
from controlplane.router.vrf import Vrf
from controlplane.wire.ipv4 import Ipv4Packet


class SecondTries:
    def __init__(self, vrfs: Mapping[str, Vrf], outbound: Outbound) -> None:
        self._vrfs = vrfs
        self._outbound = outbound
        self._waiting: list[Unforwarded | Untaken] = []

    def wait(self, packet: Unforwarded | Untaken) -> None:
        """Until PIM has heard of it and the trees are settled."""
        self._waiting.append(packet)

    def settle(self) -> list[Submit]:
        """Those that have a tree now; nobody waits any longer."""
        waiting, self._waiting = self._waiting, []
        return [submit for packet in waiting for submit in self._try(packet)]

    def _try(self, waiting: Unforwarded | Untaken) -> Iterator[Submit]:
        match waiting:
            case Unforwarded(arrived):
                tree = self._tree(arrived.interface.vrf, arrived.packet)
                if tree is not None and tree.incoming == arrived.interface.name:
                    yield self._outbound.submit_again(arrived)
            case Untaken(vrf, packet):
                tree = self._tree(vrf, packet)
                if tree is not None and tree.from_registers:
                    yield self._outbound.submit_registered(vrf, packet)

    def _tree(self, vrf: str, packet: Ipv4Packet) -> TreeUpdate | None:
        """The one that the switch will find for a packet."""
        trees = self._vrfs[vrf].mrib.trees
        own = trees.get(SourceGroup(packet.source, packet.destination))
        return own or trees.get(AnySource.of(packet.destination))
