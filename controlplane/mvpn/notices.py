"""What the MVPN layer tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.net.multicast import TreeName


@dataclass(frozen=True, slots=True)
class PeFound(Notice):
    """`said_by` is the route."""

    pe: IPv4Address
    tree: TreeName
    said_by: str

    def words(self) -> str:
        return f"PE {self.pe} found ({self.said_by}): its tunnel {self.tree} is joined"


@dataclass(frozen=True, slots=True)
class PeMoved(Notice):
    pe: IPv4Address
    old: TreeName
    new: TreeName

    def words(self) -> str:
        return f"PE {self.pe} has another tunnel: {self.new}, not {self.old} any more"


@dataclass(frozen=True, slots=True)
class PeGone(Notice):
    pe: IPv4Address
    tree: TreeName

    def words(self) -> str:
        return f"PE {self.pe} is gone: no route speaks of it, its tunnel {self.tree} is left"


@dataclass(frozen=True, slots=True)
class PeRefused(Notice):
    pe: IPv4Address
    said_by: str
    why: str

    def words(self) -> str:
        return f"PE {self.pe} cannot be heard ({self.said_by}): {self.why}"


@dataclass(frozen=True, slots=True)
class NoIndexLeft(Notice):
    pe: IPv4Address

    def words(self) -> str:
        return f"PE {self.pe} cannot be heard: all numbers of the data plane for roots are in use"
