"""The area data structure (RFC 2328 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from controlplane.protocols.ospf.events import AreaId, AreaKind, AreaSettings
from controlplane.protocols.ospf.interface import OspfInterface
from controlplane.protocols.ospf.lsdb import AS_TYPES, Lsdb
from controlplane.wire.ospf.lsa import LsType
from controlplane.wire.ospf.options import Options

_AREA_TYPES: Final = frozenset(
    {
        LsType.ROUTER,
        LsType.NETWORK,
        LsType.SUMMARY_NETWORK,
        LsType.SUMMARY_ASBR,
        LsType.OPAQUE_AREA,
    }
)


@dataclass(slots=True, eq=False)
class Area:
    """`interfaces` are those of the area that OSPF runs on now."""

    settings: AreaSettings
    lsdb: Lsdb
    interfaces: dict[str, OspfInterface] = field(default_factory=dict)

    @property
    def id(self) -> AreaId:
        return self.settings.id

    @property
    def options(self) -> Options:
        """What Hellos say, and must say here: E for a normal area, N for an NSSA (RFC 3101 2.4)."""
        match self.settings.kind:
            case AreaKind.NORMAL:
                return Options.E
            case AreaKind.NSSA:
                return Options.NP
            case AreaKind.STUB:
                return Options(0)

    def takes(self, ls_type: int) -> bool:
        """Whether LSAs of the type are flooded in the area.

        RFC 2328 3.6: no externals in a stub area; RFC 3101 2.2: type 7 in NSSAs alone; RFC 5250
        3: type 11 goes as far as type 5. An unknown type goes nowhere.
        """
        if ls_type in AS_TYPES:
            return self.settings.kind is AreaKind.NORMAL
        if ls_type == LsType.NSSA_EXTERNAL:
            return self.settings.kind is AreaKind.NSSA
        return ls_type in _AREA_TYPES or ls_type == LsType.OPAQUE_LINK
