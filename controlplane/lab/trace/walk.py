"""Follow a packet through the tables of all routers, as their pipelines would forward it.

The look-ups are those of the P4 program (docs/p4-program.md) on the Fibs that the routers have
given their switches. Of equal ways each is followed, of a tree each branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final, TypeAlias

from controlplane.fib.model import (
    GLOBAL_VRF,
    REGISTERS,
    TAIL_TABLES,
    EncapsulateRegister,
    Fib,
    Forward,
    ForwardVpn,
    Glean,
    MulticastRoute,
    Nhlfe,
    PopAndLookUp,
    Port,
    Receive,
    Replica,
    Tail,
    UnicastRoute,
)
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.trace.copies import Came, rewritten
from controlplane.lab.trace.labels import relabelled
from controlplane.lab.trace.model import Copy, Hop, Packet
from controlplane.lab.trace.tables import Reached, RouterTables, Topology
from controlplane.net.interface import Interface
from controlplane.net.label import EXPLICIT_NULL, Label
from controlplane.net.multicast import SourceGroup

Seen: TypeAlias = frozenset[tuple[str, str, Packet]]
"""Where the packet was before, by router and interface, and what it was there."""

_NOWHERE: Final[Seen] = frozenset()


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
            name: RouterTables(config, fibs[name]) for name, config in plan.routers.items()
        }

    def start(self, router: str, vrf: str, inner: IPv4Address | SourceGroup) -> Hop:
        """A packet that reaches this router in this VRF, for a group where its tree has it come."""
        if router not in self._tables:
            raise TraceError(f"no router is called {router}")
        vrfs = self._tables[router].vrfs
        if vrf not in vrfs:
            raise TraceError(f"{router} has no VRF {vrf}; there are {', '.join(vrfs)}")
        number = vrfs[vrf]
        if isinstance(inner, IPv4Address):
            return self._unicast(router, "", number, Packet(inner), (), _NOWHERE)
        return self._from_tree(router, number, inner)

    def _from_tree(self, router: str, vrf: int, inner: SourceGroup) -> Hop:
        """Where its C-route takes it from a tunnel, a packet comes inside of that."""
        tables = self._tables[router]
        route = tables.multicast.of(vrf, inner)
        iif = min(route.iifs, default=None) if route else None
        tunnel = tables.tunnel(iif) if iif is not None else None
        if tunnel is not None:
            route = tables.multicast.of(GLOBAL_VRF, tunnel)
            iif = min(route.iifs, default=None) if route else None
        came = Came(tables.named(iif) if iif is not None else "", iif == REGISTERS)
        return self._multicast(router, came, Packet(inner, tunnel), _NOWHERE, route)

    # -- a packet at a router

    def _arrive(self, at: Reached, packet: Packet, seen: Seen) -> Hop:
        interface = at.interface
        assert interface is not None
        place = (at.node, interface.name, packet)
        if place in seen:
            return Hop(*place, (), end="a loop")
        seen |= {place}
        vrf = self._tables[at.node].vrf_of(interface)
        if packet.labels:
            return self._labelled(at.node, interface, packet, seen)
        goal = packet.outermost
        if isinstance(goal, IPv4Address):
            return self._unicast(at.node, interface.name, vrf, packet, (), seen)
        route = self._tables[at.node].multicast.of(vrf, goal)
        if route is not None and interface.index not in route.iifs:
            entries = (_route_words(self._tables[at.node], route),)
            return Hop(at.node, interface.name, packet, entries, end="RPF check failed")
        return self._multicast(at.node, Came(interface.name), packet, seen, route)

    def _unicast(
        self,
        router: str,
        interface: str,
        vrf: int,
        packet: Packet,
        before: tuple[str, ...],
        seen: Seen,
    ) -> Hop:
        goal = packet.outermost
        assert isinstance(goal, IPv4Address)
        tables = self._tables[router]
        route = tables.route(vrf, goal)
        if route is None:
            return Hop(router, interface, packet, before, end="no route")
        entries = (*before, f"route {route.prefix}{_action_words(route)}")
        if isinstance(route.action, Forward):
            members = tables.groups.get(route.action.way, ())
            copies = tuple(self._ways(router, members, packet, seen))
            return Hop(router, interface, packet, entries, copies, _nobody(copies))
        if isinstance(route.action, ForwardVpn):
            return self._through_vpn(
                Hop(router, interface, packet, entries), route.action.path, seen
            )
        hop = Hop(router, interface, packet, entries, end=_end_words(route))
        if packet.register and isinstance(route.action, Receive):
            return self._out_of_register(hop, vrf, seen)
        return hop

    def _out_of_register(self, hop: Hop, vrf: int, seen: Seen) -> Hop:
        """At the RP: what is inside goes down its tree, unless PIM alone can say what to do."""
        tables = self._tables[hop.router]
        inner = hop.packet.gre or hop.packet.inner
        route = tables.multicast.of(vrf, inner) if isinstance(inner, SourceGroup) else None
        if route is None or REGISTERS not in route.iifs:
            return replace(hop, end="a Register for PIM of this router")
        if route.tail is not None:
            return replace(hop, end="a Register that the CPU takes out, for the tunnel's leaf here")
        came = Came(hop.interface, out_of_register=True)
        below = self._multicast(hop.router, came, hop.packet, seen, route)
        return replace(below, entries=(*hop.entries, *below.entries))

    def _through_vpn(self, hop: Hop, name: str, seen: Seen) -> Hop:
        """Under the label of the far PE, and above that the one of the way to it."""
        tables = self._tables[hop.router]
        path = tables.vpn_paths[name]
        if path.way is None:
            return replace(hop, end="no PE of the path is in reach")
        entries = (*hop.entries, f"VPN path {name}: way {path.way}")
        members = tables.groups.get(path.way, ())
        copies = tuple(self._ways(hop.router, members, hop.packet, seen, path.label))
        return replace(hop, entries=entries, copies=copies, end=_nobody(copies))

    def _labelled(self, router: str, interface: Interface, packet: Packet, seen: Seen) -> Hop:
        """Explicit null on top of another label says nothing (RFC 4182)."""
        tables = self._tables[router]
        under = packet
        if packet.labels[0] == EXPLICIT_NULL and len(packet.labels) > 1:
            under = replace(packet, labels=packet.labels[1:])
        top = under.labels[0]
        route = tables.labels.get(top)
        if route is None:
            return Hop(router, interface.name, packet, (), end=f"label {top} is unknown")
        match route.action:
            case PopAndLookUp(vrf):
                if len(under.labels) > 1:
                    return Hop(router, interface.name, packet, (), end=f"a label below {top}")
                inner = replace(packet, labels=())
                where = f" in VRF {tables.vrf_name(vrf)}" if vrf != GLOBAL_VRF else ""
                entries = (f"label {top}: pop, look up{where}",)
                hop = self._unicast(router, interface.name, vrf, inner, entries, seen)
                return replace(hop, packet=packet)
            case Forward(way):
                copies = tuple(self._ways(router, tables.groups.get(way, ()), under, seen))
                entries = (f"label {top}: way {way}",)
                return Hop(router, interface.name, packet, entries, copies, _nobody(copies))

    def _ways(
        self,
        router: str,
        members: tuple[Nhlfe, ...],
        packet: Packet,
        seen: Seen,
        vpn_label: Label | None = None,
    ) -> Iterator[Copy]:
        for member in members:
            interface = self._tables[router].at(member.adjacency.at)
            change, onward = relabelled(member, packet, vpn_label)
            if onward is None:
                yield Copy(interface.name, change, (), chosen=len(members) > 1)
                continue
            mac = member.adjacency.destination_mac
            across = self._topology.across(router, interface)
            to = [end for end in across if end.mac == mac]
            hops = tuple(self._arrive(end, onward, seen) for end in to if end.interface)
            hosts = tuple(end.node for end in to if end.interface is None)
            yield Copy(interface.name, change, hops, hosts, len(members) > 1)

    # -- multicast

    def _multicast(
        self, router: str, came: Came, packet: Packet, seen: Seen, route: MulticastRoute | None
    ) -> Hop:
        if route is None:
            return Hop(router, came.on, packet, (), end="no multicast route")
        tables = self._tables[router]
        inside = tables.inside(route, packet)
        entries = [_route_words(tables, route)]
        if inside is not None:
            assert route.tail is not None and packet.gre is not None
            entries.append(_inside_words(tables, route, inside))
            came = replace(came, out_of_tunnel=tables.out_of(route.tail, packet.gre))
        elif route.tail is not None:
            entries.append(_tail_words(tables, route.tail, packet))
        replicas = sorted((inside or route).replicas, key=_replica_key)
        copies = tuple(self._copies(router, replicas, packet, came, seen))
        end = _nobody(copies) if packet.gre or not route.tail else ""
        return Hop(router, came.on, packet, tuple(entries), copies, end)

    def _copies(
        self, router: str, replicas: Iterable[Replica], packet: Packet, came: Came, seen: Seen
    ) -> Iterator[Copy]:
        for replica in replicas:
            interface = self._tables[router].at(replica.at)
            copy = rewritten(replica, interface, packet, came)
            if copy is not None:
                across = self._topology.across(router, interface)
                to = [end for end in across if _is_addressed(replica, end)]
                yield self._copy(interface, *copy, to, seen)

    def _copy(
        self, interface: Interface, change: str, onward: Packet, to: list[Reached], seen: Seen
    ) -> Copy:
        hops = tuple(self._arrive(end, onward, seen) for end in to if end.interface)
        hosts = tuple(end.node for end in to if end.interface is None)
        takers = tuple(hop for hop in hops if hop.copies or hop.entries)
        return Copy(interface.name, change, takers, hosts)


def _is_addressed(replica: Replica, end: Reached) -> bool:
    """A Register goes to one station, all else to all on the link."""
    rewrite = replica.rewrite
    return not isinstance(rewrite, EncapsulateRegister) or end.mac == rewrite.destination_mac


def _replica_key(replica: Replica) -> tuple[Port, str]:
    return replica.at, str(replica.rewrite)


def _nobody(copies: tuple[Copy, ...]) -> str:
    return "" if copies else "nobody to send it to"


def _route_words(tables: RouterTables, route: MulticastRoute) -> str:
    tail = ", then look inside" if route.tail else ""
    interfaces = ", ".join(sorted(map(tables.named, route.iifs))) or "nowhere"
    return f"{route.tree} from {interfaces}{tail}"


def _inside_words(tables: RouterTables, outer: MulticastRoute, inside: MulticastRoute) -> str:
    """What comes out of a selective tunnel is looked up behind that tunnel alone."""
    if inside.vrf in TAIL_TABLES:
        return f"{inside.tree} from tunnel {outer.tree}"
    return _route_words(tables, inside)


def _tail_words(tables: RouterTables, tail: Tail, packet: Packet) -> str:
    """Of a tunnel that is followed for its own sake it is not known what is inside."""
    if packet.gre is None:
        return f"VRF {tables.vrf_name(tail.vrf)} gets what is inside"
    return f"no C-route of VRF {tables.vrf_name(tail.vrf)} takes what is inside from this tunnel"


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
