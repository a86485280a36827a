"""CEs that FRR runs: what zebra and bgpd are told by the lab, and what they are not."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.sites import ces_of, routing_of
from controlplane.lab.file.bgp import EndBgp
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link
from controlplane.lab.file.play import Restart

_OF_OUR_ROUTERS = tuple(
    key for key in EndBgp.model_fields if key not in (*EndBgp.timer_keys(), "allow_as_in")
)
"""Settings of an end that bgpd is not told of."""


def check_frr(file: LabFile) -> Iterator[Problem]:
    """Such a CE is a site by itself, and speaks BGP alone."""
    names = [name for name, router in file.routers.items() if router.run == "frr"]
    for name in names:
        router = file.routers[name]
        if router.role != "ce":
            yield Problem(("routers", name, "run"), "FRR runs CEs alone")
        if router.routes:
            yield Problem(("routers", name, "routes"), "a CE that FRR runs takes none")
    for at, link in enumerate(file.links):
        for name in names:
            if name in link.ends:
                yield from _link(file, ("links", at), link, name)
    for at, event in enumerate(file.events):
        if isinstance(event, Restart) and event.restart in names:
            yield Problem(("events", at, "restart"), f"{event.restart} is run by FRR")


def _link(file: LabFile, path: FieldPath, link: Link, name: str) -> Iterator[Problem]:
    if len(ces_of(file, link)) > 1 or routing_of(file, link) not in (None, "bgp"):
        text = f"{name} is run by FRR: it is a site by itself, and speaks BGP with PEs"
        yield Problem(path, text)
    if link.vlan:
        yield Problem((*path, "vlan"), f"{name} is run by FRR: no VLANs")
    if link.bgp.bfd is not None or link.bgp.restart_time:
        text = f"{name} is run by FRR: `key` and `gtsm` alone"
        yield Problem((*path, "bgp"), text)
    for key in _OF_OUR_ROUTERS:
        if key in link.ends[name].bgp.model_fields_set:
            place: FieldPath = (*path, "ends", name, "bgp", key.removesuffix("_"))
            yield Problem(place, f"{name} is run by FRR, which is not told of this")
