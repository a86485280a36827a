"""What the machines of one OSPF process share: structures, timers, and the outputs of this input.

Machines do not call each other in circles. What one does that another must look at is noted here
(`elections`, `stale_areas`, `changed`, `to_flood`), and looked at when the input is through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from random import Random
from typing import Final, TypeAlias

from controlplane.engine.time import Instant
from controlplane.engine.timers import Timers
from controlplane.protocols.ospf.area import Area
from controlplane.protocols.ospf.events import AreaId, OspfConfig, OspfOutput
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.lsdb import AS_TYPES, LINK_TYPES, Lsdb, Scope
from controlplane.protocols.ospf.neighbor import Neighbor
from controlplane.protocols.ospf.notices import Trouble
from controlplane.protocols.ospf.timers import OspfTimer
from controlplane.wire.ospf.lsa import LsaKey

_TROUBLES_KEPT: Final = 256
"""Sources of refused packets can be invented; the oldest trouble is forgotten beyond this."""

TroubleKey: TypeAlias = tuple[str, IPv4Address, type[Trouble]]


@dataclass(slots=True)
class KnownTrouble:
    notice: Trouble
    since: Instant


class OspfInstance:
    """`interfaces` are those that OSPF runs on now.

    `elections` are interfaces whose designated router is to be elected again, `stale_areas` those
    whose own router- and network-LSAs may have to say something else, `changed` LSAs with other
    contents since routes were calculated last, `to_flood` interfaces with a flood queue.
    """

    def __init__(self, config: OspfConfig, rng: Random) -> None:
        self.config = config
        self.rng = rng
        self.timers: Timers[OspfTimer] = Timers()
        self.interfaces: dict[str, OspfInterface] = {}
        self.areas = {area.id: Area(area, Lsdb(Scope(area.id))) for area in config.areas}
        self.external = Lsdb()
        self.elections: dict[str, None] = {}
        self.stale_areas: dict[AreaId, None] = {}
        self.changed: dict[tuple[AreaId | None, LsaKey], None] = {}
        self.to_flood: dict[str, None] = {}
        self.outputs: list[OspfOutput] = []
        self.counters: Counter[str] = Counter()
        self.troubles: dict[TroubleKey, KnownTrouble] = {}

    @property
    def router_id(self) -> IPv4Address:
        return self.config.router_id

    def area_of(self, interface: OspfInterface) -> Area:
        return self.areas[interface.area]

    def neighbors(self) -> Iterator[Neighbor]:
        return (n for i in self.interfaces.values() for n in i.neighbors.values())

    def is_own_address(self, address: IPv4Address) -> bool:
        return any(interface.address == address for interface in self.interfaces.values())

    def database_for(self, interface: OspfInterface, ls_type: int) -> Lsdb | None:
        """Where an LSA goes that is received on an interface; None where it goes nowhere."""
        area = self.areas[interface.area]
        if not area.takes(ls_type):
            return None
        if ls_type in AS_TYPES:
            return self.external
        return interface.lsdb if ls_type in LINK_TYPES else area.lsdb

    def databases(self, interface: OspfInterface) -> tuple[Lsdb, ...]:
        """All that a neighbour on the interface must have too (RFC 2328 10.3, RFC 5250 3.1)."""
        area = self.areas[interface.area]
        external = (self.external,) if area.takes(next(iter(AS_TYPES))) else ()
        return (area.lsdb, interface.lsdb, *external)

    def database_of(self, scope: Scope) -> Lsdb | None:
        """The database of a scope; None when the interface is gone."""
        if scope.interface is not None:
            interface = self.interfaces.get(scope.interface)
            return interface.lsdb if interface else None
        return self.external if scope.area is None else self.areas[scope.area].lsdb

    def touch(self, interface: OspfInterface) -> None:
        """What our own LSAs say of an interface may have changed."""
        self.stale_areas[interface.area] = None

    def complain(self, trouble: Trouble, now: Instant) -> None:
        """Tell of a trouble unless it is known."""
        key = (trouble.interface, trouble.source, type(trouble))
        known = self.troubles.get(key)
        if known is not None and known.notice == trouble:
            return
        if len(self.troubles) >= _TROUBLES_KEPT:
            del self.troubles[next(iter(self.troubles))]
        self.troubles[key] = KnownTrouble(trouble, now)
        self.outputs.append(trouble)

    def settled(self, interface: str, source: IPv4Address, *kinds: type[Trouble]) -> None:
        """A trouble is over; when it comes back it is told again."""
        if self.troubles:
            for kind in kinds:
                self.troubles.pop((interface, source, kind), None)

    def forget_troubles(self, interface: str) -> None:
        self.troubles = {key: t for key, t in self.troubles.items() if key[0] != interface}
