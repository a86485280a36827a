"""RFC 4456: route reflectors, alone, in pairs and in chains."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.wire.bgp.attributes import PathAttributes
from tests.protocols.bgp.harness import Network
from tests.protocols.bgp.tabled import UNICAST, Here, peer, prefix

CLIENT = {"reflector_client": True}


def reflected(network: Network, *clients: str, by: str) -> None:
    for client in clients:
        network.session(by, client, of_one=CLIENT)


def knows(network: Network, name: str) -> PathAttributes | None:
    best = network.best(name, UNICAST).get(prefix(1))
    return best.attributes if best else None


class TestOneReflector:
    """Clients a and b, others c and d, all with sessions to the reflector alone."""

    @pytest.fixture
    def network(self) -> Network:
        network = Network()
        for name in ("rr", "a", "b", "c", "d"):
            network.router(name)
        reflected(network, "a", "b", by="rr")
        for other in ("c", "d"):
            network.session("rr", other)
        network.start()
        network.run(10.0)
        return network

    @pytest.mark.parametrize(
        ("origin", "hear"), [("a", {"rr", "b", "c", "d"}), ("c", {"rr", "a", "b"})]
    )
    def test_who_hears_of_whose_routes(self, network: Network, origin: str, hear: set[str]) -> None:
        network.originate(origin, UNICAST, prefix(1))
        network.run(1.0)
        assert {name for name in network.routers if knows(network, name)} == hear | {origin}
        network.withdraw(origin, UNICAST, prefix(1))
        network.run(1.0)
        assert not any(knows(network, name) for name in network.routers)

    def test_a_reflected_route_names_originator_and_cluster(self, network: Network) -> None:
        network.originate("a", UNICAST, prefix(1), med=3)
        network.run(1.0)
        a, reflector = (network.routers[name].loopback for name in ("a", "rr"))
        assert knows(network, "b") == PathAttributes(
            next_hop=a, med=3, local_pref=100, originator_id=a, cluster_list=(reflector,)
        )


def test_two_reflectors_of_one_cluster_do_not_take_each_others_routes() -> None:
    network, cluster = Network(), IPv4Address("1.1.1.1")
    for name in ("rr1", "rr2"):
        network.router(name, cluster_id=cluster)
    for name in ("a", "b"):
        network.router(name)
        reflected(network, name, by="rr1")
        reflected(network, name, by="rr2")
    network.session("rr1", "rr2")
    network.start()
    network.run(10.0)
    network.originate("a", UNICAST, prefix(1))
    network.run(1.0)
    engine = network.routers["rr1"].engine
    assert engine is not None
    view = engine.route(UNICAST, prefix(1))
    assert view is not None
    words = "reflected in a loop: it has passed cluster 1.1.1.1"
    assert [path.why_not for path in view.paths] == ["", words]


def test_a_ring_of_reflectors_ends_with_the_originator() -> None:
    """Each is the next one's client: what goes round comes back to who told it, and no further."""
    network, names = Network(), ("a", "b", "c", "d")
    for name in names:
        network.router(name)
    for one, other in zip(names, (*names[1:], names[0]), strict=True):
        network.session(one, other, of_one=CLIENT)
    network.start()
    network.run(10.0)
    network.originate("a", UNICAST, prefix(1))
    network.run(1.0)
    assert all(knows(network, name) for name in names)
    network.withdraw("a", UNICAST, prefix(1))
    network.run(1.0)
    assert not any(knows(network, name) for name in names)


def test_a_route_that_comes_back_to_its_originator_does_not_compete() -> None:
    config = peer(1)
    here = Here(config)
    here.far(config).announces(prefix(1), originator_id=here.engine.peers(0.0)[0].local)
    assert here.best == {}
    assert here.paths(prefix(1))[0].why_not == "reflected back: this router is its originator"


def test_the_shorter_way_through_reflectors_wins() -> None:
    """RFC 4456 9: by the length of the cluster list, the originator being the same."""
    configs = [peer(1), peer(2)]
    here = Here(*configs)
    a, b = IPv4Address("1.1.1.1"), IPv4Address("2.2.2.2")
    one, other = map(here.far, configs)
    one.announces(prefix(1), originator_id=a, cluster_list=(a, b))
    other.announces(prefix(1), originator_id=a, cluster_list=(b,))
    assert here.best[prefix(1)].peer == configs[1].address
    assert here.paths(prefix(1))[1].why_not == "cluster list length 2 > 1"
