"""Specific queries of one group and their retransmission (RFC 3376 6.6.3).

A query that a report asks for goes out at once and, robustness being n, n - 1 times more, one
every Last Member Query Interval. A group has one schedule: what a later report asks for joins the
pending ones, and all go out together. What has been reported again since is still asked for, but
with the S flag, so that other routers do not lower its timer.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from controlplane.engine.engine import SendPacket
from controlplane.engine.time import Instant
from controlplane.protocols.igmp.events import IgmpSettings
from controlplane.protocols.igmp.filter import FilterMode, Reaction
from controlplane.protocols.igmp.membership import Membership
from controlplane.protocols.igmp.query import QueryWriter


class SpecificQueries:
    """Transmissions that are still due, of Q(G) and of each source in Q(G,A)."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._group = 0
        self._sources: dict[IPv4Address, int] = {}

    @property
    def is_pending(self) -> bool:
        return bool(self._group or self._sources)

    def ask(self, reaction: Reaction, variables: IgmpSettings, now: Instant) -> bool:
        """Take up what a row of 6.4.2 asks to be sent; False when there is nothing new."""
        at = now + variables.last_member_query_time
        # RFC 2236 7: while the group is being checked, further leaves ask for nothing new.
        ask_group = reaction.query_group and (not self._group or self._membership.runs_beyond(at))
        if ask_group:
            self._group = variables.robustness
            self._membership.lower_group(at)
        fresh = [s for s in reaction.query_sources if self._membership.runs_beyond(at, s)]
        self._sources |= dict.fromkeys(fresh, variables.robustness)
        self._membership.lower_sources(fresh, at)
        return ask_group or bool(fresh)

    def send(self, writer: QueryWriter, variables: IgmpSettings, now: Instant) -> list[SendPacket]:
        """What is due, once."""
        self._forget_settled()
        at = now + variables.last_member_query_time
        group, member = self._membership.group, self._membership
        packets: list[SendPacket] = []
        if self._group:
            packets.append(writer.group(group, suppress=member.runs_beyond(at)))
        for suppress in (True, False):
            sources = [s for s in sorted(self._sources) if member.runs_beyond(at, s) is suppress]
            packets.extend(writer.sources(group, sources, suppress=suppress))
        self._count_down()
        return packets

    def _forget_settled(self) -> None:
        """Nobody has to be asked for what went meanwhile."""
        state = self._membership.state
        if state.mode is FilterMode.INCLUDE:
            self._group = 0
        self._keep(source for source in self._sources if source in state.wanted)

    def _count_down(self) -> None:
        self._group = max(0, self._group - 1)
        self._sources = {source: left - 1 for source, left in self._sources.items()}
        self._keep(source for source, left in self._sources.items() if left)

    def _keep(self, sources: Iterable[IPv4Address]) -> None:
        self._sources = {source: self._sources[source] for source in sources}
