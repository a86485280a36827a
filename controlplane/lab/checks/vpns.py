"""VPNs: distinguishers, profiles, and MDT groups that keep customers apart."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.checks.twice import Given
from controlplane.lab.errors import FieldPath, Problem, dotted
from controlplane.lab.expand.domains import PROVIDER, Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.service import Vpn
from controlplane.mvpn.profile import ProfileError, find_profile
from controlplane.mvpn.tunnel import TunnelOption
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import SSM_RANGE


def check_vpns(file: LabFile, known: Known) -> Iterator[Problem]:
    """Each VPN by itself, and all of them beside each other."""
    for name, vpn in file.vpns.items():
        yield from _vpn(file, known, name, vpn)
    yield from _distinguishers(file)
    yield from _shared_groups(file)
    yield from _sites(file)


def _vpn(file: LabFile, known: Known, name: str, vpn: Vpn) -> Iterator[Problem]:
    path: FieldPath = ("vpns", name)
    if name == DEFAULT_VRF:
        yield Problem(path, f"{DEFAULT_VRF} is the name of the provider's own table")
    by_pe = [pe for pe in vpn.default_mdt if pe]
    yield from unknown((*path, "default_mdt"), "PE", by_pe, known.routers)
    if vpn.profile is not None:
        yield from _profile(name, vpn)


def check_vpn_presence(file: LabFile) -> Iterator[Problem]:
    """What the VPNs of a complete file have: a link, and a profile with its groups."""
    for name, vpn in file.vpns.items():
        path: FieldPath = ("vpns", name)
        if not any(link.vpn == name for link in file.links):
            yield Problem(path, "no link is in this VPN")
        if vpn.default_mdt and vpn.profile is None:
            yield Problem((*path, "default_mdt"), "needs a `profile`")
        if vpn.profile is not None:
            yield from _groups(file, name, vpn)


def _groups(file: LabFile, name: str, vpn: Vpn) -> Iterator[Problem]:
    """Every PE with a VRF of it has a default MDT group."""
    path: FieldPath = ("vpns", name)
    if not vpn.default_mdt:
        yield Problem((*path, "profile"), "needs a `default_mdt`, the group of its default MDT")
        return
    pes = _pes(file, name)
    for pe in pes:
        if vpn.default_group(pe) is None:
            yield Problem((*path, "default_mdt"), f"has no group for {pe}")
    for router in filter(None, vpn.default_mdt):
        if router in file.routers and router not in pes:
            yield Problem((*path, "default_mdt", router), f"{router} has no VRF of {name}")


def _profile(name: str, vpn: Vpn) -> Iterator[Problem]:
    try:
        profile = find_profile(str(vpn.profile))
    except ProfileError as error:
        yield Problem(("vpns", name, "profile"), str(error))
        return
    for pe, group in vpn.default_mdt.items():
        if profile.tunnel is TunnelOption.PIM_SSM and group not in SSM_RANGE:
            path = ("vpns", name, "default_mdt", *filter(None, [pe]))
            text = f"{group} is not in {SSM_RANGE}, which source-specific trees are for"
            yield Problem(path, f"{text} (profile {vpn.profile})")


def _pes(file: LabFile, vpn: str) -> list[str]:
    """The PEs that have a VRF of it."""
    names = {name for link in file.links if link.vpn == vpn for name in link.ends}
    return [name for name, router in file.routers.items() if name in names and router.role == "pe"]


def _distinguishers(file: LabFile) -> Iterator[Problem]:
    """RFC 4364 4.2: a route's RD says whose of the overlapping prefixes it is."""
    first: dict[object, str] = {}
    for name, vpn in file.vpns.items():
        if (earlier := first.setdefault(vpn.rd, name)) != name:
            text = f"{vpn.rd} is the RD of {earlier}: their routes could not be told apart"
            yield Problem(("vpns", name, "rd"), text)


def _shared_groups(file: LabFile) -> Iterator[Problem]:
    """RFC 6037 4.1: the group names the multicast domain, so a domain has it to itself."""
    first: dict[object, Given] = {}
    for name, vpn in file.vpns.items():
        for pe, group in vpn.default_mdt.items():
            path = ("vpns", name, "default_mdt", *filter(None, [pe]))
            earlier = first.setdefault(group, Given(name, group, path))
            if earlier.scope != name:
                yield Problem(path, f"{group} is that of {dotted(earlier.path)}")


def _sites(file: LabFile) -> Iterator[Problem]:
    for at, vpns in Domains(file).mixed:
        text = f"a customer's routers and hosts here are in several VPNs: {', '.join(vpns)}"
        yield Problem(("links", at, "vpn"), text)


def check_provider_streams(file: LabFile) -> Iterator[Problem]:
    """A host in the provider's own network must not send to a group of an MDT."""
    domains = Domains(file)
    groups = {str(group) for vpn in file.vpns.values() for group in vpn.default_mdt.values()}
    for name, stream in file.streams.items():
        if domains.of_node(stream.from_) == PROVIDER and stream.to in groups:
            yield Problem(("streams", name, "to"), f"{stream.to} is the group of a default MDT")
