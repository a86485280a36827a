"""Our engine and FRR's ospfd as neighbours on one cable, each with networks of its own.

    192.168.1.0/24                                                      192.168.2.0/24
         |    10.1.0.0/24                              10.2.0.0/24         |
    sink -------------- ours 10.0.0.1 -- 10.0.0.2 FRR -------------------- sink
                        10.9.0.1                  10.9.0.2

192.168/16 are what each tells as an ASBR, when it is to be one. There is a second cable,
10.0.2.0/24, when its cost is given.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any, Final

from controlplane.protocols.ospf.engine import OspfEngine
from controlplane.protocols.ospf.events import (
    AreaSettings,
    ExternalRoute,
    ExternalRoutesReplaced,
    NetworkType,
    OspfConfig,
    OspfEnabled,
    OspfSettings,
)
from controlplane.wire.ipv4 import IpProtocol
from tests.peers.frr import Frr
from tests.peers.namespace import Namespace, cable
from tests.peers.ospf.configuration import BACKBONE, DEAD, HELLO, FrrInterface, ospfd
from tests.peers.ospf.tables import (
    Database,
    Table,
    frr_database,
    frr_table,
    our_database,
    our_table,
)
from tests.peers.wire import Wire, eventually

WE, THEY = "10.0.0.1", "10.0.0.2"
OUR_ID, THEIR_ID = "10.9.0.1", "10.9.0.2"
OUR_EXTERNAL: Final = ExternalRoute(
    prefix=IPv4Network("192.168.1.0/24"), metric=5, type2=True, tag=77
)
THEIR_EXTERNAL: Final = "redistribute kernel metric 7 metric-type 1"


def settings(area: str = BACKBONE, network: str = "point-to-point", **more: Any) -> OspfSettings:
    """Those of an interface of ours, with FRR's timers (configuration.py)."""
    return OspfSettings(
        area=IPv4Address(area),
        network=NetworkType(network),
        hello_interval=HELLO,
        dead_interval=DEAD,
        retransmit_interval=1.0,
        **more,
    )


def ospf(namespace: Namespace, router_id: str, areas: tuple[AreaSettings, ...]) -> Wire[OspfEngine]:
    """An engine that originates and takes LSAs as fast as the tests' FRR does."""
    config = OspfConfig(
        router_id=IPv4Address(router_id), areas=areas, min_ls_interval=0.1, min_ls_arrival=0.0
    )
    return Wire(OspfEngine(config, Random(router_id)), namespace, protocols=(IpProtocol.OSPF,))


def enable(wire: Wire[OspfEngine], name: str, address: str, its_settings: OspfSettings) -> None:
    """Bring up an interface of ours that runs OSPF."""
    wire.tell(OspfEnabled(interface=name, settings=its_settings))
    wire.up(name, address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is as it is not by default; areas are those of the networks behind each side."""

    link_area: str = BACKBONE
    our_area: str = BACKBONE
    their_area: str = BACKBONE
    areas: tuple[AreaSettings, ...] = (AreaSettings(id=IPv4Address(BACKBONE)),)
    process: tuple[str, ...] = ()
    our_link: dict[str, Any] = field(default_factory=dict)
    their_link: dict[str, Any] = field(default_factory=dict)
    their_mtu: int = 1500
    their_route: str = "dev eth1"
    zebra: str = ""
    second_cost: int | None = None


class Pair:
    """Both run from the start; `stack` takes them apart."""

    def __init__(self, stack: ExitStack, plan: Plan) -> None:
        ours, self.theirs, sink = (stack.enter_context(Namespace()) for _ in range(3))
        self._ours, self._plan, self._stack = ours, plan, stack
        cable(ours, self.theirs, "eth0", "eth0")
        cable(ours, sink, "eth1", "ours")
        cable(self.theirs, sink, "eth1", "theirs")
        if plan.second_cost is not None:
            cable(ours, self.theirs, "eth2", "eth2")
        self.frr = self._start_frr(plan)
        self.start()

    def start(self) -> None:
        """Start our engine, anew after its wire was closed: it remembers nothing."""
        plan = self._plan
        self.wire = self._stack.enter_context(ospf(self._ours, OUR_ID, plan.areas))
        link = settings(plan.link_area, **plan.our_link)
        behind = settings(plan.our_area, passive=True)
        enable(self.wire, "eth0", f"{WE}/24", link)
        if plan.second_cost is not None:
            enable(self.wire, "eth2", "10.0.2.1/24", replace(link, cost=plan.second_cost))
        enable(self.wire, "eth1", "10.1.0.1/24", behind)
        enable(self.wire, "lo", f"{OUR_ID}/32", behind)

    def _start_frr(self, plan: Plan) -> Frr:
        self.theirs.link("eth0", f"mtu {plan.their_mtu}")
        self.theirs.address("eth0", f"{THEY}/24")
        self.theirs.address("eth1", "10.2.0.1/24")
        self.theirs.address("lo", f"{THEIR_ID}/32")
        self.theirs.route(f"192.168.2.0/24 {plan.their_route}")
        link = FrrInterface(name="eth0", area=plan.link_area, **plan.their_link)
        interfaces = [
            link,
            FrrInterface(name="eth1", area=plan.their_area, passive=True),
            FrrInterface(name="lo", area=plan.their_area, cost=1),
        ]
        if plan.second_cost is not None:
            self.theirs.address("eth2", "10.0.2.2/24")
            interfaces.append(replace(link, name="eth2", cost=plan.second_cost))
        configuration = ospfd(THEIR_ID, interfaces, *plan.process)
        return Frr(self.theirs, {"ospfd": configuration, "zebra": plan.zebra})

    def tell_external(self) -> None:
        """Make ours an ASBR."""
        self.wire.tell(ExternalRoutesReplaced(routes=(OUR_EXTERNAL,)))

    def our_table(self) -> Table:
        return our_table(self.wire.outputs)

    def their_table(self) -> Table:
        return frr_table(self.frr)

    def our_database(self) -> Database:
        """Our database of the area that the two share."""
        return our_database(self.wire.engine.databases(self.wire.now), self._plan.link_area)

    def their_database(self) -> Database:
        return frr_database(self.frr, self._plan.link_area)

    def our_neighbors(self) -> dict[str, str]:
        """States by router id, as `show` has them."""
        views = self.wire.engine.neighbors(self.wire.now)
        return {str(view.router_id): view.state for view in views}

    def their_neighbors(self) -> dict[str, str]:
        neighbors = self.frr.json("show ip ospf neighbor json")["neighbors"]
        return {router: views[0]["nbrState"] for router, views in neighbors.items()}

    def reaches(self, ours: Table, theirs: Table) -> None:
        """Both tables become these; the difference is told when they do not.

        FRR is asked first: while it answers our engine lives on, and ours may change once more.
        """
        try:
            eventually(lambda: self.their_table() == theirs and self.our_table() == ours, self.wire)
        except AssertionError:
            tables = f"{self.our_table()}, not {ours}; {self.their_table()}, not {theirs}"
            told = f"{self.our_neighbors()}, {self.their_neighbors()}, {self.wire.notices}"
            raise AssertionError(f"{tables}; {told}") from None


def own_networks(side: int, other: int) -> tuple[Table, Table]:
    """What a side has in its table: its own networks, and those of the other in the same area."""
    loopback_costs = {1: 0, 2: 1}
    own = {
        "10.0.0.0/24": "intra-area 10 direct",
        f"10.{side}.0.0/24": "intra-area 10 direct",
        f"10.9.0.{side}/32": f"intra-area {loopback_costs[side]} direct",
    }
    others = {
        f"10.{other}.0.0/24": f"intra-area 20 via 10.0.0.{other}",
        f"10.9.0.{other}/32": f"intra-area {10 + loopback_costs[other]} via 10.0.0.{other}",
    }
    return own, others
