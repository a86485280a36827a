"""What happens in a lab: streams of traffic, and events. Times count from "ready"."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, Tag

from controlplane.lab.file.values import LinkFaultWords, Model, Name, Names, Seconds, by_key
from controlplane.p4rt.faults import fault_words


class StreamSpec(Model):
    """Numbered UDP packets from a host to a group, or to a host by its name.

    `size` is that of the IP packet; it has room for the headers and the numbers. Routers may cut
    it.
    """

    from_: Annotated[str, Field(alias="from")]
    to: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 5000
    rate: Annotated[float, Field(gt=0, le=1_000_000)]
    count: Annotated[int, Field(ge=1, le=10_000_000)]
    size: Annotated[int, Field(ge=40, le=1_500)] = 100
    ttl: Annotated[int, Field(ge=1, le=255)] = 32
    at: Seconds = 0.0

    @property
    def end(self) -> float:
        """When its last packet is due."""
        return self.at + (self.count - 1) / self.rate

    def words(self) -> str:
        """The stream in a line."""
        return f"{self.count:,} packets from {self.from_} to {self.to}, {self.rate:g} a second"


class _Event(Model):
    at: Seconds
    name: Name | None = None
    """What expectations call this moment."""


class Join(_Event):
    """Hosts join a stream's channel, or a group (with `source`, that source of it)."""

    join: str
    hosts: Names
    source: str | None = None

    def words(self) -> str:
        return f"{', '.join(self.hosts)} join {self.join}"


class Leave(_Event):
    """Hosts leave what they joined."""

    leave: str
    hosts: Names
    source: str | None = None

    def words(self) -> str:
        return f"{', '.join(self.hosts)} leave {self.leave}"


class LinkDown(_Event):
    """A link breaks; both ends notice at once."""

    link_down: str

    def words(self) -> str:
        return f"link {self.link_down} goes down"


class LinkCut(_Event):
    """A link loses every packet, and neither end sees anything of it but silence."""

    link_cut: str

    def words(self) -> str:
        return f"link {self.link_cut} loses all packets"


class LinkUp(_Event):
    """A broken or cut link works again."""

    link_up: str

    def words(self) -> str:
        return f"link {self.link_up} comes up"


class LinkFaults(_Event):
    """A link has these faults from now on, and no others."""

    link_faults: str
    faults: LinkFaultWords

    def words(self) -> str:
        return f"faults of {self.link_faults}: {fault_words(self.faults)}"


class Restart(_Event):
    """The control plane of a router starts afresh, with nothing remembered."""

    restart: str

    def words(self) -> str:
        return f"{self.restart} restarts"


Event: TypeAlias = Annotated[
    Annotated[Join, Tag("<join>")]
    | Annotated[Leave, Tag("<leave>")]
    | Annotated[LinkDown, Tag("<link_down>")]
    | Annotated[LinkCut, Tag("<link_cut>")]
    | Annotated[LinkUp, Tag("<link_up>")]
    | Annotated[LinkFaults, Tag("<link_faults>")]
    | Annotated[Restart, Tag("<restart>")],
    by_key(
        "an event", "join", "leave", "link_down", "link_cut", "link_up", "link_faults", "restart"
    ),
]
