"""What `show` commands are told of LDP."""

from __future__ import annotations

from dataclasses import replace

from controlplane.engine.stream import StreamClosed
from controlplane.net.label import IMPLICIT_NULL
from controlplane.protocols.ldp.events import LdpConfig
from controlplane.protocols.ldp.show import (
    BindingView,
    DiscoveryView,
    InterfaceView,
    NeighborView,
    RemoteLabelView,
)
from controlplane.wire.ldp.identifier import LdpId
from tests.protocols.ldp.network import Network
from tests.protocols.ldp.peer import ACTIVE, FAR, ITS_LINK, MY_LINK, NEAR, PASSIVE, Peer

PEER = LdpId(ACTIVE)


def an_old_session() -> Peer:
    peer = Peer(ACTIVE)
    peer.establish()
    peer.route(FAR)
    peer.route(NEAR, via=())
    peer.give(FAR, 100)
    peer.give(NEAR, 101)
    peer.run(4.0)
    return peer


def test_a_neighbor_shows_its_session() -> None:
    peer = an_old_session()
    assert peer.view() == NeighborView(
        peer=PEER,
        transport_address=ACTIVE,
        role="passive",
        state="operational",
        uptime=4.0,
        keepalive=180,
        expires=176.0,
        received=6,
        sent=6,
        discovered=("10.1.0.2 on eth0",),
        addresses=(ITS_LINK,),
        capabilities=("dynamic", "typed wildcard fec", "unrecognized notification"),
        all_labels_came=False,
        gtsm=True,
        md5=False,
        waits=None,
        stale_for=None,
        last_failure="",
    )


def test_a_neighbor_without_session_shows_why() -> None:
    peer = an_old_session()
    peer.tell(StreamClosed(stream=peer.stream, why="connection reset"))
    view = peer.view()
    assert (view.state, view.uptime, view.keepalive) == ("no session", None, None)
    assert view.last_failure == "connection closed: connection reset"


def test_an_interface_shows_who_is_heard_there() -> None:
    peer = an_old_session()
    (view,) = peer.engine.interfaces(peer.now)
    assert view.next_hello is not None and 0 < view.next_hello < 5
    assert replace(view, next_hello=None) == InterfaceView(
        name="eth0",
        address=MY_LINK.ip,
        next_hello=None,
        peers=(PEER,),
        synchronised=False,
        bfd=False,
    )


def test_discovery_shows_adjacencies_targeted_ones_last() -> None:
    peer = Peer(PASSIVE, targeted=(PASSIVE,))
    peer.hello()
    link = DiscoveryView(
        interface="eth0",
        source=ITS_LINK,
        peer=LdpId(PASSIVE),
        transport_address=PASSIVE,
        hold=15,
        expires=15,
        uptime=0,
        gtsm=True,
    )
    assert peer.engine.discovery(peer.now) == (link,)


def test_bindings_show_own_labels_and_those_of_peers() -> None:
    peer = an_old_session()
    far = BindingView(
        prefix=FAR,
        local=16,
        has_route=True,
        remote=(RemoteLabelView(peer=PEER, label=100, in_use=True, stale=False),),
        advertised=(PEER,),
        awaited=(),
    )
    near = BindingView(
        prefix=NEAR,
        local=IMPLICIT_NULL,
        has_route=True,
        remote=(RemoteLabelView(peer=PEER, label=101, in_use=False, stale=False),),
        advertised=(PEER,),
        awaited=(),
    )
    assert peer.engine.bindings() == (far, near)


def test_a_withdrawn_label_shows_who_is_yet_to_release_it() -> None:
    peer = an_old_session()
    peer.unroute(FAR)
    view = peer.engine.bindings()[0]
    assert (view.local, view.has_route, view.awaited) == (None, False, (PEER,))


def test_targeted_peers_have_a_session_over_whatever_is_between_them() -> None:
    network = Network()
    network.router("a")
    network.router("b")
    c = network.router("c", configure=lambda config: replace(config, accept_targeted=True))

    def meets_c(config: LdpConfig) -> LdpConfig:
        return replace(config, targeted=(c.loopback,))

    network.router("a", configure=meets_c)
    network.link("a", "b")
    network.link("b", "c")
    network.route()
    network.run(10.0)
    view = network.neighbor("a", "c")
    assert view is not None
    assert (view.state, view.discovered) == ("operational", (f"target {c.loopback}",))
