"""In which VRFs the neighbours of an interface have entries.

Those of its own VRF, and those that import its subnet: in an extranet (RFC 4364 4.3.1) a site of
another VPN is on a link of this very PE, and its hosts are reached over that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from controlplane.fib.sources import Prefix
from controlplane.net.interface import Interface
from controlplane.rib.route import Attached, Route

_NONE: Final[frozenset[str]] = frozenset()


class Subnets:
    def __init__(self, interfaces: Mapping[str, Interface]) -> None:
        self._interfaces = interfaces
        self._is_alone = len({interface.vrf for interface in interfaces.values()}) < 2
        self._imported: dict[Prefix, frozenset[str]] = {}
        self._importers: defaultdict[str, set[Prefix]] = defaultdict(set)

    def put(self, prefix: Prefix, route: Route | None) -> frozenset[str]:
        """A prefix has this route now; returns the interfaces whose subnet it gained or lost."""
        if self._is_alone:
            return _NONE
        before, after = self._imported.get(prefix, _NONE), self._foreign(prefix[0], route)
        if before == after:
            return _NONE
        if after:
            self._imported[prefix] = after
        else:
            del self._imported[prefix]
        for interface in before - after:
            self._importers[interface].discard(prefix)
        for interface in after - before:
            self._importers[interface].add(prefix)
        return before ^ after

    def vrfs(self, interface: str) -> set[str]:
        importers = self._importers.get(interface, ())
        return {self._interfaces[interface].vrf, *(vrf for vrf, _ in importers)}

    def _foreign(self, vrf: str, route: Route | None) -> frozenset[str]:
        """The interfaces of other VRFs that a route says its destinations are attached to."""
        if route is None:
            return _NONE
        attached = [hop.interface for hop in route.next_hops if isinstance(hop, Attached)]
        foreign = [name for name in attached if self._interfaces[name].vrf != vrf]
        return frozenset(foreign) if foreign else _NONE
