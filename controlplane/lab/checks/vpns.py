"""VPNs: distinguishers, profiles, and MDT groups that keep customers apart."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.lab.checks.data_mdts import in_a_pool
from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.checks.twice import Given
from controlplane.lab.errors import FieldPath, Problem, dotted
from controlplane.lab.expand.domains import PROVIDER, Domains
from controlplane.lab.expand.mvpn import discoveries
from controlplane.lab.expand.targets import default_target, export_targets
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.service import Vpn
from controlplane.mvpn.options import DiscoveryOption, TunnelOption
from controlplane.mvpn.profile import ProfileError, find_profile
from controlplane.net.interface import DEFAULT_VRF
from controlplane.net.multicast import SSM_RANGE


def check_vpns(file: LabFile, known: Known) -> Iterator[Problem]:
    """Each VPN by itself, and all of them beside each other."""
    for name, vpn in file.vpns.items():
        yield from _vpn(file, known, name, vpn)
    yield from _distinguishers(file)
    yield from _default_targets(file)
    yield from _shared_groups(file)
    yield from _sites(file)


def _vpn(file: LabFile, known: Known, name: str, vpn: Vpn) -> Iterator[Problem]:
    path: FieldPath = ("vpns", name)
    if name == DEFAULT_VRF:
        yield Problem(path, f"{DEFAULT_VRF} is the name of the provider's own table")
    by_pe = [pe for pe in vpn.default_mdt if pe]
    yield from unknown((*path, "default_mdt"), "PE", by_pe, known.routers)
    yield from unknown((*path, "rd"), "PE", filter(None, vpn.rd), known.routers)
    yield from unknown((*path, "discovery"), "PE", filter(None, vpn.discovery), known.routers)
    yield from unknown((*path, "connector"), "PE", filter(None, vpn.connector), known.routers)
    if vpn.profile is not None:
        yield from _profile(file, name, vpn)


def check_vpn_presence(file: LabFile) -> Iterator[Problem]:
    """What the VPNs of a complete file have: a link, and a profile with its groups."""
    for name, vpn in file.vpns.items():
        path: FieldPath = ("vpns", name)
        if not any(link.vpn == name for link in file.links):
            yield Problem(path, "no link is in this VPN")
        if vpn.default_mdt and vpn.profile is None:
            yield Problem((*path, "default_mdt"), "needs a `profile`")
        yield from _rd_of_each(file, name, vpn)
        yield from _imports(file, name, vpn)
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
    yield from _one_group(name, vpn, pes)
    for router in filter(None, vpn.default_mdt):
        if router in file.routers and router not in pes:
            yield Problem((*path, "default_mdt", router), f"{router} has no VRF of {name}")


def _rd_of_each(file: LabFile, name: str, vpn: Vpn) -> Iterator[Problem]:
    """RDs by PE are there for each PE with a VRF, and for no other router."""
    pes = _pes(file, name)
    if vpn.rd and vpn.only_rd is None:
        for pe in pes:
            if pe not in vpn.rd:
                yield Problem(("vpns", name, "rd"), f"has none for {pe}")
        for router in vpn.rd:
            if router in file.routers and router not in pes:
                yield Problem(("vpns", name, "rd", router), f"{router} has no VRF of {name}")


def _imports(file: LabFile, name: str, vpn: Vpn) -> Iterator[Problem]:
    """A target that nobody exports brings nothing: most often a slip of the pen."""
    exported = {target for other in file.vpns for target in export_targets(file, other)}
    for target in vpn.import_ or ():
        if target not in exported:
            yield Problem(("vpns", name, "import"), f"no VPN exports {target}")


def _one_group(name: str, vpn: Vpn, pes: list[str]) -> Iterator[Problem]:
    """RFC 6037 4.4.1: routes of MDT-SAFI name no VRF but by the group, so it is the same at all."""
    groups = {vpn.default_group(pe) for pe in pes}
    with_mdt_safi = [pe for pe in pes if DiscoveryOption.MDT_SAFI in _discoveries(vpn, pe)]
    if len(groups) > 1 and with_mdt_safi:
        text = f"PEs with groups of their own need A-D routes; {with_mdt_safi[0]} uses MDT-SAFI"
        yield Problem(("vpns", name, "default_mdt"), f"{text} (`discovery`, `profile`)")


def _discoveries(vpn: Vpn, pe: str) -> frozenset[DiscoveryOption]:
    """None for a profile that is itself a mistake."""
    try:
        return discoveries(vpn, pe)
    except ProfileError:
        return frozenset()


def _profile(file: LabFile, name: str, vpn: Vpn) -> Iterator[Problem]:
    try:
        profile = find_profile(str(vpn.profile))
    except ProfileError as error:
        yield Problem(("vpns", name, "profile"), str(error))
        return
    for pe, group in vpn.default_mdt.items():
        if (why := _why_no_tree(file, profile.tunnel, group)) is not None:
            path = ("vpns", name, "default_mdt", *filter(None, [pe]))
            yield Problem(path, f"{why} (profile {vpn.profile})")
    if profile.tunnel is not TunnelOption.PIM_SSM and len(set(vpn.default_mdt.values())) > 1:
        text = f"PEs share one tree and need one group (profile {vpn.profile})"
        yield Problem(("vpns", name, "default_mdt"), text)


def _why_no_tree(file: LabFile, tunnel: TunnelOption, group: IPv4Address) -> str | None:
    """Why P-tunnels of this kind cannot have this group."""
    if tunnel is TunnelOption.PIM_SSM:
        if group not in SSM_RANGE:
            return f"{group} is not in {SSM_RANGE}, which source-specific trees are for"
    elif group in SSM_RANGE:
        return f"{group} is source-specific (RFC 4607), and PEs are to share its tree"
    else:
        return _why_no_rp(file, group, bidirectional=tunnel is TunnelOption.BIDIR_PIM)
    return None


def _why_no_rp(file: LabFile, group: IPv4Address, *, bidirectional: bool) -> str | None:
    covering = [rp for rp in file.provider.rps if group in rp.groups]
    if not covering:
        return f"{group} has no rendezvous point of the provider's (`provider.rp`)"
    longest = max(rp.groups.prefixlen for rp in covering)
    rps = [rp for rp in covering if rp.groups.prefixlen == longest]
    if all(rp.bidirectional != bidirectional for rp in rps):
        other = "in sparse mode" if bidirectional else "bidirectional"
        return f"{group} is {other} by the provider's rendezvous point {rps[0].who}"
    return None


def _pes(file: LabFile, vpn: str) -> list[str]:
    """The PEs that have a VRF of it."""
    names = {name for link in file.links if link.vpn == vpn for name in link.ends}
    return [name for name, router in file.routers.items() if name in names and router.role == "pe"]


def _distinguishers(file: LabFile) -> Iterator[Problem]:
    """RFC 4364 4.2: a route's RD says whose of the overlapping prefixes it is.

    PEs of a VPN may share one, or each have its own.
    """
    first: dict[object, str] = {}
    for name, vpn in file.vpns.items():
        for pe, rd in vpn.rd.items():
            if (earlier := first.setdefault(rd, name)) != name:
                text = f"{rd} is the RD of {earlier}: their routes could not be told apart"
                yield Problem(("vpns", name, "rd", *filter(None, [pe])), text)


def _default_targets(file: LabFile) -> Iterator[Problem]:
    """Nobody meets another VPN by a target that the file has not said."""
    first: dict[object, str] = {}
    for name, vpn in file.vpns.items():
        if vpn.import_ is None or vpn.export is None:
            target = default_target(file, name)
            if (earlier := first.setdefault(target, name)) != name:
                text = (
                    f"{target} would be the route target of {earlier} too: give `import`, `export`"
                )
                yield Problem(("vpns", name), text)


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
        names = ", ".join(vpns)
        text = f"a customer's routers and hosts here are in VPNs that exchange no routes: {names}"
        yield Problem(("links", at, "vpn"), text)


def check_provider_streams(file: LabFile) -> Iterator[Problem]:
    """A host in the provider's own network must not send to a group of an MDT."""
    domains = Domains(file)
    groups = {str(group) for vpn in file.vpns.values() for group in vpn.default_mdt.values()}
    for name, stream in file.streams.items():
        if domains.of_node(stream.from_) == PROVIDER and stream.to in groups:
            yield Problem(("streams", name, "to"), f"{stream.to} is the group of a default MDT")
        elif domains.of_node(stream.from_) == PROVIDER and in_a_pool(file, stream.to):
            yield Problem(("streams", name, "to"), f"{stream.to} is the group of a data MDT")
