"""CEs that FRR runs: what zebra, bgpd and pimd are told by the lab, and what they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.domains import Domains
from controlplane.lab.expand.sites import ces_of, routing_of
from controlplane.lab.file.bgp import EndBgp
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link
from controlplane.lab.file.play import Restart
from controlplane.lab.file.service import Vpn
from controlplane.lab.file.values import Model
from controlplane.protocols.pim.config import SptPolicy

_OF_OUR_ROUTERS = tuple(
    key for key in EndBgp.model_fields if key not in (*EndBgp.timer_keys(), "allow_as_in")
)
"""Settings of an end that bgpd is not told of."""

_OF_OUR_PIM = (
    "triggered_hello_delay",
    "propagation_delay",
    "override_interval",
    "join_prune_period",
    "bsr_border",
)
"""What pimd has no word for, or one for all of its interfaces."""

_OF_OUR_IGMP = ("robustness",)

_OF_OUR_NETWORKS = ("ssm_mapping", "neighbor_filter", "accept_register", "state_limit")
"""What all routers of a VPN are told alike, and pimd is not."""


def check_frr(file: LabFile) -> Iterator[Problem]:
    """Such a CE is a site by itself, speaks BGP with PEs, and has no trees that pimd has not."""
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
    yield from _rendezvous(file, set(names))
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
    end = link.ends[name]
    here = (*path, "ends", name)
    yield from _not_told((*here, "bgp"), name, end.bgp, _OF_OUR_ROUTERS)
    yield from _not_told((*here, "pim"), name, end.pim, _OF_OUR_PIM)
    yield from _not_told((*here, "igmp"), name, end.igmp, _OF_OUR_IGMP)


def _not_told(
    path: FieldPath, name: str, given: Model | None, keys: tuple[str, ...]
) -> Iterator[Problem]:
    for key in keys:
        if given is not None and key in given.model_fields_set:
            place = (*path, key.removesuffix("_"))
            yield Problem(place, f"{name} is run by FRR, which is not told of this")


def _rendezvous(file: LabFile, frr: set[str]) -> Iterator[Problem]:
    domains = Domains(file)
    for vpn, spec in file.vpns.items():
        of_vpn = sorted(name for name in frr if domains.vpn_of_node(name) == vpn)
        if of_vpn:
            path = ("vpns", vpn)
            yield from _not_told(path, of_vpn[0], spec, _OF_OUR_NETWORKS)
            yield from _trees(path, of_vpn[0], spec)
            yield from _offered(path, of_vpn, spec)


def _trees(path: FieldPath, name: str, spec: Vpn) -> Iterator[Problem]:
    """pimd is PIM-SM; RFC 5015 it does not have, and it counts no rates."""
    for at, rp in enumerate(spec.rp):
        if rp.bidirectional:
            text = f"{name} is run by FRR, which has no bidirectional trees"
            yield Problem((*path, "rp", at, "bidirectional"), text)
        if rp.override:
            text = f"{name} is run by FRR, which has no such order of preference"
            yield Problem((*path, "rp", at, "override"), text)
    if spec.spt_policy is SptPolicy.THRESHOLD:
        yield Problem((*path, "spt"), f"{name} is run by FRR, which knows no threshold")


def _offered(path: FieldPath, names: Sequence[str], spec: Vpn) -> Iterator[Problem]:
    """pimd hears of elected rendezvous points; to be one it is not told here."""
    offers = {
        "rp_candidate": [[one.router] for one in spec.rp_candidate],
        "bsr_candidate": [[one.router] for one in spec.bsr_candidate],
        "anycast_rp": [list(one.members) for one in spec.anycast_rp],
    }
    for key, lists in offers.items():
        for at, routers in enumerate(lists):
            for name in sorted(set(routers).intersection(names)):
                yield Problem((*path, key, at), f"{name} is run by FRR, which is not told of this")
