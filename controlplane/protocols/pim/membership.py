"""Local members, as IGMP finds them: local_receiver_include and _exclude (RFC 7761 4.1.5).

Members of any source make (*,G) state, those of a source (S,G) state; sources that members of any
source refuse make (S,G,rpt) state. In the SSM range there are no members of any source: a host
that cannot name its sources (IGMPv2) means those that the operator mapped the group to, if any.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.rp_set import GroupMode
from controlplane.protocols.pim.tib import SourceTree, Tree


class Members:
    """`_wanted` has the sources that members of a bidirectional group want, None for any; it goes
    by interface and group."""

    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._wanted: dict[tuple[str, IPv4Address], set[IPv4Address | None]] = {}

    def change(self, event: MembershipChanged, now: Instant) -> None:
        """Take what IGMP says."""
        if event.refused:
            self._refuse(event, now)
            return
        if self._mode(event) is GroupMode.BIDIRECTIONAL:
            self._change_bidirectional(event, now)
            return
        for tree in self._trees(event, now):
            others = tree.members - {event.interface}
            tree.members = others | {event.interface} if event.joined else others
            self._instance.touch(tree)

    def forget(self, interface: str) -> None:
        """An interface went: no members there any more."""
        self._wanted = {key: wanted for key, wanted in self._wanted.items() if key[0] != interface}
        for tree in self._instance.tib:
            if interface in tree.members:
                tree.members -= {interface}
                self._instance.touch(tree)
            if isinstance(tree, SourceTree) and interface in tree.refused:
                tree.refused -= {interface}
                self._instance.touch(tree)

    def _change_bidirectional(self, event: MembershipChanged, now: Instant) -> None:
        """local_receiver_include(G,I): "local members ... that desire to receive traffic sent to
        group G" (RFC 5015 3.1.4), be it of one source only: packets of all come by one tree."""
        wanted = self._wanted.setdefault((event.interface, event.group), set())
        if event.joined:
            wanted.add(event.source)
        else:
            wanted.discard(event.source)
        if (tree := self._instance.make_shared(event.group, now)) is not None:
            others = tree.members - {event.interface}
            tree.members = others | {event.interface} if wanted else others
            self._instance.touch(tree)
        if not wanted:
            del self._wanted[event.interface, event.group]

    def _refuse(self, event: MembershipChanged, now: Instant) -> None:
        if event.source is None or self._mode(event) is not GroupMode.SPARSE:
            return
        tree = self._instance.make_source(SourceGroup(event.source, event.group), now)
        if tree is not None:
            others = tree.refused - {event.interface}
            tree.refused = others | {event.interface} if event.joined else others
            self._instance.touch(tree)

    def _trees(self, event: MembershipChanged, now: Instant) -> Iterator[Tree]:
        if event.source is not None:
            tree: Tree | None
            tree = self._instance.make_source(SourceGroup(event.source, event.group), now)
            if tree is not None:
                yield tree
        elif self._mode(event) is GroupMode.SSM:
            yield from self._mapped(event, now)
        elif (tree := self._instance.make_shared(event.group, now)) is not None:
            yield tree

    def _mapped(self, event: MembershipChanged, now: Instant) -> Iterator[SourceTree]:
        sources = self._instance.config.mapped_sources(event.group)
        if not sources:
            self._instance.counters[Count.IGNORED_ANY_SOURCE_MEMBER] += 1
        for source in sorted(sources):
            tree = self._instance.make_source(SourceGroup(source, event.group), now)
            if tree is not None:
                yield tree

    def _mode(self, event: MembershipChanged) -> GroupMode:
        return self._instance.rp_set.mode(event.group)
