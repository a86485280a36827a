"""The network-LSAs of networks whose Designated Router this is (RFC 2328 12.4.2)."""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.protocols.ospf.area import Area
from controlplane.protocols.ospf.interface import InterfaceState, OspfInterface
from controlplane.wire.ospf.bodies import NetworkLsa
from controlplane.wire.ospf.lsa import LsaKey, LsType


def network_lsas(area: Area, router_id: IPv4Address) -> dict[LsaKey, NetworkLsa]:
    """One for each network of the area with at least one fully adjacent neighbour."""
    return {
        LsaKey(LsType.NETWORK, interface.address, router_id): lsa
        for interface in area.interfaces.values()
        if interface.state is InterfaceState.DR
        and (lsa := _network_lsa(interface, router_id)) is not None
    }


def _network_lsa(interface: OspfInterface, router_id: IPv4Address) -> NetworkLsa | None:
    """ "The Designated Router includes itself in this list"."""
    full = [neighbor.router_id for neighbor in interface.neighbors.values() if neighbor.is_full]
    if not full:
        return None
    return NetworkLsa(mask=interface.mask, attached_routers=(router_id, *sorted(full)))
