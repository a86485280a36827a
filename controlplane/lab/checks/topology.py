"""Routers, hosts and links fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.errors import Problem
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import End, Link

_EMPTY_END = End()


def check_topology(file: LabFile, known: Known) -> Iterator[Problem]:
    """Names of nodes and links, and what stands at the ends."""
    for name in file.hosts.keys() & file.routers.keys():
        yield Problem(("hosts", name), f"{name} is a router already")
    for at, link in enumerate(file.links):
        yield from _link(file, known, at, link)
    yield from _titles(file)
    yield from _attachments(file)
    for name, router in file.routers.items():
        for at, route in enumerate(router.routes):
            if route.vpn is not None:
                path = ("routers", name, "routes", at, "vpn")
                yield from unknown(path, "VPN", [route.vpn], known.vpns)


def check_presence(file: LabFile) -> Iterator[Problem]:
    """What a complete file has: a router, all of them on links, hosts on a link with one."""
    if not file.routers:
        yield Problem(("routers",), "there is none")
    connected = {name for link in file.links for name in link.ends}
    for name in file.routers if len(file.routers) > 1 else ():
        if name not in connected:
            yield Problem(("routers", name), "is on no link")
    for name, host in file.hosts.items():
        links = [link for link in file.links if name in link.ends]
        routers = [end for link in links for end in link.ends if end in file.routers]
        if not links:
            yield Problem(("hosts", name), "is on no link")
        elif not routers:
            yield Problem(("hosts", name), "has no router on its link, so no gateway")
        elif host.gateway is not None and host.gateway not in routers:
            text = f"{host.gateway} is no router on the link of {name}"
            yield Problem(("hosts", name, "gateway"), text)


def _link(file: LabFile, known: Known, at: int, link: Link) -> Iterator[Problem]:
    path = ("links", at)
    yield from unknown((*path, "ends"), "router or host", link.ends, known.nodes)
    if link.vpn is not None:
        yield from unknown((*path, "vpn"), "VPN", [link.vpn], known.vpns)
        if link.ends.keys() <= known.nodes and not any(_is_pe(file, name) for name in link.ends):
            yield Problem((*path, "vpn"), "no end of this link is a PE, so there is no VRF for it")
    for name, end in link.ends.items():
        if name in file.hosts and end != _EMPTY_END:
            text = f"a host's settings belong to hosts.{name}; its end of a link has none"
            yield Problem((*path, "ends", name), text)
    if link.vlan and (hosts := [name for name in link.ends if name in file.hosts]):
        yield Problem((*path, "vlan"), f"a host takes no tagged frames: {', '.join(hosts)}")


def _is_pe(file: LabFile, name: str) -> bool:
    # A router whose role is itself a mistake may be one.
    return name not in file.hosts and (name not in file.routers or file.routers[name].role == "pe")


def _titles(file: LabFile) -> Iterator[Problem]:
    count = Counter(link.title for link in file.links)
    for at, link in enumerate(file.links):
        if count[link.title] > 1:
            hint = "" if link.name else "; give each a `name`"
            yield Problem(("links", at), f"several links are called {link.title}{hint}")


def _attachments(file: LabFile) -> Iterator[Problem]:
    count = Counter(name for link in file.links for name in link.ends)
    for name in file.hosts:
        if count[name] > 1:
            yield Problem(("hosts", name), f"is on {count[name]} links; a host has one interface")
