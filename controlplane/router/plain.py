"""Values as plain JSON and back, by their types: the form that recordings are kept in.

Frozen dataclasses become objects of their fields, mappings of their keys; addresses and names their
usual text; octets hexadecimal; an enumeration its member's name. Where a type is one of several
dataclasses, the object says which under `type`. `from_plain` raises PlainError, with the path to
the place, for whatever is not of the type.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteDistinguisher, RouteTarget

_TEXT: Final[Mapping[type, Callable[[str], object]]] = {
    IPv4Address: IPv4Address,
    IPv4Interface: IPv4Interface,
    IPv4Network: IPv4Network,
    MacAddress: MacAddress.parse,
    RouteDistinguisher: RouteDistinguisher.parse,
    RouteTarget: RouteTarget.parse,
}
"""Types that have a text form, and how it is read."""
_TEXTUAL: Final = tuple(_TEXT)

_TAG: Final = "type"


class PlainError(ValueError):
    """What was read is not a value of the type: where, and why."""


def to_plain(value: object, kind: Any) -> Any:
    """The JSON form of a value of a type."""
    if isinstance(value, _TEXTUAL):
        return str(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [to_plain(item, _item_type(kind)) for item in value]
    if isinstance(value, frozenset):
        return sorted((to_plain(item, _item_type(kind)) for item in value), key=json.dumps)
    if isinstance(value, Mapping):
        key_type, item_type = get_args(kind)
        return {to_plain(key, key_type): to_plain(value[key], item_type) for key in value}
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value, kind)
    return value


def from_plain(plain: object, kind: Any, path: str = "") -> Any:
    """The value of a type that `to_plain` made this of; PlainError when it cannot be one."""
    try:
        return _read(plain, kind, path)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, PlainError):
            raise
        raise PlainError(f"{path or 'value'}: not a {_name(kind)}: {plain!r}") from error


def _object(value: Any, kind: Any) -> dict[str, Any]:
    hints = _hints(value.__class__)
    plain = {f.name: to_plain(getattr(value, f.name), hints[f.name]) for f in fields(value)}
    return {_TAG: type(value).__name__, **plain} if len(_alternatives(kind)) > 1 else plain


def _read(plain: Any, kind: Any, path: str) -> Any:
    if get_origin(kind) in (Union, UnionType):
        return _read_union(plain, kind, path)
    if get_origin(kind) in (tuple, frozenset):
        items = enumerate(_expect(plain, list))
        item_type = _item_type(kind)
        return get_origin(kind)(from_plain(p, item_type, f"{path}[{n}]") for n, p in items)
    if get_origin(kind) is Mapping:
        key_type, item_type = get_args(kind)
        pairs = _expect(plain, dict).items()
        return {
            from_plain(key, key_type, path): from_plain(item, item_type, f"{path}.{key}")
            for key, item in pairs
        }
    if kind in _TEXT:
        return _TEXT[kind](_expect(plain, str))
    if kind is bytes:
        return bytes.fromhex(plain)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[plain]
    if is_dataclass(kind):
        return _read_object(plain, kind, path)
    return float(_expect(plain, int, float)) if kind is float else _expect(plain, kind)


def _read_object(plain: Any, kind: Any, path: str) -> Any:
    hints = _hints(kind)
    items = {name: item for name, item in _expect(plain, dict).items() if name != _TAG}
    return kind(
        **{name: from_plain(item, hints[name], f"{path}.{name}") for name, item in items.items()}
    )


def _read_union(plain: Any, kind: Any, path: str) -> Any:
    if plain is None and NoneType in get_args(kind):
        return None
    choices = _alternatives(kind)
    if len(choices) == 1:
        return _read(plain, choices[0], path)
    by_name = {_name(choice): choice for choice in choices}
    return _read(plain, by_name[_expect(plain, dict)[_TAG]], path)


def _expect(plain: Any, *kinds: type) -> Any:
    if type(plain) not in kinds:
        raise TypeError
    return plain


def _alternatives(kind: Any) -> list[Any]:
    """The types of a union, None aside."""
    is_union = get_origin(kind) in (Union, UnionType)
    return [arg for arg in get_args(kind) if arg is not NoneType] if is_union else [kind]


def _item_type(kind: Any) -> Any:
    """Of `tuple[T, ...]` or `frozenset[T]`, None allowed beside it."""
    return get_args(_alternatives(kind)[0])[0]


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
