"""Names of what an MVPN counts."""

from __future__ import annotations

from enum import StrEnum


class Count(StrEnum):
    PE_FOUND = "PE found"
    PE_MOVED = "PE moved to another tunnel"
    PE_GONE = "PE gone"
    ROUTE_REFUSED = "A-D route refused"
    NO_INDEX = "PE not joined: no index left"
