"""What hosts find out by asking: pings and traceroutes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from controlplane.lab.file.values import Model

PING_INTERVAL: Final = 0.1


class _Probe(Model):
    """From a host, to another one or to a router's loopback."""

    from_: Annotated[str, Field(alias="from")]
    to: str


class PingSpec(_Probe):
    """So many echo requests, one each PING_INTERVAL."""

    count: Annotated[int, Field(ge=1, le=100)] = 5

    @property
    def duration(self) -> float:
        """From the first request to the last."""
        return (self.count - 1) * PING_INTERVAL


def _paths(value: object) -> object:
    """`a` and `[a, b]` are short for `[[a]]` and `[[a, b]]`."""
    names = [value] if isinstance(value, str) else value
    is_one = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return [names] if is_one else names


class PathSpec(_Probe):
    """`via` are the routers in between, in their order; or several such lists, of equal ways."""

    via: Annotated[
        list[list[str]],
        BeforeValidator(_paths, json_schema_input_type=str | list[str] | list[list[str]]),
        Field(min_length=1),
    ]
    labels: Literal["shown", "hidden"] | None = None
    """Whether the routers between the first and the last one tell their labels (RFC 4950)."""
