"""Numbers of VPN paths: one for each path, for as long as there is one.

As with ways, the switch does not know what paths are called: a controller that starts anew reads a
path's number off the routes that it wants to lead there.
"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.fib.model import Fib, ForwardVpn
from controlplane.p4rt import names
from controlplane.p4rt.entities import TableEntry, vpn_path_key
from controlplane.p4rt.inventory import Inventory
from controlplane.p4rt.numbers import Claims, Numbers
from controlplane.p4rt.users import prefix_key


class VpnPathNumbers(Numbers):
    """The numbers of the VPN paths of one Fib after another."""

    def __init__(self, installed: Inventory) -> None:
        super().__init__("VPN paths", names.VPN_PATH, names.LAST_VPN_PATH, installed)

    def recognize(self, fib: Fib) -> None:
        """Find the paths of a first Fib in what the switch holds."""
        claims = Claims()
        for route in fib.unicast:
            if isinstance(route.action, ForwardVpn):
                entry = self._installed.get(prefix_key(route))
                if isinstance(entry, TableEntry) and entry.action == names.FORWARD_VPN:
                    claims[route.action.path, entry.args[0]] += 1
        self._claim(claims, {path.name for path in fib.vpn_paths})

    def groups(self, fib: Fib) -> Iterator[tuple[str, int]]:
        """The ways of recognized paths, each with the group that the switch has the path go.

        A path whose label is another now leads to another PE: it tells nothing of its new way.
        """
        unknown = set(self.missing(path.name for path in fib.vpn_paths))
        for path in fib.vpn_paths:
            if path.way is not None and path.name not in unknown:
                entry = self._installed.get(vpn_path_key(self.number(path.name)))
                if isinstance(entry, TableEntry) and entry.args[:1] == (path.label,):
                    yield path.way, entry.args[1]
