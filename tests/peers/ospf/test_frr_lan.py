"""Three routers on a LAN, two of them FRR's: all elect the same two, whatever role is ours.

ours 10.0.0.1 ---+--- 10.0.0.2 FRR
                 |
                 +--- 10.0.0.3 FRR
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from controlplane.protocols.ospf.engine import OspfEngine
from controlplane.protocols.ospf.events import BACKBONE, AreaSettings
from controlplane.protocols.ospf.show import InterfaceView
from tests.peers.frr import Frr
from tests.peers.namespace import Namespace, lan
from tests.peers.ospf.configuration import FrrInterface, ospfd
from tests.peers.ospf.pair import enable, ospf, settings
from tests.peers.ospf.tables import frr_table, our_table
from tests.peers.wire import Wire, eventually

pytestmark = pytest.mark.live


class Lan:
    """Router 1 is ours. FRR's ports come up when both run, so that all begin to wait at once."""

    def __init__(self, stack: ExitStack, priorities: tuple[int, int, int]) -> None:
        switch, ours, *theirs = (stack.enter_context(Namespace()) for _ in range(4))
        members = {f"p{number}": (node, "eth0") for number, node in enumerate((ours, *theirs), 1)}
        lan(switch, members)
        for number, node in enumerate(theirs, 2):
            switch.link(f"p{number}", "down")
            node.address("eth0", f"10.0.0.{number}/24")
            node.address("lo", f"10.9.0.{number}/32")
        self.frrs = [
            Frr(node, {"ospfd": _ospfd(number, priority)})
            for number, (node, priority) in enumerate(zip(theirs, priorities[1:], strict=True), 2)
        ]
        self.wire: Wire[OspfEngine] = stack.enter_context(
            ospf(ours, "10.9.0.1", (AreaSettings(id=BACKBONE),))
        )
        for number, _ in enumerate(theirs, 2):
            switch.link(f"p{number}", "up")
        link = settings(network="broadcast", priority=priorities[0])
        enable(self.wire, "eth0", "10.0.0.1/24", link)
        enable(self.wire, "lo", "10.9.0.1/32", settings(passive=True))

    def is_settled(self) -> bool:
        """Each has the loopbacks of both others."""
        tables = [our_table(self.wire.outputs), *map(frr_table, self.frrs)]
        return all(f"10.9.0.{number}/32" in table for table in tables for number in (1, 2, 3))

    def designated(self) -> Iterator[tuple[str, str]]:
        """Whom each of the three takes for designated router and backup."""
        view = self._our_view()
        yield str(view.dr), str(view.bdr)
        for frr in self.frrs:
            seen: dict[str, Any] = frr.json("show ip ospf interface eth0 json")
            link = seen["interfaces"]["eth0"]
            yield link.get("drAddress", "none"), link.get("bdrAddress", "none")

    def our_state(self) -> str:
        return self._our_view().state

    def _our_view(self) -> InterfaceView:
        views = self.wire.engine.interfaces(self.wire.now)
        return next(view for view in views if view.name == "eth0")


def _ospfd(number: int, priority: int) -> str:
    link = FrrInterface(name="eth0", network="broadcast", priority=priority)
    return ospfd(f"10.9.0.{number}", [link, FrrInterface(name="lo", cost=1)])


@pytest.mark.parametrize(
    ("priorities", "dr", "bdr", "ours"),
    [
        pytest.param((9, 5, 0), "10.0.0.1", "10.0.0.2", "DR", id="DR"),
        pytest.param((5, 9, 0), "10.0.0.2", "10.0.0.1", "Backup", id="Backup"),
        pytest.param((0, 5, 9), "10.0.0.3", "10.0.0.2", "DROther", id="DROther"),
        pytest.param((1, 1, 1), "10.0.0.3", "10.0.0.2", "DROther", id="by router id"),
    ],
)
def test_all_agree_on_who_is_designated_and_have_all_routes(
    stack: ExitStack, priorities: tuple[int, int, int], dr: str, bdr: str, ours: str
) -> None:
    net = Lan(stack, priorities)
    eventually(lambda: set(net.designated()) == {(dr, bdr)}, net.wire)
    eventually(net.is_settled, net.wire)
    assert net.our_state() == ours
    assert our_table(net.wire.outputs) == {
        "10.0.0.0/24": "intra-area 10 direct",
        "10.9.0.1/32": "intra-area 0 direct",
        "10.9.0.2/32": "intra-area 11 via 10.0.0.2",
        "10.9.0.3/32": "intra-area 11 via 10.0.0.3",
    }


def test_when_the_designated_router_falls_silent_the_backup_takes_over(stack: ExitStack) -> None:
    net = Lan(stack, (5, 0, 9))
    eventually(net.is_settled, net.wire)
    net.frrs[1].kill("ospfd")
    without = {
        "10.0.0.0/24": "intra-area 10 direct",
        "10.9.0.1/32": "intra-area 0 direct",
        "10.9.0.2/32": "intra-area 11 via 10.0.0.2",
    }
    eventually(lambda: our_table(net.wire.outputs) == without, net.wire)
    eventually(lambda: {*frr_table(net.frrs[0])} == {*without}, net.wire)
    assert net.our_state() == "DR"
