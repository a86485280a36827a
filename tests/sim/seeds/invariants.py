"""What must hold of a random network. docs/testing.md says each in a sentence, and why.

Each function yields what is wrong, in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controlplane.fib.build import FibBuilder
from controlplane.fib.model import Fib
from controlplane.lab.sim_world import SimWorld
from controlplane.net.interface import DEFAULT_VRF
from controlplane.p4rt.memory import MemoryTarget
from controlplane.router.config import Role
from controlplane.router.router import Router
from tests.p4rt.meaning import anonymous, meaning
from tests.sim.seeds.copies import Copy
from tests.sim.seeds.network import DATA_MDTS
from tests.sim.seeds.play import Deliveries, Play, Sent

MOST_TTLS: Final = 4
"""Of a packet on a link in one direction, in one wrapping: it may come by several ways while trees
change, but a loop of two routers would make sixteen of its 32."""


_CUSTOMER_NOUNS: Final = ("mroute", "igmp groups", "pim assert", "pim register", "mvpn data-mdt")
_CORE_NOUNS: Final = ("mroute",)

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


# -- when the network has come to rest


def deliveries(play: Play, streams: Iterable[Sent]) -> Iterator[str]:
    """Who is to get what, gets it once and in order; nobody else gets anything."""
    got: Deliveries = play.deliveries(list(streams))
    expected = play.expected()
    for key in sorted(got.keys() | expected.keys()):
        if got.get(key) != expected.get(key):
            source, group, host = key
            numbers, right = got.get(key, []), expected.get(key, [])
            yield f"{host} got {numbers} of {source} to {group}, not {right}"


def repetitions(play: Play) -> Iterator[str]:
    for copy, ttls in play.copies.seen.items():
        if len(ttls) > 1:
            yield f"{_of(play, copy)} crossed {copy.link} {len(ttls)} times"


def unasked(play: Play) -> Iterator[str]:
    """Packets on a LAN with one router, where nobody has joined and the source is not.

    But a bidirectional tree ends on the link that its RP is an address on, and all that is sent
    goes there (RFC 5015 3.1).
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


def switches(world: SimWorld, routers: Iterable[str]) -> Iterator[str]:
    """A switch holds what its router has planned, which is what its tables say."""
    for name in routers:
        switch = world._switches[name]
        fib, target = switch.router.fib, switch.target
        assert isinstance(target, MemoryTarget)
        if fib != _built_afresh(switch.router):
            yield f"{name}: the plan is not what its tables say"
        held = _held(target)
        if held != {entity.key: entity for entity in target._programmer.installed}:
            yield f"{name}: the switch does not hold what was written to it"
        if wrong := _differing(target, fib):
            yield f"{name}: the switch does otherwise than planned: {wrong}"


def _held(target: MemoryTarget) -> dict[object, object]:
    codec = target._codec
    return {e.key: e for e in codec.decode(target._switch.read(codec.read_all()))}


def _differing(target: MemoryTarget, fib: Fib) -> str:
    seen, wanted = meaning(target._programmer.installed).fib, anonymous(fib)
    for name in ("interfaces", "unicast", "groups", "vpn_paths", "labels", "tunnel_roots"):
        a, b = getattr(seen, name), getattr(wanted, name)
        if a != b:
            return f"{name}: {a ^ b}"
    return ""


def _built_afresh(router: Router) -> Fib:
    old = router._builder
    builder = FibBuilder(router.links.interfaces, old._vrfs, router._outbound._neighbors, old._mpls)
    builder.vpn_labels_changed(router.vpn_labels.meanings)
    for name, vrf in router.vrfs.items():
        builder.routes_changed(name, [route.prefix for route in vrf.rib.routes()])
        for tree in vrf.mrib.trees:
            builder.tree_changed(name, tree)
        for tunnels in [vrf.mvpn.tunnels] if vrf.mvpn else []:
            for flow in tunnels.selective:
                builder.flow_moved(name, flow)
            for leaf in tunnels.leaves:
                builder.leaf_changed(name, leaf)
    return builder.build()


# -- when all have left


def leftovers(world: SimWorld, routers: Iterable[str]) -> Iterator[str]:
    """Trees, members, Asserts, Registers of CEs and VRFs; data MDTs, also of the core."""
    for name in routers:
        router = world._switches[name].router
        is_core = router.config.role is not Role.CE
        for vrf in router.vrfs:
            nouns = _CORE_NOUNS if vrf == DEFAULT_VRF and is_core else _CUSTOMER_NOUNS
            for noun in nouns:
                for row in world.show(name, noun, vrf):
                    if nouns is _CUSTOMER_NOUNS or row["group"].startswith(DATA_MDTS):
                        yield f"{name} {vrf} {noun}: {row}"
