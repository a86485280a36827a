"""Messages that many peers are told at once, made once: what a reflector says to its clients."""

from __future__ import annotations

from typing import TypeAlias

from controlplane.wire.bgp.nlri import Announced
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_updates

_Name: TypeAlias = tuple[int, Terms, tuple[Announced, ...]]


class Messages:
    """UPDATEs by what they say.

    Attributes are known by their identity, which costs nothing to compare and stands as long as
    they are kept here. Peers that are told the same thing are so with the very same attributes.
    """

    def __init__(self) -> None:
        self._known: dict[_Name, tuple[Reach, tuple[bytes, ...]]] = {}

    def clear(self) -> None:
        """All peers that have room were told."""
        self._known.clear()

    def of(self, reach: Reach, terms: Terms) -> tuple[bytes, ...]:
        name = (id(reach.attributes), terms, reach.nlri)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = (reach, tuple(encode_updates(reach, terms)))
        return known[1]
