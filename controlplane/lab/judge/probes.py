"""What pings and traceroutes found, held against what they should have.

A traceroute names interfaces; what a lab file speaks of is routers. VPNs use the same addresses, so
an address is looked up among those of the asking host's network and those of the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from itertools import groupby
from statistics import mean
from typing import Final

from controlplane.lab.expand.domains import PROVIDER
from controlplane.lab.expand.layout import Layout
from controlplane.lab.file.probes import PathSpec, PingSpec
from controlplane.lab.judge.words import names
from controlplane.lab.probes.result import Answer, Outcome, PingResult, TracerouteResult
from controlplane.lab.verdict import Seen
from controlplane.wire.icmp import UnreachableCode

_SILENT: Final = "*"
"""What traceroute(8) shows for a hop that does not answer."""

_UNREACHABLE: Final[Mapping[int, str]] = {
    UnreachableCode.NET: "no route",
    UnreachableCode.HOST: "no such host",
    UnreachableCode.PROTOCOL: "protocol unreachable",
    UnreachableCode.PORT: "port unreachable",
    UnreachableCode.FRAGMENTATION_NEEDED: "packet too big",
}


def judge_ping(layout: Layout, spec: PingSpec, result: PingResult) -> Seen:
    """Whether each request has its reply, with the mean of their times; else who said what."""
    answers = [answer for answer in result.answers if answer]
    replies = [answer for answer in answers if answer.outcome is Outcome.REPLY]
    words = [f"{len(replies)} of {spec.count}"]
    if replies:
        words.append(f"{mean(answer.rtt for answer in replies) * 1000:.1f} ms")
    owners = _owners(layout, spec.from_)
    errors = (a for a in answers if a.outcome is not Outcome.REPLY)
    said = (f"{_name(owners, error)}: {_error(error)}" for error in errors)
    return Seen(len(replies) == spec.count, ", ".join([*words, *dict.fromkeys(said)]))


def judge_path(layout: Layout, spec: PathSpec, result: TracerouteResult) -> Seen:
    """Whether the goal was reached by one of the ways, with its hops and their labels."""
    owners = _owners(layout, spec.from_)
    answers = [answer for hop in result.hops for answer in hop.answers]
    hops = [(_name(owners, answer) if answer else _SILENT, answer) for answer in answers]
    words = ", ".join(name + _in_brackets(answer, result) for name, answer in hops) or "no answer"
    via = [name for name, _ in hops[:-1]]
    if not result.reached or via not in spec.via:
        return Seen(False, words)
    labelled = [name for name, answer in hops if answer and answer.labels]
    faults = list(_label_faults(layout, spec, via, labelled))
    return Seen(not faults, "; ".join([words, *faults]))


def switching(layout: Layout, spec: PathSpec, via: Sequence[str]) -> list[str]:
    """The routers that packets come to with a label: between the first and last of the core.

    A packet may cross the core again, when it has been at a customer's in between.
    """
    crossed = groupby((*via, spec.to), layout.domains.is_core)
    return [name for is_core, run in crossed if is_core for name in list(run)[1:-1]]


def _label_faults(
    layout: Layout, spec: PathSpec, via: Sequence[str], labelled: Sequence[str]
) -> Iterator[str]:
    missing = [name for name in switching(layout, spec, via) if name not in labelled]
    if spec.labels == "shown" and missing:
        yield f"no label at {names(missing)}"
    elif spec.labels == "hidden" and labelled:
        yield f"labels at {names(labelled)}"


def _owners(layout: Layout, host: str) -> Mapping[IPv4Address, str]:
    """Nodes by their addresses, as the host's network knows them."""
    found: dict[IPv4Address, str] = {}
    for domain in (PROVIDER, layout.domains.of_node(host)):
        ends = (end for link in layout.links if link.domain == domain for end in link.ends)
        found |= {end.address.ip: end.node for end in ends}
        loopbacks = layout.loopbacks.items()
        found |= {ip: name for name, ip in loopbacks if layout.domains.of_node(name) == domain}
    return found


def _name(owners: Mapping[IPv4Address, str], answer: Answer) -> str:
    return owners.get(answer.address, str(answer.address))


def _in_brackets(answer: Answer | None, result: TracerouteResult) -> str:
    """The labels that the packet came with, or that this is where nobody knew how to go on."""
    if answer is None:
        return ""
    stack = "/".join(str(entry.label) for entry in answer.labels)
    if stack:
        return f" ({'labels' if len(answer.labels) > 1 else 'label'} {stack})"
    refused = answer.outcome is Outcome.UNREACHABLE and not result.reached
    return f" ({_error(answer)})" if refused else ""


def _error(answer: Answer) -> str:
    if answer.outcome is Outcome.TIME_EXCEEDED:
        return "TTL exceeded"
    return _UNREACHABLE.get(answer.code, f"unreachable, code {answer.code}")
