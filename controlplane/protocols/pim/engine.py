"""The PIM engine of one VRF: every input and timer goes to the machine of its chapter of RFC 7761.

    4.1    tib: the state of trees; macros and desires over it; trees: they decide
    4.2    data: what packets mean to trees; forwarding: what trees mean to packets
    4.3    neighbors, dr, lan_delay, and sender for our own Hellos
    4.4    register_dr, register_rp, register_anycast
    4.5    downstream, rpt_downstream: what others want from us
           upstream, rpt_upstream: what we want from others
    4.6    asserts
    4.7    rp_set, bootstrap

    RFC 5015: df_elections, and bidir for the trees

Machines note what changed and queue what is to be sent. When an input is through, each changed tree
decides again whether it is wanted, and from where, and tells its new forwarding state; then the
queue goes out, in as few messages as can be.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from controlplane.engine.engine import InterfaceDown, InterfaceUp, PacketReceived
from controlplane.engine.liveness import NeighborFailed
from controlplane.engine.time import Duration, Instant
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim import (
    show,
    show_assert,
    show_df,
    show_links,
    show_register,
    show_rp,
)
from controlplane.protocols.pim.config import PimConfig
from controlplane.protocols.pim.events import (
    DataArrived,
    NeighborsExpected,
    PimEnabled,
    PimInput,
    PimOutput,
    RoutesChanged,
    RpfLookup,
    SourcesActive,
    TreeRates,
)
from controlplane.protocols.pim.expiry import Expiry
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.machines import Machines
from controlplane.protocols.pim.trees import Trees

DEFAULTS = PimConfig()

COUNTERS_PERIOD: Final[Duration] = 10.0


class PimEngine:
    """An Engine[PimInput, PimOutput]."""

    def __init__(self, *, rpf: RpfLookup, rng: Random, config: PimConfig = DEFAULTS) -> None:
        self._instance = PimInstance(rpf, rng, config)
        self._machines = Machines(self._instance)
        self._expiry = Expiry(self._instance, self._machines)
        self._trees = Trees(self._instance, self._machines)

    @property
    def counters(self) -> Counter[str]:
        """How often what happened; keys are those of `Count`."""
        return self._instance.counters

    def neighbors(self, now: Instant) -> tuple[show_links.NeighborView, ...]:
        return show_links.neighbors(self._instance, now)

    def interfaces(self, now: Instant) -> tuple[show_links.InterfaceView, ...]:
        return show_links.interfaces(self._instance, now)

    def trees(self, now: Instant) -> tuple[show.TreeView, ...]:
        return show.trees(self._instance, now)

    def shared_trees(self, now: Instant) -> tuple[show.SharedTreeView, ...]:
        return show.shared_trees(self._instance, now)

    def asserts(self, now: Instant) -> tuple[show_assert.AssertView, ...]:
        return show_assert.asserts(self._instance, now)

    def registers(self, now: Instant) -> tuple[show_register.RegisterView, ...]:
        return show_register.registers(self._instance, now)

    def rp_mappings(self, now: Instant) -> tuple[show_rp.RpMappingView, ...]:
        return show_rp.rp_mappings(self._instance, now)

    def rp_of_groups(self) -> tuple[show_rp.RpOfGroupView, ...]:
        return show_rp.rp_of_groups(self._instance)

    def candidate_rps(self, now: Instant) -> tuple[show_rp.CandidateRpView, ...]:
        return show_rp.candidate_rps(self._instance, self._machines.bootstraps, now)

    def bsr(self, now: Instant) -> show_rp.BsrView:
        return show_rp.bsr(self._instance, self._machines.bootstraps, now)

    def designated_forwarders(self, now: Instant) -> tuple[show_df.DfView, ...]:
        return show_df.designated_forwarders(self._machines.df_elections, now)

    @property
    def wants_counters(self) -> Duration | None:
        """How often it wants to hear what was forwarded, None while it has no trees in sparse mode.

        Often enough for Keepalive_Period, and for a threshold that packets have passed.
        """
        return COUNTERS_PERIOD if self._instance.tib.shared else None

    def next_deadline(self) -> Instant | None:
        return self._instance.timers.next_deadline()

    def handle(self, event: PimInput, now: Instant) -> list[PimOutput]:
        self._machines.bootstraps.start(now)
        self._dispatch(event, now)
        return self._finish(now)

    def advance(self, now: Instant) -> list[PimOutput]:
        for name in self._instance.timers.expired(now):
            self._expiry.expire(name, now)
        return self._finish(now)

    def _dispatch(self, event: PimInput, now: Instant) -> None:
        machines = self._machines
        match event:
            case PacketReceived():
                machines.receiver.receive(event, now)
            case MembershipChanged():
                machines.members.change(event, now)
            case RoutesChanged():
                self._instance.touch_all()
            case NeighborsExpected(interface=interface, awaited=awaited):
                machines.neighbors.expect(interface, awaited, now)
            case NeighborFailed():
                machines.neighbors.fail(event)
            case DataArrived():
                self._data_arrived(event, now)
            case SourcesActive():
                machines.data.active(event, now)
            case TreeRates():
                machines.data.measured(event)
            case PimEnabled():
                machines.interfaces.enable(event.interface, event.settings, now)
            case InterfaceUp():
                self._interface_up(event, now)
            case InterfaceDown():
                machines.interfaces.down(event.name)

    def _data_arrived(self, event: DataArrived, now: Instant) -> None:
        """Machines that look at the Keepalive Timer come in between (RFC 7761 4.2)."""
        self._machines.data.arrived(event, now)
        self._trees.settle(now)
        self._machines.data.compare(event, now)

    def _interface_up(self, event: InterfaceUp, now: Instant) -> None:
        """RFC 7761 4.3.1: with another address it is another interface; the old one goes first."""
        interfaces = self._machines.interfaces
        if interfaces.has_other_address(event.interface):
            interfaces.down(event.interface.name)
            self._complete(now)
            interfaces.up(event.interface, now)
            interfaces.hello_at_once(event.interface.name)
        else:
            interfaces.up(event.interface, now)

    def _complete(self, now: Instant) -> None:
        """Let changed trees decide, then tell and send what all of this asked for."""
        self._machines.bidir.decide(now)
        self._trees.settle(now)
        self._trees.publish()
        self._machines.sender.flush()

    def _finish(self, now: Instant) -> list[PimOutput]:
        self._complete(now)
        outputs, self._instance.outputs = self._instance.outputs, []
        return outputs
