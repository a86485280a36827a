"""What people call the numbers of the data plane: interfaces, ports and VRFs of one router."""

from __future__ import annotations

from controlplane.fib.model import Port
from controlplane.router.router import Router


def interface_name(router: Router, index: int) -> str:
    """Of an index that is a (PMSI, root PE) pair's: `mdt-red from 10.255.0.2`."""
    interface = router.links.indexed(index)
    return interface.name if interface else _root_name(router, index)


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
    return next(vrf.name for vrf in router.vrfs.values() if vrf.id == number)
