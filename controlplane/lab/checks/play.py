"""Streams and events: who and what they name, and their order in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address

from controlplane.lab.checks.known import Known, unknown
from controlplane.lab.checks.twice import Given, given_twice
from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.expand.domains import Domains
from controlplane.lab.file.model import LabFile
from controlplane.lab.file.multicast import NetworkPim
from controlplane.lab.file.play import (
    Event,
    Join,
    Leave,
    LinkCut,
    LinkDown,
    LinkFaults,
    LinkUp,
    Restart,
    StreamSpec,
)
from controlplane.net.multicast import LINK_LOCAL, SSM_RANGE


def check_play(file: LabFile, known: Known) -> Iterator[Problem]:
    """Streams by themselves, then events in the order of the file."""
    for name, stream in file.streams.items():
        yield from _stream(known, name, stream)
    for at, event in enumerate(file.events):
        yield from _event(file, known, at, event)
    yield from _times(file)
    yield from given_twice("event name", _event_names(file))
    yield from _memberships(file)
    yield from _versions(file)
    yield from _link_states(file)


def _stream(known: Known, name: str, stream: StreamSpec) -> Iterator[Problem]:
    path: FieldPath = ("streams", name)
    yield from unknown((*path, "from"), "host", [stream.from_], known.hosts)
    if stream.to == stream.from_:
        yield Problem((*path, "to"), f"{stream.to} would send to itself")
    elif stream.to not in known.hosts:
        yield from _group((*path, "to"), stream.to, "; name a host to send to it alone")


def _group(path: FieldPath, text: str, hint: str) -> Iterator[Problem]:
    """The text must be a group that routers forward."""
    try:
        group = IPv4Address(text)
    except AddressValueError:
        yield Problem(path, f"{text} is not a multicast group{hint}")
        return
    if not group.is_multicast:
        yield Problem(path, f"{text} is not a multicast group{hint}")
    elif group in LINK_LOCAL:
        yield Problem(path, f"{text} is link-local: no router forwards it")


def _event(file: LabFile, known: Known, at: int, event: Event) -> Iterator[Problem]:
    path: FieldPath = ("events", at)
    match event:
        case Join() | Leave():
            yield from unknown((*path, "hosts"), "host", event.hosts, known.hosts)
            yield from _channel(file, known, path, event)
        case LinkDown(link_down=name):
            yield from unknown((*path, "link_down"), "link", [name], known.links)
        case LinkCut(link_cut=name):
            yield from unknown((*path, "link_cut"), "link", [name], known.links)
        case LinkUp(link_up=name):
            yield from unknown((*path, "link_up"), "link", [name], known.links)
        case LinkFaults(link_faults=name):
            yield from unknown((*path, "link_faults"), "link", [name], known.links)
        case Restart(restart=name):
            yield from unknown((*path, "restart"), "router", [name], known.routers)


def _channel(
    file: LabFile, known: Known, path: FieldPath, event: Join | Leave
) -> Iterator[Problem]:
    key, target = ("join", event.join) if isinstance(event, Join) else ("leave", event.leave)
    if target in known.streams:
        if event.source is not None:
            yield Problem((*path, "source"), f"the stream {target} has a source already")
        if (spec := file.streams.get(target)) and spec.to in known.hosts:
            yield Problem((*path, key), f"{target} goes to the host {spec.to}, not to a group")
        return
    yield from _group((*path, key), target, " and not a stream")
    if event.source is None:
        yield from _source_needed(file, (*path, key), target, event.hosts)
    else:
        yield from source((*path, "source"), event.source, known.hosts)


def _source_needed(
    file: LabFile, path: FieldPath, group: str, hosts: Iterable[str]
) -> Iterator[Problem]:
    try:
        address = IPv4Address(group)
    except AddressValueError:
        return
    if address in SSM_RANGE and not all(_is_mapped(file, address, host) for host in hosts):
        text = f"{group} is source-specific (RFC 4607): it needs a `source`, or an `ssm_mapping`"
        yield Problem(path, text)


def _is_mapped(file: LabFile, group: IPv4Address, host: str) -> bool:
    """Whether the routers of a host's network know which sources it means."""
    vpn = Domains(file).vpn_of_node(host)
    network: NetworkPim = file.vpns[vpn] if vpn else file.provider
    return any(group in mapping.groups for mapping in network.ssm_mapping)


def source(path: FieldPath, text: str, names: frozenset[str]) -> Iterator[Problem]:
    """The text must be an address, or one of the names."""
    try:
        IPv4Address(text)
    except AddressValueError:
        yield from unknown(path, "source", [text], names)


def _times(file: LabFile) -> Iterator[Problem]:
    last = 0.0
    for at, event in enumerate(file.events):
        if event.at < last:
            text = f"{event.at:g} comes after {last:g}: events stand in the order of their times"
            yield Problem(("events", at, "at"), text)
        last = max(last, event.at)


def _event_names(file: LabFile) -> Iterator[Given]:
    for at, event in enumerate(file.events):
        if event.name is not None:
            yield Given(None, event.name, ("events", at, "name"))


def _memberships(file: LabFile) -> Iterator[Problem]:
    """Nobody joins what he is in, or leaves what he is not in."""
    members: set[tuple[str, str, str | None]] = set()
    for at, event in enumerate(file.events):
        if isinstance(event, Join):
            for host in event.hosts:
                if (host, event.join, event.source) in members:
                    yield Problem(("events", at, "hosts"), f"{host} is in {event.join} already")
                members.add((host, event.join, event.source))
        elif isinstance(event, Leave):
            for host in event.hosts:
                if (host, event.leave, event.source) not in members:
                    yield Problem(("events", at, "hosts"), f"{host} is not in {event.leave} then")
                members.discard((host, event.leave, event.source))


def _versions(file: LabFile) -> Iterator[Problem]:
    """RFC 3376 4.2: only IGMPv3 reports name sources."""
    for at, event in enumerate(file.events):
        if isinstance(event, Join) and (event.join in file.streams or event.source is not None):
            for name in event.hosts:
                if (host := file.hosts.get(name)) and host.igmp_version != 3:
                    text = f"{name} speaks IGMPv{host.igmp_version}, which has no sources"
                    yield Problem(("events", at, "hosts"), text)


def _link_states(file: LabFile) -> Iterator[Problem]:
    down: set[str] = set()
    for at, event in enumerate(file.events):
        if isinstance(event, LinkDown):
            if event.link_down in down:
                yield Problem(("events", at, "link_down"), f"{event.link_down} is down already")
            down.add(event.link_down)
        elif isinstance(event, LinkCut):
            if event.link_cut in down:
                yield Problem(("events", at, "link_cut"), f"{event.link_cut} is down already")
            down.add(event.link_cut)
        elif isinstance(event, LinkUp):
            if event.link_up not in down:
                yield Problem(("events", at, "link_up"), f"{event.link_up} is not down then")
            down.discard(event.link_up)
