"""A timer that expired goes to the machine that set it."""

from __future__ import annotations

from typing import assert_never

from controlplane.engine.time import Instant
from controlplane.net.multicast import TreeName
from controlplane.protocols.pim.downstream import DownstreamEvent
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.machines import Machines
from controlplane.protocols.pim.rpt_downstream import RptDownstreamEvent
from controlplane.protocols.pim.tib import Tree
from controlplane.protocols.pim.timers import (
    AssertTimer,
    BootstrapTimer,
    CandidateRpAdvertisementTimer,
    CandidateRpTimer,
    DfAnnouncementTimer,
    DfTimer,
    ExpiryTimer,
    HelloTimer,
    JoinTimer,
    KeepaliveTimer,
    NeighborLivenessTimer,
    OverrideTimer,
    PimTimer,
    PrimingTimer,
    PrunePendingTimer,
    RegisterStopTimer,
    RpMappingTimer,
    RptExpiryTimer,
    RptPrunePendingTimer,
    TreeTimer,
    TriggeredHelloTimer,
)
from controlplane.protocols.pim.upstream import JoinTimerExpires


class Expiry:
    def __init__(self, instance: PimInstance, machines: Machines) -> None:
        self._instance = instance
        self._machines = machines

    def expire(self, name: PimTimer, now: Instant) -> None:
        """Timers of links and of the domain, and those of trees."""
        interfaces, machines = self._instance.interfaces, self._machines
        match name:
            case HelloTimer(interface):
                machines.interfaces.hello_timer_expires(interfaces[interface], now)
            case TriggeredHelloTimer(interface):
                machines.sender.hello(interfaces[interface])
            case NeighborLivenessTimer(interface, neighbor):
                machines.neighbors.remove(interfaces[interface], neighbor, "its holdtime ran out")
            case (
                BootstrapTimer()
                | RpMappingTimer()
                | CandidateRpTimer()
                | CandidateRpAdvertisementTimer()
                | PrimingTimer()
            ):
                machines.bootstraps.expire(name, now)
            case DfTimer() | DfAnnouncementTimer():
                machines.df_elections.expire(name, now)
            case _:
                self._expire_of_tree(name, now)

    def _expire_of_tree(self, name: TreeTimer, now: Instant) -> None:
        interfaces, machines, sources = (
            self._instance.interfaces,
            self._machines,
            self._instance.tib.sources,
        )
        match name:
            case ExpiryTimer(tree, interface):
                event = DownstreamEvent.EXPIRY_TIMER_EXPIRES
                machines.downstream.handle(self._tree(tree), interfaces[interface], event, now)
            case PrunePendingTimer(tree, interface):
                event = DownstreamEvent.PRUNE_PENDING_TIMER_EXPIRES
                machines.downstream.handle(self._tree(tree), interfaces[interface], event, now)
            case JoinTimer(tree):
                machines.upstream.handle(self._tree(tree), JoinTimerExpires(), now)
            case RptExpiryTimer(sg, interface):
                rpt_event = RptDownstreamEvent.EXPIRY_TIMER_EXPIRES
                machines.rpt_downstream.handle(sources[sg], interfaces[interface], rpt_event, now)
            case RptPrunePendingTimer(sg, interface):
                rpt_event = RptDownstreamEvent.PRUNE_PENDING_TIMER_EXPIRES
                machines.rpt_downstream.handle(sources[sg], interfaces[interface], rpt_event, now)
            case OverrideTimer(sg):
                machines.rpt_upstream.override_timer_expires(sources[sg])
            case KeepaliveTimer(sg):
                machines.keepalive.expire(sources[sg], now)
            case AssertTimer():
                machines.asserts.expire(name, now)
            case RegisterStopTimer():
                machines.register_dr.expire(name, now)
            case _:
                assert_never(name)

    def _tree(self, name: TreeName) -> Tree:
        tree = self._instance.tib.get(name)
        assert tree is not None  # the timers of a tree end with it
        return tree
