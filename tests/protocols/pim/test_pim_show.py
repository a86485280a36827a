"""The state that `show` prints, with times as they are now."""

from __future__ import annotations

import pytest

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.show import OutgoingView, TreeView
from controlplane.protocols.pim.show_links import InterfaceView, NeighborView
from tests.protocols.pim.router import SG, Router, S, hello, ip, join_prune


@pytest.fixture
def router() -> Router:
    """At 20 s: a tree since 15 s, joined on a LAN where a Prune waits, wanted by a member too."""
    router = Router({S: Rpf("up", ip("10.0.2.2"))})
    for index, name in enumerate(("lan", "up"), start=1):
        router.up(name, index)
        router.enable(name)
    router.run(until=10.0)
    router.hears("up", "10.0.2.2", hello(genid=7, secondary=["10.0.2.9"]))
    router.hears("lan", "10.0.1.3", hello(priority=None, holdtime=0xFFFF, genid=None))
    router.hears("lan", "10.0.1.2", hello(holdtime=30))
    router.run(until=15.0)
    router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", join=[SG]))
    router.member("hosts", joined=True)
    router.run(until=18.0)
    router.hears("lan", "10.0.1.2", join_prune("10.0.1.1", prune=[SG]))
    router.run(until=20.0)
    return router


def test_neighbors(router: Router) -> None:
    assert router.engine.neighbors(router.now) == (
        NeighborView(
            interface="lan",
            address=ip("10.0.1.2"),
            uptime=10.0,
            expires=20.0,
            dr_priority=1,
            generation_id=1,
            is_dr=False,
            secondary_addresses=(),
        ),
        NeighborView(
            interface="lan",
            address=ip("10.0.1.3"),
            uptime=10.0,
            expires=None,
            dr_priority=None,
            generation_id=None,
            is_dr=True,
            secondary_addresses=(),
        ),
        NeighborView(
            interface="up",
            address=ip("10.0.2.2"),
            uptime=10.0,
            expires=95.0,
            dr_priority=1,
            generation_id=7,
            is_dr=True,
            secondary_addresses=(ip("10.0.2.9"),),
        ),
    )


def test_interfaces(router: Router) -> None:
    lan, up = router.engine.interfaces(router.now)
    assert up.name == "up"
    assert lan == InterfaceView(
        name="lan",
        address=ip("10.0.1.1"),
        neighbors=2,
        dr=ip("10.0.1.3"),
        dr_reason="highest address, as not every router sends a DR priority",
        dr_priority=1,
        generation_id=lan.generation_id,
        next_hello=12.5,
        hello_period=30.0,
        join_prune_period=60.0,
        propagation_delay=0.5,
        override_interval=2.5,
        suppression=True,
    )


def test_trees(router: Router) -> None:
    assert router.engine.trees(router.now) == (
        TreeView(
            sg=SG,
            uptime=5.0,
            upstream="J",
            join_timer=55.0,
            waiting="period",
            incoming="up",
            rpf_neighbor=ip("10.0.2.2"),
            outgoing=(
                OutgoingView(
                    interface="hosts",
                    state="NI",
                    expires=None,
                    prune_pending=None,
                    local_member=True,
                ),
                OutgoingView(
                    interface="lan",
                    state="PP",
                    expires=205.0,
                    prune_pending=1.0,
                    local_member=False,
                ),
            ),
        ),
    )


def test_the_incoming_interface_is_not_an_outgoing_one(router: Router) -> None:
    """RFC 7761 4.8.2: its members are served by the router that packets come from."""
    router.member("up", joined=True)
    (tree,) = router.engine.trees(router.now)
    assert [view.interface for view in tree.outgoing] == ["hosts", "lan"]


def test_trees_are_in_order_of_group_and_source(router: Router) -> None:
    sgs = [
        SourceGroup(ip("192.0.2.9"), ip("232.0.0.1")),
        SG,
        SourceGroup(ip("192.0.2.9"), SG.group),
    ]
    for sg in reversed(sgs):
        router.member("hosts", sg, joined=True)
    assert [tree.sg for tree in router.engine.trees(router.now)] == sgs
