"""What the network and its controller both know: two switches, and where P4Runtime is.

h1 -- 1 s1 3 ---- 3 s2 1 -- h3
h2 -- 2                2 -- h4
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOCKETS: Final = Path("/run/l2-learning")
HOST_PORTS: Final = (1, 2)
TRUNK: Final = 3
PORTS: Final = (*HOST_PORTS, TRUNK)


@dataclass(frozen=True)
class Bridge:
    """A switch, with the hosts at its HOST_PORTS."""

    name: str
    device_id: int
    hosts: tuple[str, str]

    @property
    def socket(self) -> Path:
        return SOCKETS / f"{self.name}.sock"

    @property
    def address(self) -> str:
        return f"unix:{self.socket}"


BRIDGES: Final = (Bridge("s1", 1, ("h1", "h2")), Bridge("s2", 2, ("h3", "h4")))
