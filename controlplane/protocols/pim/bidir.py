"""Bidirectional trees (RFC 5015 3.3, 3.4): packets go up to the RP and down to members on one tree.

(*,G) state is that of sparse mode, and so are its machines; what it means is another thing:

    olist(G)       RPF_interface(RPA) (+) joins(G) (+) pim_include(G), of links that we are DF of
    upstream       Joins go to RPF_DF(RPA), the DF of RPF_interface(RPA)
    accepted       RPF_interface(RPA), and all links that we are the DF of

There are no trees of sources, no Registers and no Asserts. Where nobody wants a group its packets
still go up: so there is a route for each range of groups, by which all packets of it that come in
on a link of ours leave by RPF_interface(RPA) (3.3.2). A range with several RPs among which a hash
chooses has none, as there is no one way up.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.net.multicast import AnySource
from controlplane.protocols.pim.df_elections import DfElections
from controlplane.protocols.pim.downstream import Downstream
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.tib import SharedTree


def forwarding(instance: PimInstance, tree: SharedTree) -> TreeUpdate:
    """What the switch shall do with packets of a group that somebody wants."""
    assert tree.rp is not None  # a group is bidirectional by its RP
    wanted = instance.macros.immediate_olist(tree)
    return _update(instance, tree.name, tree.rp, frozenset(wanted))


def _update(
    instance: PimInstance, name: AnySource, rpa: IPv4Address, wanted: frozenset[str]
) -> TreeUpdate:
    route = instance.route_to_rpa(rpa)
    up = {route.interface} & instance.interfaces.keys() if route is not None else set()
    mine = {name for name in instance.interfaces if instance.forwarders.i_am_df(rpa, name)}
    return TreeUpdate(
        tree=name,
        incoming=None,
        rpf_neighbor=instance.forwarders.df(rpa, route.interface) if route is not None else None,
        outgoing=wanted | up,
        accepted=frozenset(mine | up),
    )


class BidirTrees:
    """Elections, and what they mean to trees; `_published` are routes of ranges."""

    def __init__(
        self, instance: PimInstance, elections: DfElections, downstream: Downstream
    ) -> None:
        self._instance = instance
        self._elections = elections
        self._downstream = downstream
        self._published: dict[AnySource, TreeUpdate] = {}

    def decide(self, now: Instant) -> None:
        """Let elections follow their surroundings, and trees the elections."""
        forwarders, moved = self._instance.forwarders, self._instance.surroundings_changed
        self._elections.decide(now)
        if moved or forwarders.changed:
            forwarders.changed = False
            self._follow()
            self._publish()

    def _follow(self) -> None:
        """RFC 5015 3.4.1, "Stop Being DF on I": join state there ends."""
        left, self._instance.forwarders.left = self._instance.forwarders.left, set()
        for tree in self._instance.tib.shared.values():
            if tree.bidirectional:
                for link in left:
                    if link.rpa == tree.rp and link.interface in tree.downstream:
                        self._downstream.forget(tree, link.interface)
                self._instance.touch(tree)

    def _publish(self) -> None:
        wanted = dict(self._ranges())
        for gone in self._published.keys() - wanted.keys():
            self._instance.outputs.append(TreeRemoved(tree=gone))
        news = (u for name, u in wanted.items() if u != self._published.get(name))
        self._instance.outputs.extend(news)
        self._published = wanted

    def _ranges(self) -> Iterator[tuple[AnySource, TreeUpdate]]:
        for groups, rpa in self._instance.rp_set.bidirectional_ranges():
            update = _update(self._instance, AnySource(groups), rpa, frozenset())
            if update.accepted:
                yield AnySource(groups), update
