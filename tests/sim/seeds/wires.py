"""What must hold of the packets on the wires, and of those that hosts get.

Each function yields what is wrong, in words; docs/testing.md says each invariant in a sentence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, TypeAlias

from controlplane.engine.time import Duration
from tests.sim.seeds.copies import Copy
from tests.sim.seeds.play import Deliveries, Play, Sent

MOST_TTLS: Final = 4
"""Of a packet on a link in one direction, in one wrapping: it may come by several ways while trees
change, but a loop of two routers would make sixteen of its 32."""

JOINED: Final[Duration] = 25.0
"""After this a member is served, even if its first Join was lost because a tunnel was not there
yet; Joins come again after 20 s."""
UNDER_WAY: Final[Duration] = 0.1
"""How long a packet may take."""

Packet: TypeAlias = tuple[str, str, int]
"""Its source, its group, its number."""

# -- at all times


def loops(play: Play) -> Iterator[str]:
    for copy, ttls in play.copies.seen.items():
        if len(set(ttls)) > MOST_TTLS:
            yield f"{_of(play, copy)} crossed {copy.link} with TTLs {sorted(set(ttls))}"


def strays(play: Play) -> Iterator[str]:
    """Packets of a customer on a link of another."""
    vpn_of = {link: site.vpn for site in play.network.sites for link in (site.lan, *site.uplinks)}
    for copy in play.copies.seen:
        vpn = vpn_of.get(copy.link)
        if vpn is not None and vpn != play.sent[copy.stream].channel.vpn:
            yield f"{_of(play, copy)} is on {copy.link} of {vpn}"


# -- where nothing fails


def disturbed(play: Play) -> Iterator[str]:
    """Hosts that stay miss packets, or get some twice, while others come and go."""
    for sent, stay in product(play.sent.values(), play.stays):
        if sent.channel is play.network.channels[stay.channel] and sent.source != stay.host:
            times = play.world.sent_times(sent.stream.name)
            begin, end = stay.begin + JOINED, stay.end - UNDER_WAY
            wanted = [number for number, at in enumerate(times) if begin <= at <= end]
            got = play.world.received(stay.host, sent.stream.name).numbers
            seen = [number for number in got if wanted and wanted[0] <= number <= wanted[-1]]
            if seen != wanted:
                yield (
                    f"{stay.host}, member from {stay.begin:.3f} to {stay.end:.3f}, got of "
                    f"{sent.source} to {sent.channel.group}: {_astray(wanted, seen)}"
                )


def _astray(wanted: list[int], seen: list[int]) -> str:
    counts = Counter(seen)
    missing = [number for number in wanted if not counts[number]]
    twice = [number for number in wanted if counts[number] > 1]
    return f"missing {missing}, twice {twice}" if missing or twice else f"out of order: {seen}"


# -- when the network has come to rest


def deliveries(play: Play, streams: Iterable[Sent]) -> Iterator[str]:
    """Who is to get what, gets it once and in order; nobody else gets anything."""
    got: Deliveries = play.deliveries(list(streams))
    expected = play.expected()
    turned = _turned(play)
    for key in sorted(got.keys() | expected.keys()):
        source, group, host = key
        numbers, right = got.get(key, []), expected.get(key, [])
        twice = {number for *flow, number in turned if flow == [source, group]}
        if _without_second_copies(numbers, twice) != right:
            yield f"{host} got {numbers} of {source} to {group}, not {right}"


def _without_second_copies(numbers: list[int], twice: set[int]) -> list[int]:
    return [n for at, n in enumerate(numbers) if n not in twice or numbers[:at].count(n) != 1]


def repetitions(play: Play) -> Iterator[str]:
    turned = _turned(play)
    for copy, ttls in play.copies.seen.items():
        if len(ttls) > (2 if _packet(play, copy) in turned else 1):
            yield f"{_of(play, copy)} crossed {copy.link} {len(ttls)} times"


def _turned(play: Play) -> set[Packet]:
    """Packets that came to an RP from one PE and left it for another, where shared trees stay.

    They cross the PMSI twice, so whoever listens there gets two, and no Assert helps for long: with
    the tree of the winner, which only the RP had joined for the loser's sake, the Assert ends too
    (RFC 7761 4.6.5, rules 5 and 8), and the next packet has two ways again.
    """
    came: defaultdict[Packet, set[str]] = defaultdict(set)
    left: defaultdict[Packet, set[str]] = defaultdict(set)
    uplinks = {link for site in play.network.turning_points for link in site.uplinks}
    ces = {
        mac
        for site in play.network.turning_points
        for ce in site.routers
        for mac in _macs(play, ce)
    }
    for copy in play.copies.seen:
        if copy.link in uplinks and not copy.wrapping:
            (left if copy.sender in ces else came)[_packet(play, copy)].add(copy.link)
    return {packet for packet in came if left[packet] - came[packet]}


def _macs(play: Play, router: str) -> Iterator[bytes]:
    for item in play.lab.plan.routers[router].interfaces:
        if item.interface.mac is not None:
            yield item.interface.mac.packed


def _packet(play: Play, copy: Copy) -> Packet:
    sent = play.sent[copy.stream]
    return sent.source, sent.channel.group, copy.number


def unasked(play: Play) -> Iterator[str]:
    """Packets on a LAN with one router, where nobody has joined and the source is not.

    But a bidirectional tree ends on the link that its RP is an address on, and all that is sent
    goes there (RFC 5015 3.3.1).
    """
    for site in play.network.sites:
        if len(site.routers) == 1 and site.lan not in play.network.root_lans:
            for copy in play.copies.seen:
                if copy.link == site.lan and not _is_asked(play, copy, site.hosts):
                    yield f"{_of(play, copy)} is on {site.lan}"


def _is_asked(play: Play, copy: Copy, hosts: tuple[str, ...]) -> bool:
    sent = play.sent[copy.stream]
    number = play.network.channels.index(sent.channel)
    return sent.source in hosts or not play.joined[number].isdisjoint(hosts)


def _of(play: Play, copy: Copy) -> str:
    sent = play.sent[copy.stream]
    wrapped = "".join(f" in {'.'.join(map(str, source))}" for source in copy.wrapping)
    sender = ":".join(f"{octet:02x}" for octet in copy.sender)
    return f"packet {copy.number} of {sent.source} to {sent.channel.group}{wrapped} by {sender}"
