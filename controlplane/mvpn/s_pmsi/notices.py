"""What the S-PMSI engine tells an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.net.multicast import SourceGroup


@dataclass(frozen=True, slots=True)
class FlowBound(Notice):
    """`users` are the flows in the group now, more than one when the pool is exhausted."""

    flow: SourceGroup
    group: IPv4Address
    users: int
    why: str

    def words(self) -> str:
        text = f"{self.flow} is announced in data MDT {self.group}: {self.why}"
        return text if self.users == 1 else f"{text}; no group is free, {self.users} flows share it"


@dataclass(frozen=True, slots=True)
class FlowSwitched(Notice):
    flow: SourceGroup
    group: IPv4Address

    def words(self) -> str:
        return f"{self.flow} is sent in data MDT {self.group} from now on"


@dataclass(frozen=True, slots=True)
class FlowReturned(Notice):
    flow: SourceGroup
    group: IPv4Address
    why: str

    def words(self) -> str:
        return f"{self.flow} has lost data MDT {self.group} for the default MDT: {self.why}"


@dataclass(frozen=True, slots=True)
class TreeJoined(Notice):
    """`flow` is the first that is wanted of it."""

    tree: SourceGroup
    flow: SourceGroup

    def words(self) -> str:
        return f"data MDT {self.tree} is joined for {self.flow}"


@dataclass(frozen=True, slots=True)
class TreeLeft(Notice):
    tree: SourceGroup

    def words(self) -> str:
        return f"data MDT {self.tree} is left: no flow in it is wanted here"


@dataclass(frozen=True, slots=True)
class BindingExpired(Notice):
    flow: SourceGroup
    tree: SourceGroup

    def words(self) -> str:
        return f"PE {self.tree.source} speaks of {self.flow} in {self.tree.group} no longer"


@dataclass(frozen=True, slots=True)
class NoTableLeft(Notice):
    tree: SourceGroup

    def words(self) -> str:
        return f"data MDT {self.tree} is not joined: the data plane has no number left for it"
