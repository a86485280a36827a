"""BGP: reflectors, the ASes of sites, how links with customers are routed, policies."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.sites import ces_of, routing_of, sites
from controlplane.lab.file.bgp import EndBgp, LinkBgp, PolicySpec
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.network import Link


def check_bgp(file: LabFile, known: Known) -> Iterator[Problem]:
    """What is said of BGP, and that it is said where BGP is."""
    yield from _reflectors(file, known)
    yield from _ases(file)
    for at, link in enumerate(file.links):
        yield from _routing(file, ("links", at, "routing"), link)
        yield from _settings(file, known, ("links", at), link)
    for name, policy in file.policies.items():
        yield from _policy(("policies", name), policy)


def _is_core(file: LabFile, name: str) -> bool:
    return name in file.routers and file.routers[name].role != "ce"


def _reflectors(file: LabFile, known: Known) -> Iterator[Problem]:
    path: FieldPath = ("provider", "bgp", "reflectors")
    reflectors = file.provider.bgp.reflectors
    yield from unknown(path, "router", reflectors, known.routers)
    for name in reflectors:
        if name in file.routers and not _is_core(file, name):
            yield Problem(path, f"{name} is a customer's: a reflector is a P or PE router")
    for name in sorted({name for name in reflectors if reflectors.count(name) > 1}):
        yield Problem(path, f"{name} is there twice")


# -- ASes


def _ases(file: LabFile) -> Iterator[Problem]:
    for name, router in file.routers.items():
        path: FieldPath = ("routers", name, "asn")
        if router.asn is not None and router.role != "ce":
            yield Problem(path, f"{name} is in the provider's AS, which is `provider.asn`")
        elif router.asn == file.provider.asn:
            yield Problem(path, f"{router.asn} is the provider's AS: a site has one of its own")
    for site in sites(file):
        yield from _one_as(file, site)


def _one_as(file: LabFile, site: list[str]) -> Iterator[Problem]:
    given = {name: asn for name in site if (asn := file.routers[name].asn) is not None}
    first = next(iter(given), "")
    for name, asn in given.items():
        if asn != given[first]:
            text = f"the site of {name} is AS {given[first]}, that of {first}"
            hint = "a link between two sites has `routing: bgp`"
            yield Problem(("routers", name, "asn"), f"{text}; {hint}")


# -- links


def _routing(file: LabFile, path: FieldPath, link: Link) -> Iterator[Problem]:
    if link.routing is None:
        return
    if routing_of(file, link) is None:
        yield Problem(path, "is for links of a CE with a PE or with another CE")
    elif link.routing == "igp" and len(ces_of(file, link)) < len(_routers(file, link)):
        yield Problem(path, "a customer's IGP ends at its CEs: with PEs `bgp`, or `static`")


def _routers(file: LabFile, link: Link) -> list[str]:
    return [name for name in link.ends if name in file.routers]


def _settings(file: LabFile, known: Known, path: FieldPath, link: Link) -> Iterator[Problem]:
    speaks = routing_of(file, link) == "bgp"
    if link.bgp != LinkBgp() and not speaks:
        yield Problem((*path, "bgp"), f"nobody speaks BGP on {link.title}")
    for name, end in link.ends.items():
        inside: FieldPath = (*path, "ends", name, "bgp")
        if end.bgp != EndBgp() and not speaks and name in file.routers:
            yield Problem(inside, f"nobody speaks BGP on {link.title}")
        yield from _end(known, inside, end.bgp)


def _end(known: Known, path: FieldPath, bgp: EndBgp) -> Iterator[Problem]:
    for key, policy, short, value in (
        ("import", bgp.import_, "local_pref", bgp.local_pref),
        ("export", bgp.export, "med", bgp.med),
    ):
        yield from unknown((*path, key), "policy", filter(None, [policy]), known.policies)
        if policy is not None and value is not None:
            text = f"has a policy for that: write `set_{short}` into {policy}"
            yield Problem((*path, short), text)


# -- policies


def _policy(path: FieldPath, policy: PolicySpec) -> Iterator[Problem]:
    for at, rule in enumerate(policy.rules):
        if rule.up_to is None:
            continue
        place: FieldPath = (*path, "rules", at, "up_to")
        if not rule.prefixes:
            yield Problem(place, "needs the `prefixes` that it is about")
        for prefix in rule.prefixes:
            if rule.up_to < prefix.prefixlen:
                yield Problem(place, f"nothing in {prefix} is as short as /{rule.up_to}")
