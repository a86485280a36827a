"""A random network in the simulator: a script is played, and hosts send and listen.

All protocols run as in a lab: OSPF, LDP and BGP find the routes that PIM follows. Only a site's own
IGP is worked out by the lab.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import networkx as nx

from controlplane.engine.time import Duration, Instant
from controlplane.lab.load import Lab, load
from controlplane.lab.sim_world import SimWorld
from controlplane.lab.world import Stream
from tests.sim.seeds.copies import PORT, Copies
from tests.sim.seeds.network import Channel, RandomNetwork, Site
from tests.sim.seeds.script import TURMOIL, Event, Faults, Script, What

COLD_START: Final[Duration] = 20.0
"""All sessions are up, and PEs have found each other."""
_PACKETS: Final = 5
_RATE: Final = 20.0
_STEADY_RATE: Final = 5.0
_STEADY_PACKETS: Final = round(TURMOIL * _STEADY_RATE)

Deliveries: TypeAlias = dict[tuple[str, str, str], list[int]]
"""Numbers of packets by source, group and receiver."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A stream that a source has begun."""

    channel: Channel
    source: str
    stream: Stream


@dataclass(slots=True)
class Stay:
    """A host in a channel, from then to then."""

    channel: int
    host: str
    begin: Instant
    end: Instant


class Play:
    def __init__(self, network: RandomNetwork, script: Script, seed: int) -> None:
        self.network = network
        self.script = script
        self.lab = _load(network.text)
        self.world = SimWorld(self.lab.plan)
        self.copies = Copies()
        for link in self.lab.plan.links:
            self.world.tap(link.name, self.copies.tap(link.name))
        self.rng = random.Random(f"play {seed}")
        self.joined: dict[int, set[str]] = {
            number: set() for number in range(len(network.channels))
        }
        self.stays: list[Stay] = []
        self.sent: dict[int, Sent] = {}
        self._broken: set[str] = set()
        self._dead: set[str] = set()
        self._down: frozenset[str] = frozenset()

    def close(self) -> None:
        self.world.stop()

    def rest(self, seconds: Duration) -> None:
        self.world.advance_to(self.world.now() + seconds)

    # -- what happens

    def run(self) -> None:
        """Start, and play the script; then whatever is needed is mended, and links are calm."""
        self._disturb(self.script.faults)
        self.world.start()
        begin = self.rng.choice((0.0, COLD_START))
        if self.script.peaceful:
            begin = COLD_START
            self.rest(begin)
            self.send_all(_STEADY_PACKETS, _STEADY_RATE)
        for event in self.script.events:
            self.world.advance_to(max(self.world.now(), begin + event.at))
            self._happen(event)
        self.world.advance_to(begin + TURMOIL)
        self._mend_what_is_needed()
        self._disturb(Faults())

    def _disturb(self, faults: Faults) -> None:
        for link in self.lab.plan.links:
            self.world.set_loss(link.name, faults.loss)
            self.world.disturb(link.name, doubled=faults.doubled, jitter=faults.jitter)

    def _happen(self, event: Event) -> None:
        match event.what:
            case What.JOIN:
                self.join(event.who, event.channel)
            case What.LEAVE:
                self.leave(event.who, event.channel)
            case What.SEND:
                self._send(self.network.channels[event.channel], event.who)
            case What.RESTART:
                self.world.restart(event.who)
            case What.BREAK:
                self._broken.add(event.who)
            case What.MEND:
                self._broken.discard(event.who)
            case What.HUSH:
                self.world.cut_link(event.who, cut=True)
            case What.WAKE:
                self.world.set_loss(event.who, self.script.faults.loss)
            case What.DIE:
                self._dead.add(event.who)
            case What.REVIVE:
                if event.who in self._dead:
                    self._revive(event.who)
        self._set_links()

    def join(self, host: str, number: int) -> None:
        if host not in self.joined[number]:
            self.joined[number].add(host)
            self.stays.append(Stay(number, host, self.world.now(), math.inf))
            for group, source in self._memberships(number):
                self.world.join(host, group, source)

    def leave(self, host: str, number: int) -> None:
        if host in self.joined[number]:
            self.joined[number].discard(host)
            stays = (one for one in self.stays if (one.channel, one.host) == (number, host))
            next(one for one in stays if one.end == math.inf).end = self.world.now()
            for group, source in self._memberships(number):
                self.world.leave(host, group, source)

    def leave_all(self) -> None:
        for number, hosts in self.joined.items():
            for host in sorted(hosts):
                self.leave(host, number)

    def _memberships(self, number: int) -> Iterator[tuple[IPv4Address, IPv4Address | None]]:
        channel = self.network.channels[number]
        group = IPv4Address(channel.group)
        if not channel.by_source:
            yield group, None
            return
        for source in channel.sources:
            yield group, self.lab.plan.hosts[source].address.ip

    def _set_links(self) -> None:
        """Both ends of a link see it break; a router that is dead has none that works."""
        down = frozenset(
            self._broken | {link for router in self._dead for link in self._of(router)}
        )
        for link in sorted(down ^ self._down):
            self.world.set_link(link, up=link not in down)
        if down != self._down:
            self._down = down
            routes = self.lab.routes.given(self.lab.routes.routes(down))
            for (router, vrf), of_it in routes.items():
                self.world.replace_routes(router, vrf, of_it)

    def _of(self, router: str) -> Iterator[str]:
        plans = self.lab.plan.links
        return (plan.name for plan in plans if any(end.node == router for end in plan.ends))

    def _mend_what_is_needed(self) -> None:
        """What stays broken leaves ways between all sites and rendezvous points."""
        while not self._holds():
            self._revive(min(self._dead)) if self._dead else self._broken.discard(min(self._broken))
            self._set_links()

    def _holds(self) -> bool:
        """PEs that live are one core, rendezvous points are in it, and so are all sites."""
        network = self.network
        core: nx.Graph[str] = nx.Graph()
        for link in network.core_links:
            if link not in self._down:
                core.add_edge(*link.split("-"))
        pes = {pe for site in network.sites for pe in site.pes}
        needed = (pes | network.roots) - self._dead
        return (
            network.roots.isdisjoint(self._dead)
            and network.root_links.isdisjoint(self._down)
            and all(map(self._is_attached, network.sites))
            and (len(needed) < 2 or any(needed <= part for part in nx.connected_components(core)))
        )

    def _is_attached(self, site: Site) -> bool:
        if not site.uplinks:
            return site.pes[0] not in self._dead
        return any(link not in self._down for link in site.uplinks)

    def _revive(self, router: str) -> None:
        """It has forgotten everything."""
        self._dead.discard(router)
        self.world.restart(router)

    # -- what hosts send and get

    def _send(
        self, channel: Channel, source: str, count: int = _PACKETS, rate: float = _RATE
    ) -> Sent:
        number = len(self.sent) + 1
        stream = Stream(
            name=f"{number}",
            number=number,
            host=source,
            destination=IPv4Address(channel.group),
            port=PORT,
            rate=rate,
            count=count,
            size=100,
        )
        self.world.send(stream)
        sent = self.sent[number] = Sent(channel, source, stream)
        return sent

    def send_all(self, count: int = _PACKETS, rate: float = _RATE) -> list[Sent]:
        """All sources send."""
        return [
            self._send(channel, source, count, rate)
            for channel in self.network.channels
            for source in channel.sources
        ]

    def deliveries(self, streams: list[Sent]) -> Deliveries:
        return {
            (sent.source, sent.channel.group, host): list(numbers)
            for sent in streams
            for host in self.lab.plan.hosts
            if (numbers := self.world.received(host, sent.stream.name).numbers)
        }

    def expected(self) -> Deliveries:
        """Every member gets what all the others send, each packet once and in order."""
        return {
            (source, channel.group, host): list(range(_PACKETS))
            for channel, hosts in zip(self.network.channels, self.joined.values(), strict=True)
            for source in channel.sources
            for host in hosts
            if host != source
        }


def _load(text: str) -> Lab:
    with TemporaryDirectory(prefix="seed-") as folder:
        path = Path(folder) / "network.yaml"
        path.write_text(text)
        return load(path)
