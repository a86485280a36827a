"""Which Bootstrap messages are believed (RFC 5059 3.1.3).

A message must come from a neighbour. A flooded one must come from the neighbour that is the way
back to its BSR, so that it cannot run in circles. One that is not to be forwarded, or that is
unicast, primes a router that has just started; anybody else drops it. Messages of an admin-scope
zone are refused: this router keeps no zones.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.interface import PimInterface
from controlplane.wire.pim.bootstrap import Bootstrap


def why_refused(
    instance: PimInstance,
    interface: PimInterface,
    source: IPv4Address,
    destination: IPv4Address,
    message: Bootstrap,
    *,
    starting: bool,
) -> Count | None:
    """Why a message is dropped. `starting` is the time in which a router may be primed."""
    if source not in interface.neighbors:
        return Count.DROP_BSM_NO_NEIGHBOR
    if interface.name in instance.config.bsr_borders:
        return Count.DROP_BSM_BORDER
    if _is_scoped(message):
        return Count.DROP_BSM_SCOPED
    if is_flooded(destination, message):
        return None if _is_towards(instance, interface, source, message) else Count.DROP_BSM_RPF
    if destination != ALL_PIM_ROUTERS and not instance.config.unicast_bootstrap:
        return Count.DROP_BSM_UNICAST
    return _why_not_primed(instance, message, starting=starting)


def is_flooded(destination: IPv4Address, message: Bootstrap) -> bool:
    """Whether it goes on from router to router."""
    return destination == ALL_PIM_ROUTERS and not message.no_forward


def _is_scoped(message: Bootstrap) -> bool:
    """RFC 5059 3.1: the Z bit of the first range says so for all."""
    return bool(message.ranges) and message.ranges[0].group.scoped


def _is_towards(
    instance: PimInstance, interface: PimInterface, source: IPv4Address, message: Bootstrap
) -> bool:
    """BSM.src_ip_address == RPF_neighbor(BSM.BSR_ip_address)"""
    route = instance.mrib(message.bsr_address, ALL_PIM_ROUTERS)
    if route is None or route.is_local or route.interface != interface.name:
        return False
    return interface.nbr(route.neighbor or message.bsr_address) == source


def _why_not_primed(instance: PimInstance, message: Bootstrap, *, starting: bool) -> Count | None:
    if not starting:
        return Count.DROP_BSM_LATE
    # What a neighbour kept of our own time as BSR, before a restart, elects nobody.
    route = instance.mrib(message.bsr_address, ALL_PIM_ROUTERS)
    return Count.DROP_BSM_RPF if route is not None and route.is_local else None
