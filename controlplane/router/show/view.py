"""A protocol's view as a row: each field in its plain form, under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from controlplane.router.show.row import Json, Row, seconds
from controlplane.router.vrf import Vrf


def row_of(vrf: Vrf, view: Any, *without: str) -> Row:
    """The fields of a view (a dataclass) behind the VRF's name, but for some; times rounded."""
    shown = (name for name in _names(view) if name not in without)
    return {"vrf": vrf.name, **{name: _plain(getattr(view, name)) for name in shown}}


def body_of(body: Any) -> Json:
    """A value inside a row, in the same form."""
    return _plain(body)


def _names(view: Any) -> list[str]:
    return [field.name for field in fields(view)]


def _plain(value: Any) -> Json:
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return seconds(value)
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in _names(value)}
    return str(value)
