"""Anycast-RP: routers that share an RP address tell each other of sources (RFC 4610).

A DR's Register reaches one member of the set, the nearest. That one sends a copy to each of the
others, from its own address to theirs, so that every member knows of the source and can join its
tree. A Register that comes from a member is such a copy, and is not copied again.

A member that is the DR of a source has no Register to copy: it sends the others Null-Registers.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.unicast import UNICAST_TTL, interface_of, send_unicast
from controlplane.wire.pim.register import Register


def tell_members(
    instance: PimInstance, rp: IPv4Address, register: Register, *, ttl: int = UNICAST_TTL
) -> None:
    """Send a Register to the other members, if there are any, and we are one of them."""
    members, group = instance.config.anycast_members(rp), register.sg.group
    here = {m: name for m in members if (name := interface_of(instance, m, group)) is not None}
    if not here or ttl < 1:
        return
    own = min(here)
    for member in sorted(members - here.keys()):
        send_unicast(
            instance,
            register,
            Count.TX_REGISTER,
            interface=here[own],
            source=own,
            destination=member,
            ttl=ttl,
        )
