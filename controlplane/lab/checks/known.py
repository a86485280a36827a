"""The names that a lab file gives, read from its plain values: there even for broken entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address
from typing import Self

from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.file.source import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    routers: frozenset[str]
    hosts: frozenset[str]
    links: frozenset[str]
    vpns: frozenset[str]
    streams: frozenset[str]
    events: frozenset[str]
    policies: frozenset[str]

    @classmethod
    def of(cls, raw: Value) -> Self:
        top = raw if isinstance(raw, dict) else {}
        return cls(
            routers=_keys(top.get("routers")),
            hosts=_keys(top.get("hosts")),
            links=frozenset(filter(None, map(_link_name, _items(top.get("links"))))),
            vpns=_keys(top.get("vpns")),
            streams=_keys(top.get("streams")),
            events=frozenset(_names(top.get("events"))),
            policies=_keys(top.get("policies")),
        )

    @property
    def nodes(self) -> frozenset[str]:
        return self.routers | self.hosts


def unknown(
    path: FieldPath, what: str, names: Iterable[str], known: frozenset[str]
) -> Iterator[Problem]:
    """A problem for each name that is not known, with the one that may have been meant."""
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; is it {close[0]}?" if close else ""
            yield Problem(path, f"no {what} is called {name}{hint}")


def is_address(text: str) -> bool:
    """Whether it is an address where the name of something could stand."""
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _keys(value: Value) -> frozenset[str]:
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _items(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _link_name(link: Value) -> str | None:
    if not isinstance(link, dict):
        return None
    if isinstance(name := link.get("name"), str):
        return name
    ends = link.get("ends")
    return "-".join(map(str, ends)) if isinstance(ends, list | dict) else None


def _names(value: Value) -> Iterator[str]:
    for item in _items(value):
        if isinstance(item, dict) and isinstance(name := item.get("name"), str):
            yield name
