"""A lab file, read, checked and worked out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

from controlplane.lab.expand.layout import Layout
from controlplane.lab.expand.network import network_plan, wire_of
from controlplane.lab.file.expect import Carried, NotCarried
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.source import read_source
from controlplane.lab.file.values import LONGEST_LINK_NAME
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.read import checked
from controlplane.lab.routes import RouteProvider
from controlplane.lab.world import Stream


@dataclass(frozen=True)
class Lab:
    """One lab: what its file says, and the network that comes of it."""

    file: LabFile
    layout: Layout
    plan: NetworkPlan

    @property
    def name(self) -> str:
        return self.plan.name

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """The streams as a world sends them, numbered from 1."""
        return tuple(
            Stream(
                name=name,
                number=number,
                host=spec.from_,
                destination=self.layout.address(spec.to),
                port=spec.port,
                rate=spec.rate,
                count=spec.count,
                size=spec.size,
                ttl=spec.ttl,
            )
            for number, (name, spec) in enumerate(self.file.streams.items(), start=1)
        )

    def channel(self, target: str, source: str | None) -> tuple[IPv4Address, IPv4Address | None]:
        """The group and the source that a join is for: those of a stream, or the given ones."""
        if target in self.file.streams:
            target, source = self.file.streams[target].to, self.file.streams[target].from_
        return IPv4Address(target), None if source is None else self.layout.address(source)

    @cached_property
    def routes(self) -> RouteProvider:
        return RouteProvider(self.layout)

    @cached_property
    def wires(self) -> dict[str, str]:
        """The wire of each link; VLANs can share one."""
        return wire_of(self.layout)


def load(path: Path) -> Lab:
    """Read a lab file; LabError, BadLabFile with every mistake in it."""
    layout = checked(read_source(path))
    name = layout.file.name or _named_after(path)
    return Lab(layout.file, layout, network_plan(layout, name, _judged_links(layout)))


def _named_after(path: Path) -> str:
    """The file's name as a lab's: the lab's folder and sockets are called so."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", path.stem)
    return (name if name[:1].isalpha() else f"lab-{name}")[:LONGEST_LINK_NAME]


def _judged_links(layout: Layout) -> frozenset[str]:
    """Links whose packets an expectation is about; `core` and `carried` mean all core links."""
    judged: set[str] = set()
    for expectation in layout.file.expect:
        if isinstance(expectation, Carried | NotCarried):
            judged.update(expectation.links)
            if isinstance(expectation, Carried) or "core" in expectation.links:
                judged.update(link.name for link in layout.links if link.core)
    return frozenset(judged)
