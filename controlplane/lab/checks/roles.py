"""Who may share a link: the provider's routers among themselves, customers with their PEs.

RFC 4364 2: a CE is attached to a PE, and it is the PE's interface that belongs to a VRF. P routers
have no VRFs, so they neither serve customers nor share the links of one.
"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link


def check_roles(file: LabFile) -> Iterator[Problem]:
    """Links whose ends do not go together, or do not go with the link's `vpn`."""
    for at, link in enumerate(file.links):
        yield from _link(file, ("links", at), link)


def _link(file: LabFile, path: FieldPath, link: Link) -> Iterator[Problem]:
    pes, ps, ces = (_of_role(file, link, role) for role in ("pe", "p", "ce"))
    if ps and ces:
        text = f"{ps[0]} is a P router and serves no customers: {ces[0]} needs a PE"
        yield Problem((*path, "ends"), text)
    elif link.vpn is None and pes and ces:
        yield Problem(path, f"needs a `vpn`: in which VRF of {pes[0]} is {ces[0]}?")
    elif link.vpn is not None and pes and ps:
        yield Problem((*path, "vpn"), f"{ps[0]} is a P router: links of the core are in no VPN")
    elif link.vpn is not None and len(pes) == len(link.ends):
        yield Problem((*path, "vpn"), "all ends are PEs: links of the core are in no VPN")


def _of_role(file: LabFile, link: Link, role: str) -> list[str]:
    routers = file.routers
    return [name for name in link.ends if name in routers and routers[name].role == role]
