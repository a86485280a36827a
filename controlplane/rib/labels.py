"""The labels of a router's FECs: its own, and those of the neighbours that routes lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from controlplane.protocols.ldp.events import FecBinding


class LabelTable:
    """FEC -> labels, as LDP last said."""

    def __init__(self) -> None:
        self._bindings: dict[IPv4Network, FecBinding] = {}

    def apply(self, bindings: Iterable[FecBinding]) -> None:
        """Take what changed; a binding without any label ends."""
        for binding in bindings:
            if binding.local is None and not binding.outgoing:
                self._bindings.pop(binding.prefix, None)
            else:
                self._bindings[binding.prefix] = binding

    def of(self, prefix: IPv4Network) -> FecBinding | None:
        return self._bindings.get(prefix)

    def all(self) -> Iterator[FecBinding]:
        """Every binding, by prefix."""
        return (self._bindings[prefix] for prefix in sorted(self._bindings))
