"""What the Assert machines do: actions A1 to A6 (RFC 7761 4.6.1, 4.6.2).

A1, A3  claim the link, and claim it again before the losers forget
A2, A6  accept another one's claim
A4      withdraw the own claim with an AssertCancel, which is an Assert with an infinite metric
A5      forget
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.assert_machine import Action
from controlplane.protocols.pim.assert_metric import INFINITE, AssertMetric
from controlplane.protocols.pim.assert_state import AssertInfo, AssertState
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.protocols.pim.macros import rpf_interface
from controlplane.protocols.pim.notices import AssertEnded, AssertLost, AssertWon
from controlplane.protocols.pim.sender import Sender
from controlplane.protocols.pim.tib import (
    SharedTree,
    SourceTree,
    Tree,
    UpstreamState,
    set_assert,
)
from controlplane.protocols.pim.timers import AssertTimer
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.assert_message import Assert

ASSERT_TIME: Final[Duration] = 180.0
ASSERT_OVERRIDE_INTERVAL: Final[Duration] = 3.0
CLAIM_TIME: Final[Duration] = ASSERT_TIME - ASSERT_OVERRIDE_INTERVAL
"""RFC 7761 4.11: the winner speaks again before the losers forget it."""

NO_SOURCE: Final = IPv4Address(0)
"""RFC 7761 4.9.6: in an Assert(*,G) for all sources of the group."""


class AssertActions:
    def __init__(self, instance: PimInstance, sender: Sender) -> None:
        self._instance = instance
        self._sender = sender

    def perform(
        self,
        action: Action | None,
        tree: Tree,
        interface: PimInterface,
        now: Instant,
        received: AssertMetric = INFINITE,
        *,
        source: IPv4Address = NO_SOURCE,
        why: str = "the winner withdrew it",
    ) -> None:
        """`source` is that of the packets that an Assert(*,G) is about."""
        match action:
            case Action.CLAIM | Action.REPEAT:
                self._win(tree, interface, source, now)
            case Action.ACCEPT | Action.ACCEPT_ON_SPT:
                self._lose(tree, interface, received, now)
                if action is Action.ACCEPT_ON_SPT:
                    self._set_spt_bit(tree, interface)
            case Action.CANCEL:
                self._send(tree, interface, INFINITE, NO_SOURCE)
                self.forget(tree, interface.name, why)
            case Action.FORGET:
                self.forget(tree, interface.name, why)

    def claim(self, tree: Tree, interface: str) -> AssertMetric:
        """The metric to claim I with: spt_assert_metric(S,I) or rpt_assert_metric(G,I)."""
        if isinstance(tree, SharedTree):
            return self._instance.macros.rpt_assert_metric(tree, interface)
        return self._instance.macros.spt_assert_metric(tree, interface)

    def _win(self, tree: Tree, interface: PimInterface, source: IPv4Address, now: Instant) -> None:
        metric = self.claim(tree, interface.name)
        self._send(tree, interface, metric, source)
        info = AssertInfo(AssertState.WINNER, interface.address, metric)
        if _state(tree, interface.name) is not AssertState.WINNER:
            self._instance.outputs.append(AssertWon(tree.name, interface.name, metric))
        self._store(tree, interface, info, now + CLAIM_TIME)

    def _lose(
        self, tree: Tree, interface: PimInterface, winner: AssertMetric, now: Instant
    ) -> None:
        info = AssertInfo(
            state=AssertState.LOSER,
            winner=winner.address,
            metric=winner,
            on_rpf_interface=rpf_interface(tree) == interface.name,
        )
        old = tree.asserts.get(interface.name)
        if old is None or old.winner != info.winner:
            self._instance.outputs.append(AssertLost(tree.name, interface.name, winner))
        self._store(tree, interface, info, now + ASSERT_TIME)

    def _set_spt_bit(self, tree: Tree, interface: PimInterface) -> None:
        """A6: "If (I is RPF_interface(S)) AND (UpstreamJPState(S,G) == Joined)"."""
        joined = tree.upstream is UpstreamState.JOINED
        if isinstance(tree, SourceTree) and joined and rpf_interface(tree) == interface.name:
            tree.spt_bit = True

    def _store(self, tree: Tree, interface: PimInterface, info: AssertInfo, until: Instant) -> None:
        self._instance.timers.set(AssertTimer(tree.name, interface.name), until)
        if tree.asserts.get(interface.name) != info:
            set_assert(tree, interface.name, info)
            self._instance.touch(tree)

    def forget(self, tree: Tree, interface: str, why: str) -> None:
        set_assert(tree, interface, None)
        self._instance.timers.cancel(AssertTimer(tree.name, interface))
        self._instance.outputs.append(AssertEnded(tree.name, interface, why))
        self._instance.touch(tree)

    def _send(
        self, tree: Tree, interface: PimInterface, metric: AssertMetric, source: IPv4Address
    ) -> None:
        """Assert or AssertCancel. That of (S,G) names S; one of (*,G) the source whose packets
        "triggered the Assert", so that a router with (S,G) state knows that it is better."""
        named, group = source, tree.name.group
        if isinstance(tree, SourceTree):
            named = tree.name.source
        message = Assert(
            group=EncodedGroup(address=group),
            source=named,
            rpt=metric.rpt_bit,
            preference=metric.preference,
            metric=metric.metric,
        )
        self._sender.hello_first(interface)
        self._sender.send(interface, message, Count.TX_ASSERT)


def _state(tree: Tree, interface: str) -> AssertState:
    info = tree.asserts.get(interface)
    return info.state if info is not None else AssertState.NO_INFO
