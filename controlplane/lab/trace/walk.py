"""Follow a packet through the tables of all routers, as their pipelines would forward it.

The look-ups are those of the P4 program (docs/p4-program.md) on the Fibs that the routers have
given their switches. Of equal ways each is followed, of a tree each branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from controlplane.fib.model import (
    GLOBAL_VRF,
    Decapsulate,
    Encapsulate,
    Fib,
    Forward,
    Glean,
    InPlace,
    MulticastRoute,
    NextHopGroup,
    Nhlfe,
    PopAndLookUp,
    Receive,
    Replica,
    UnicastRoute,
)
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.trace.model import Copy, Hop, Packet
from controlplane.lab.trace.tables import Reached, RouterTables, Topology
from controlplane.net.interface import DEFAULT_VRF, Interface
from controlplane.net.label import IMPLICIT_NULL
from controlplane.net.multicast import SourceGroup

_MOST_HOPS: Final = 32
"""A packet that is still on its way after so many is in a loop."""


class TraceError(ValueError):
    """There is nothing to trace there: one line for people."""


def parse_goal(text: str) -> IPv4Address | SourceGroup:
    """`10.1.3.11`, or `10.1.1.10,232.1.1.1`, with parentheses or without; TraceError for others."""
    parts = [part.strip() for part in text.strip(" ()").split(",")]
    try:
        addresses = [IPv4Address(part) for part in parts]
    except ValueError:
        raise TraceError(f"{text} is neither an address nor (SOURCE, GROUP)") from None
    match addresses:
        case [one] if not one.is_multicast:
            return one
        case [source, group] if group.is_multicast and not source.is_multicast:
            return SourceGroup(source, group)
    raise TraceError(f"{text} is neither an address nor (SOURCE, GROUP)")


class Walk:
    """`fibs` by router, all of one moment."""

    def __init__(self, plan: NetworkPlan, fibs: Mapping[str, Fib]) -> None:
        self._topology = Topology(plan)
        self._tables = {
            name: RouterTables.of(config, fibs[name]) for name, config in plan.routers.items()
        }

    def start(self, router: str, vrf: str, inner: IPv4Address | SourceGroup) -> Hop:
        """A packet that reaches this router in this VRF, for a group where its tree has it come."""
        if router not in self._tables:
            raise TraceError(f"no router is called {router}")
        number = GLOBAL_VRF if vrf == DEFAULT_VRF else self._tables[router].vrf_id(vrf)
        if number is None:
            raise TraceError(f"{router} has no VRF {vrf}")
        if isinstance(inner, IPv4Address):
            return self._unicast(router, "", number, Packet(inner), (), _MOST_HOPS)
        route = self._tables[router].multicast.get((number, inner))
        came = self._tables[router].named(route.iif) if route else ""
        return self._multicast(router, came, number, Packet(inner), _MOST_HOPS, route)

    # -- a packet at a router

    def _arrive(self, at: Reached, packet: Packet, left: int) -> Hop:
        interface = at.interface
        assert interface is not None
        if left == 0:
            return Hop(at.node, interface.name, packet, (), end="a loop")
        vrf = self._tables[at.node].vrf_of(interface)
        if packet.labels:
            return self._labelled(at.node, interface, packet, left)
        if isinstance(packet.inner, IPv4Address):
            return self._unicast(at.node, interface.name, vrf, packet, (), left)
        route = self._tables[at.node].multicast.get((vrf, packet.gre or packet.inner))
        if route is not None and route.iif != interface.index:
            entries = (_route_words(self._tables[at.node], route),)
            return Hop(at.node, interface.name, packet, entries, end="RPF check failed")
        return self._multicast(at.node, interface.name, vrf, packet, left, route)

    def _unicast(
        self,
        router: str,
        interface: str,
        vrf: int,
        packet: Packet,
        before: tuple[str, ...],
        left: int,
    ) -> Hop:
        assert isinstance(packet.inner, IPv4Address)
        tables = self._tables[router]
        route = tables.route(vrf, packet.inner)
        if route is None:
            return Hop(router, interface, packet, before, end="no route")
        entries = (*before, f"route {route.prefix}{_action_words(route)}")
        if isinstance(route.action, Forward):
            group = tables.groups.get(route.action.way)
            copies = tuple(self._ways(router, group, packet, left))
            return Hop(router, interface, packet, entries, copies, _nobody(copies))
        return Hop(router, interface, packet, entries, end=_end_words(route))

    def _labelled(self, router: str, interface: Interface, packet: Packet, left: int) -> Hop:
        tables, top = self._tables[router], packet.labels[0]
        route = tables.labels.get(top)
        if route is None:
            return Hop(router, interface.name, packet, (), end=f"label {top} is unknown")
        match route.action:
            case PopAndLookUp(vrf):
                inner = replace(packet, labels=packet.labels[1:])
                entries = (f"label {top}: pop, look up",)
                return self._unicast(router, interface.name, vrf, inner, entries, left)
            case Forward(way):
                copies = tuple(self._ways(router, tables.groups.get(way), packet, left))
                entries = (f"label {top}: way {way}",)
                return Hop(router, interface.name, packet, entries, copies, _nobody(copies))

    def _ways(
        self, router: str, group: NextHopGroup | None, packet: Packet, left: int
    ) -> Iterator[Copy]:
        members = sorted(group.members, key=_member_key) if group else []
        for member in members:
            interface = self._tables[router].at(member.adjacency.at)
            change, onward = _switched(member, packet)
            if onward is None:
                yield Copy(interface.name, change, ())
                continue
            mac = member.adjacency.destination_mac
            across = self._topology.across(router, interface)
            to = [end for end in across if end.mac == mac]
            hops = tuple(self._arrive(end, onward, left - 1) for end in to if end.interface)
            hosts = tuple(end.node for end in to if end.interface is None)
            yield Copy(interface.name, change, hops, hosts, len(members) > 1)

    # -- multicast

    def _multicast(
        self,
        router: str,
        interface: str,
        vrf: int,
        packet: Packet,
        left: int,
        route: MulticastRoute | None,
    ) -> Hop:
        if route is None:
            return Hop(router, interface, packet, (), end="no multicast route")
        tables = self._tables[router]
        entries = [_route_words(tables, route)]
        replicas = route.replicas
        if route.tail is not None and isinstance(packet.inner, SourceGroup):
            inner = tables.multicast.get((route.tail.vrf, packet.inner))
            if inner is not None and inner.iif == route.tail.iif:
                entries.append(_route_words(tables, inner))
                replicas = inner.replicas
            else:
                entries.append("inner packet: no C-route that takes it from this tunnel")
        copies = tuple(
            self._copy(router, replica, packet, left)
            for replica in sorted(replicas, key=lambda one: (one.at, str(one.rewrite)))
        )
        return Hop(router, interface, packet, tuple(entries), copies, _nobody(copies))

    def _copy(self, router: str, replica: Replica, packet: Packet, left: int) -> Copy:
        interface = self._tables[router].at(replica.at)
        change, onward = _rewritten(replica, packet)
        across = self._topology.across(router, interface)
        hops = tuple(self._arrive(end, onward, left - 1) for end in across if end.interface)
        hosts = tuple(end.node for end in across if end.interface is None)
        takers = tuple(hop for hop in hops if hop.copies or hop.entries)
        return Copy(interface.name, change, takers, hosts)


def _switched(member: Nhlfe, packet: Packet) -> tuple[str, Packet | None]:
    """What a next hop does to a packet, in words and as a packet; None when it drops it."""
    label, (top, below) = member.label, (packet.labels[:1], packet.labels[1:])
    if label is None and top:
        return "dropped: the next hop gave no label", None
    if label is None or (label == IMPLICIT_NULL and not top):
        return "as it is", packet
    if label == IMPLICIT_NULL:
        return f"pop {top[0]}", replace(packet, labels=below)
    change = f"swap {top[0]} for {label}" if top else f"push {label}"
    return change, replace(packet, labels=(label, *below))


def _rewritten(replica: Replica, packet: Packet) -> tuple[str, Packet]:
    match replica.rewrite:
        case InPlace():
            return "in GRE" if packet.gre else "as it is", packet
        case Decapsulate():
            return "out of GRE", Packet(packet.inner)
        case Encapsulate(source, group):
            tunnel = SourceGroup(source, group)
            return f"into GRE {source} > {group}", Packet(packet.inner, tunnel)


def _member_key(member: Nhlfe) -> tuple[int, int]:
    return member.adjacency.at.port, member.adjacency.at.vlan


def _nobody(copies: tuple[Copy, ...]) -> str:
    return "" if copies else "nobody to send it to"


def _route_words(tables: RouterTables, route: MulticastRoute) -> str:
    tail = ", then look inside" if route.tail else ""
    return f"{route.sg} from {tables.named(route.iif)}{tail}"


def _action_words(route: UnicastRoute) -> str:
    return f": way {route.action.way}" if isinstance(route.action, Forward) else ""


def _end_words(route: UnicastRoute) -> str:
    match route.action:
        case Receive():
            return "for this router"
        case Glean():
            return "the neighbour's MAC address is not known yet"
        case _:
            return "discarded"
