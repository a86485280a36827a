"""Whatever happened to a table, it holds what all that is known now makes the best."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from controlplane.rib.rib import Rib
from controlplane.rib.route import Gateway, NextHop, Route, RouteProtocol

PREFIXES = [IPv4Network(text) for text in ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24")]
PROTOCOLS = [RouteProtocol.STATIC, RouteProtocol.OSPF, RouteProtocol.IBGP]
INTERFACES = ["a", "b"]

ROUTES = st.builds(
    lambda prefix, interface, metric: (prefix, interface, metric),
    st.sampled_from(PREFIXES),
    st.sampled_from(INTERFACES),
    st.integers(0, 2),
)
CHANGES = st.one_of(
    st.tuples(st.just("replace"), st.sampled_from(PROTOCOLS), st.lists(ROUTES)),
    st.tuples(st.just("update"), st.sampled_from(PROTOCOLS), ROUTES),
    st.tuples(st.just("withdraw"), st.sampled_from(PROTOCOLS), st.sampled_from(PREFIXES)),
    st.tuples(st.just("links"), st.sets(st.sampled_from(INTERFACES)), st.none()),
)


def _route(protocol: RouteProtocol, prefix: IPv4Network, interface: str, metric: int) -> Route:
    hop = Gateway(interface, IPv4Address("192.0.2.1"))
    return Route(prefix=prefix, protocol=protocol, next_hops=(hop,), metric=metric)


class World:
    """A Rib, and beside it all that it was told."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.known: dict[tuple[RouteProtocol, IPv4Network], list[Route]] = {}
        self.rib = Rib(self.is_usable)

    def is_usable(self, hop: NextHop) -> bool:
        return isinstance(hop, Gateway) and hop.interface not in self.down

    def change(self, kind: str, what: object, how: object) -> frozenset[IPv4Network]:
        match kind, what, how:
            case "links", set(down), None:
                self.down = down
                return self.rib.refresh()
            case "replace", RouteProtocol() as protocol, list(rows):
                for prefix in PREFIXES:
                    self.known[protocol, prefix] = []
                routes = [_route(protocol, *row) for row in rows]
                for route in routes:
                    self.known[protocol, route.prefix].append(route)
                return self.rib.replace(protocol, routes)
            case "update", RouteProtocol() as protocol, tuple(row):
                route = _route(protocol, *row)
                self.known[protocol, route.prefix] = [route]
                return self.rib.update(protocol, [route], [])
            case "withdraw", RouteProtocol() as protocol, IPv4Network() as prefix:
                self.known[protocol, prefix] = []
                return self.rib.update(protocol, [], [prefix])
        raise AssertionError(kind)

    def best(self, prefix: IPv4Network) -> Route | None:
        candidates = (
            one for key, routes in self.known.items() if key[1] == prefix for one in routes
        )
        usable = [one for one in candidates if self.is_usable(one.next_hops[0])]
        return min(usable, key=lambda one: (one.protocol, one.metric), default=None)


@given(st.lists(CHANGES, max_size=12))
def test_any_history_leaves_the_best_of_what_is_known_and_says_what_changed(
    history: list[tuple[str, object, object]],
) -> None:
    world = World()
    for change in history:
        before = {prefix: world.rib.installed(prefix) for prefix in PREFIXES}
        changed = world.change(*change)
        after = {prefix: world.best(prefix) for prefix in PREFIXES}
        assert {prefix: world.rib.installed(prefix) for prefix in PREFIXES} == after
        assert changed == {prefix for prefix in PREFIXES if before[prefix] != after[prefix]}
        assert list(world.rib.routes()) == [after[p] for p in PREFIXES if after[p] is not None]
