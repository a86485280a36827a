"""LDP engines on links and streams in memory, on a virtual clock.

Links may lose Hellos and go down; streams deliver octets in order, cut anywhere, and may be reset
or fall silent. Routes are the shortest paths over the links that are up. Datagrams and streams to
an address that is no neighbour find it wherever it is.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import count
from random import Random
from typing import TypeVar

import networkx as nx

from controlplane.engine.engine import (
    DatagramReceived,
    InterfaceDown,
    InterfaceUp,
    SendDatagram,
)
from controlplane.engine.labels import LabelSpace
from controlplane.engine.notice import Notice
from controlplane.engine.stream import (
    CloseStream,
    DataReceived,
    Endpoint,
    Listen,
    OpenStream,
    SendData,
    StreamAccepted,
    StreamClosed,
    StreamName,
    StreamOpened,
)
from controlplane.engine.time import Duration, Instant
from controlplane.net.interface import Interface, InterfaceKind
from controlplane.net.label import FIRST_LABEL, IMPLICIT_NULL
from controlplane.protocols.ldp.engine import LdpEngine
from controlplane.protocols.ldp.events import (
    BindingsChanged,
    FecBinding,
    FecNextHop,
    FecRoute,
    FecsChanged,
    LdpConfig,
    LdpEnabled,
    LdpInput,
    LdpOutput,
    SynchronisationChanged,
)
from controlplane.protocols.ldp.show import NeighborView

N = TypeVar("N", bound=Notice)

DELAY: Duration = 0.01
SPACING: Duration = 0.001
"""Between two pieces of a stream, so that it can break in the middle."""
ALL_ROUTERS = IPv4Address("224.0.0.2")


@dataclass(frozen=True)
class End:
    """An end of a stream: a router, and its name for the stream."""

    router: str
    stream: StreamName


@dataclass
class Pipe:
    """One stream, whether octets still get through, and when each end can send again."""

    ends: tuple[End, End]
    silent: bool = False
    free_at: dict[End, Instant] = field(default_factory=dict)

    @property
    def routers(self) -> set[str]:
        return {end.router for end in self.ends}

    def other(self, end: End) -> End:
        return self.ends[1] if end == self.ends[0] else self.ends[0]


@dataclass
class Node:
    name: str
    loopback: IPv4Address
    config: LdpConfig
    engine: LdpEngine
    labels: LabelSpace
    interfaces: dict[str, Interface] = field(default_factory=dict)
    bindings: dict[IPv4Network, FecBinding] = field(default_factory=dict)
    synchronised: set[str] = field(default_factory=set)
    outputs: list[LdpOutput] = field(default_factory=list)
    routes: dict[IPv4Network, FecRoute] = field(default_factory=dict)
    listen: Listen | None = None

    def notices(self, kind: type[N]) -> list[N]:
        return [output for output in self.outputs if isinstance(output, kind)]


class Network:
    """`loses` tells which Hellos do not arrive."""

    def __init__(self, seed: int = 1) -> None:
        self.now: Instant = 0.0
        self.rng = Random(seed)
        self.nodes: dict[str, Node] = {}
        self.links: dict[str, list[str]] = {}
        self.down: set[str] = set()
        self.pipes: dict[End, Pipe] = {}
        self.loses: Callable[[str, DatagramReceived], bool] = lambda router, datagram: False
        self._heap: list[tuple[Instant, int, Callable[[], None]]] = []
        self._sequence = count()
        self._numbers = count(1)

    def router(
        self,
        name: str,
        *,
        labels: LabelSpace | None = None,
        configure: Callable[[LdpConfig], LdpConfig] = lambda config: config,
    ) -> Node:
        """Start, or start anew, a router; its loopback is 10.0.0.N for the Nth name."""
        known = self.nodes.get(name)
        loopback = known.loopback if known else IPv4Address("10.0.0.0") + len(self.nodes) + 1
        config = configure(LdpConfig(router_id=loopback, transport_address=loopback))
        space = labels or LabelSpace()
        engine = LdpEngine(config, labels=space, rng=Random(f"{name} {next(self._numbers)}"))
        node = self.nodes[name] = Node(name, loopback, config, engine, space)
        node.interfaces = known.interfaces if known else {"lo": _loopback(loopback)}
        for interface in node.interfaces.values():
            self.tell(name, InterfaceUp(interface=interface))
            if interface.kind is InterfaceKind.ETHERNET:
                self.tell(name, LdpEnabled(interface=interface.name))
        return node

    def link(self, *names: str, bfd: bool = False, ldp: bool = True) -> str:
        """Join routers; the link is 10.1.N.0/24, and its interfaces are called after them."""
        number = len(self.links) + 1
        name = "-".join(names)
        link = f"{name}-{number}" if name in self.links else name
        self.links[link] = list(names)
        for host, router in enumerate(names, start=1):
            interface = Interface(
                name=link,
                index=number,
                kind=InterfaceKind.ETHERNET,
                address=IPv4Interface(f"10.1.{number}.{host}/24"),
            )
            self.nodes[router].interfaces[link] = interface
            self.tell(router, InterfaceUp(interface=interface))
            if ldp:
                self.tell(router, LdpEnabled(interface=link, bfd=bfd))
        return link

    def cut(self, link: str) -> None:
        """The link goes down; its routers see that."""
        self.down.add(link)
        for name in self.links[link]:
            self.tell(name, InterfaceDown(name=link))

    def mend(self, link: str) -> None:
        self.down.discard(link)
        for name in self.links[link]:
            self.tell(name, InterfaceUp(interface=self.nodes[name].interfaces[link]))

    def crash(self, name: str) -> None:
        """The router starts anew; nobody tells its peers that its streams are gone."""
        for end, pipe in list(self.pipes.items()):
            if name in pipe.routers:
                pipe.silent = True
            if name == end.router:
                del self.pipes[end]
        config = self.nodes[name].config
        self.router(name, configure=lambda _: config)

    def reset(self, one: str, other: str) -> None:
        """The stream between two routers breaks, and both are told."""
        for end, pipe in list(self.pipes.items()):
            if {one, other} == pipe.routers and end in self.pipes:
                del self.pipes[end]
                self.tell(end.router, StreamClosed(stream=end.stream, why="connection reset"))

    def silence(self, one: str, other: str) -> None:
        """The stream between two routers carries nothing any more, and nobody is told."""
        for pipe in self.pipes.values():
            if {one, other} == pipe.routers:
                pipe.silent = True

    def route(self) -> None:
        """Tell every router the shortest paths to all loopbacks and links, as they are now."""
        graph = self._graph()
        places = {IPv4Network(node.loopback): {name} for name, node in self.nodes.items()}
        for link, names in self.links.items():
            places[self.nodes[names[0]].interfaces[link].address.network] = set(names)
        for name, node in self.nodes.items():
            distances = nx.single_source_shortest_path_length(graph, name)
            self._tell_routes(node, places, distances, graph)

    def fecs(self, name: str, *routes: FecRoute, withdrawn: Iterable[IPv4Network] = ()) -> None:
        node = self.nodes[name]
        node.routes |= {route.prefix: route for route in routes}
        for prefix in withdrawn:
            node.routes.pop(prefix, None)
        self.tell(name, FecsChanged(changed=routes, withdrawn=tuple(withdrawn)))

    def tell(self, name: str, event: LdpInput) -> None:
        """Hand an input to a router, and set off what comes of it."""
        for output in self.nodes[name].engine.handle(event, self.now):
            self._carry(self.nodes[name], output)

    def run(self, duration: Duration) -> None:
        """Let time pass."""
        until = self.now + duration
        while (at := self._next()) <= until:
            self.now = max(self.now, at)
            if self._heap and self._heap[0][0] <= self.now:
                heapq.heappop(self._heap)[2]()
            else:
                for node in list(self.nodes.values()):
                    for output in node.engine.advance(self.now):
                        self._carry(node, output)
        self.now = until

    def neighbor(self, name: str, peer: str) -> NeighborView | None:
        """What a router has to show of another."""
        loopback = self.nodes[peer].loopback
        views = self.nodes[name].engine.neighbors(self.now)
        return next((view for view in views if view.peer.router == loopback), None)

    def state(self, name: str, peer: str) -> str:
        view = self.neighbor(name, peer)
        return view.state if view else "unknown"

    def next_hop(self, name: str, link: str) -> FecNextHop:
        """A router as its neighbour's next hop."""
        return FecNextHop(link, self.nodes[name].interfaces[link].address.ip)

    def later(self, do: Callable[[], None], delay: Duration = DELAY) -> None:
        heapq.heappush(self._heap, (self.now + delay, next(self._sequence), do))

    def _next(self) -> Instant:
        deadlines = (node.engine.next_deadline() for node in self.nodes.values())
        first = min((d for d in deadlines if d is not None), default=float("inf"))
        return min(first, self._heap[0][0] if self._heap else float("inf"))

    def _graph(self) -> nx.Graph[str]:
        graph: nx.Graph[str] = nx.Graph()
        graph.add_nodes_from(self.nodes)
        for link, names in self.links.items():
            if link not in self.down:
                for one in names:
                    graph.add_edges_from((one, other) for other in names if one != other)
        return graph

    def _tell_routes(
        self,
        node: Node,
        places: dict[IPv4Network, set[str]],
        distances: dict[str, int],
        graph: nx.Graph[str],
    ) -> None:
        routes: dict[IPv4Network, FecRoute] = {}
        for prefix, owners in places.items():
            near = {owner for owner in owners if owner in distances}
            if node.name in owners:
                routes[prefix] = FecRoute(prefix=prefix, next_hops=frozenset())
            elif near:
                hops = self._next_hops(node.name, near, graph)
                routes[prefix] = FecRoute(prefix=prefix, next_hops=frozenset(hops))
        changed = [r for prefix, r in routes.items() if node.routes.get(prefix) != r]
        gone = [prefix for prefix in node.routes if prefix not in routes]
        if changed or gone:
            self.fecs(node.name, *changed, withdrawn=gone)

    def _next_hops(self, name: str, owners: set[str], graph: nx.Graph[str]) -> set[FecNextHop]:
        distance = min(nx.shortest_path_length(graph, name, owner) for owner in owners)
        return {
            self.next_hop(other, link)
            for link, names in self.links.items()
            if link not in self.down and name in names
            for other in names
            if other != name
            and any(
                nx.has_path(graph, other, owner)
                and nx.shortest_path_length(graph, other, owner) == distance - 1
                for owner in owners
            )
        }

    def _carry(self, node: Node, output: LdpOutput) -> None:
        node.outputs.append(output)
        match output:
            case SendDatagram():
                self._send_datagram(node, output)
            case BindingsChanged(bindings=bindings):
                node.bindings |= {binding.prefix: binding for binding in bindings}
            case SynchronisationChanged(interface=interface, synchronised=synchronised):
                (node.synchronised.add if synchronised else node.synchronised.discard)(interface)
            case Listen():
                node.listen = output
            case OpenStream():
                self.later(lambda: self._connect(node.name, output))
            case SendData():
                self._send_data(node.name, output)
            case CloseStream():
                self._close(node.name, output)

    def _send_datagram(self, node: Node, output: SendDatagram) -> None:
        if output.destination == ALL_ROUTERS:
            others = [n for n in self.links[output.interface] if n != node.name]
            reached = [] if output.interface in self.down else others
        else:
            reached = [n.name for n in self.nodes.values() if n.loopback == output.destination]
        for name in reached:
            received = DatagramReceived(
                interface=output.interface,
                source=output.source,
                destination=output.destination,
                source_port=output.source_port,
                destination_port=output.destination_port,
                payload=output.payload,
                ttl=output.ttl,
            )
            if not self.loses(name, received):
                self.later(partial(self.tell, name, received))

    def _connect(self, opener: str, output: OpenStream) -> None:
        accepter = next(
            (n for n in self.nodes.values() if n.listen and n.listen.local == output.remote), None
        )
        if accepter is None or accepter.listen is None:
            why = "connection refused"
        elif accepter.listen.md5_keys.get(output.local) != output.md5_key:
            why = "no answer"  # RFC 2385: segments with a wrong digest are not answered
        else:
            self._connected(opener, accepter.name, output)
            return
        self.tell(opener, StreamClosed(stream=output.stream, why=why))

    def _connected(self, opener: str, accepter: str, output: OpenStream) -> None:
        number = next(self._numbers)
        ends = End(opener, output.stream), End(accepter, f"from {opener} {number}")
        pipe = Pipe(ends)
        self.pipes |= dict.fromkeys(ends, pipe)
        near = Endpoint(output.local, 40000 + number)
        accepted = StreamAccepted(stream=ends[1].stream, local=output.remote, remote=near)
        self.tell(accepter, accepted)
        self.tell(opener, StreamOpened(stream=output.stream, local=near, remote=output.remote))

    def _send_data(self, name: str, output: SendData) -> None:
        end, data = End(name, output.stream), output.data
        while data:
            cut = self.rng.randint(1, len(data))
            self._send(end, partial(_data_received, data[:cut]))
            data = data[cut:]

    def _close(self, name: str, output: CloseStream) -> None:
        end = End(name, output.stream)
        self._send(end, lambda other: StreamClosed(stream=other, why="closed by the peer"))
        self.pipes.pop(end, None)

    def _send(self, end: End, event: Callable[[StreamName], DataReceived | StreamClosed]) -> None:
        """Let something arrive at the other end, if that is still there then."""
        if (pipe := self.pipes.get(end)) is not None:
            other = pipe.other(end)
            at = max(self.now + DELAY, pipe.free_at.get(end, self.now))
            pipe.free_at[end] = at + SPACING
            self.later(lambda: self._deliver(pipe, other, event(other.stream)), at - self.now)

    def _deliver(self, pipe: Pipe, end: End, event: DataReceived | StreamClosed) -> None:
        if self.pipes.get(end) is pipe and not pipe.silent:
            if isinstance(event, StreamClosed):
                del self.pipes[end]
            self.tell(end.router, event)


def _data_received(data: bytes, stream: StreamName) -> DataReceived:
    return DataReceived(stream=stream, data=data)


def _loopback(address: IPv4Address) -> Interface:
    return Interface(
        name="lo", index=100, kind=InterfaceKind.LOOPBACK, address=IPv4Interface(address)
    )


def assert_labels_match_routes(network: Network) -> None:
    """Every FEC has the label that its route asks for, and each next hop's own as outgoing one."""
    for node in network.nodes.values():
        assert set(_known(node)) == set(node.routes), node.name
        for prefix, route in node.routes.items():
            binding = node.bindings[prefix]
            if route.next_hops:
                assert binding.local is not None and binding.local >= FIRST_LABEL
            else:
                assert binding.local == IMPLICIT_NULL
            assert binding.outgoing == _expected_outgoing(network, prefix, route), node.name
        own = [b.local for b in _known(node).values() if b.local and b.local >= FIRST_LABEL]
        assert len(set(own)) == len(own), "a label of two FECs"
        assert node.labels.used == len(own), "a label that nobody uses"


def _known(node: Node) -> dict[IPv4Network, FecBinding]:
    return {p: b for p, b in node.bindings.items() if b.local is not None or b.outgoing}


def _expected_outgoing(
    network: Network, prefix: IPv4Network, route: FecRoute
) -> dict[FecNextHop, int | None]:
    owner = {
        interface.address.ip: node
        for node in network.nodes.values()
        for interface in node.interfaces.values()
    }
    return {hop: owner[hop.address].bindings[prefix].local for hop in route.next_hops}
