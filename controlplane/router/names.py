"""What people call the numbers of the data plane: interfaces, ports and VRFs of one router."""

from __future__ import annotations

from collections.abc import Iterable

from controlplane.fib.model import REGISTERS, Port
from controlplane.router.router import Router


def interface_name(router: Router, index: int) -> str:
    """Of an index that is a (PMSI, root PE) pair's: `mdt-red from 10.255.0.2`."""
    if index == REGISTERS:
        return "Registers"
    interface = router.links.indexed(index)
    return interface.name if interface else _root_name(router, index)


def interface_names(router: Router, indices: Iterable[int]) -> str:
    """Of several, in order."""
    return ", ".join(sorted(interface_name(router, index) for index in indices)) or "nowhere"


def _root_name(router: Router, index: int) -> str:
    names = (
        f"{vrf.mvpn.interface.name} from {vrf.mvpn.roots[index].address}"
        for vrf in router.vrfs.values()
        if vrf.mvpn and index in vrf.mvpn.roots
    )
    return next(names, f"interface {index}")


def name_at(router: Router, at: Port) -> str:
    """Of the interface on a port, in a VLAN of it."""
    names = (
        interface.name
        for interface in router.links.interfaces
        if (interface.port, interface.vlan) == (at.port, at.vlan)
    )
    return next(names, f"port {at.port}")


def vrf_name(router: Router, number: int) -> str:
    """Of the look-up behind a selective tree: `red out of data MDT 232.10.1.0`."""
    owners = {table.number: table.vrf for table in router.fib.tail_tables}
    wanted = owners.get(number, number)
    name = next(vrf.name for vrf in router.vrfs.values() if vrf.id == wanted)
    group = data_mdt_of(router, number)
    return name if group is None else f"{name} out of data MDT {group}"


def data_mdt_of(router: Router, number: int) -> str | None:
    """The group of the selective tree whose look-up has this number, None for a VRF's."""
    groups = (
        str(tree.group)
        for vrf in router.vrfs.values()
        if vrf.mvpn
        for tree, leaf in vrf.mvpn.tunnels.leaves.items()
        if leaf.table == number
    )
    return next(groups, None)
