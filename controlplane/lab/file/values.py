"""The scalars of a lab file: addresses, groups, names, times; each with its own words of refusal.

Pydantic runs strict, so nothing is guessed: a value is text of the right form, or it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    WithJsonSchema,
)

from controlplane.net.mac import MacAddress
from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.p4rt.faults import Faults, parse_faults

T = TypeVar("T")

LONGEST_NAME: Final = 15
LONGEST_LINK_NAME: Final = 60
_LAST_SECOND: Final = 86_400


class Model(BaseModel):
    """A mapping of a lab file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        arbitrary_types_allowed=True,
    )


def _text(kind: str, parse: Callable[[str], T]) -> Callable[[object], T]:
    """A validator that parses text and says what it is not."""

    def validate(value: object) -> T:
        try:
            return parse(value if isinstance(value, str) else _refuse())
        except ValueError:
            raise ValueError(f"{value} is not {kind}") from None

    return validate


def _refuse() -> str:
    raise ValueError


def _network(text: str) -> IPv4Network:
    if "/" not in text:
        raise ValueError
    return IPv4Network(text)


def _group(text: str) -> IPv4Address:
    address = IPv4Address(text)
    if not address.is_multicast:
        raise ValueError
    return address


def _unicast(text: str) -> IPv4Address:
    address = IPv4Address(text)
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        raise ValueError
    return address


def _mac(text: str) -> MacAddress:
    mac = MacAddress.parse(text)
    if mac.is_group:
        raise ValueError
    return mac


def _administered(parse: Callable[[str], T]) -> Callable[[object], T]:
    def validate(value: object) -> T:
        if not isinstance(value, str):
            raise ValueError(f"{value} is not of the form ADMINISTRATOR:NUMBER, as 65000:1")
        return parse(value)

    return validate


def _schema(description: str, example: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "description": description, "examples": [example], **more}
    )


Ipv4: TypeAlias = Annotated[
    IPv4Address,
    BeforeValidator(_text("a unicast IPv4 address", _unicast)),
    _schema("A unicast IPv4 address.", "10.1.1.10", format="ipv4"),
]
AreaName: TypeAlias = Annotated[
    IPv4Address,
    BeforeValidator(_text("an OSPF area (0.0.0.1)", IPv4Address)),
    _schema("An OSPF area.", "0.0.0.1", format="ipv4"),
]
Group: TypeAlias = Annotated[
    IPv4Address,
    BeforeValidator(_text("a multicast group", _group)),
    _schema("An IPv4 multicast group.", "232.1.1.1", format="ipv4"),
]
Prefix: TypeAlias = Annotated[
    IPv4Network,
    BeforeValidator(_text("an IPv4 prefix (ADDRESS/LENGTH, no host bits)", _network)),
    _schema("An IPv4 prefix without host bits.", "10.1.1.0/24"),
]
Mac: TypeAlias = Annotated[
    MacAddress,
    BeforeValidator(_text("a unicast MAC address (aa:bb:cc:dd:ee:ff)", _mac)),
    _schema("A unicast MAC address.", "02:00:00:00:00:01"),
]
Rd: TypeAlias = Annotated[
    RouteDistinguisher,
    BeforeValidator(_administered(RouteDistinguisher.parse)),
    _schema("A route distinguisher (RFC 4364 4.2).", "65000:1"),
]
Rt: TypeAlias = Annotated[
    RouteTarget,
    BeforeValidator(_administered(RouteTarget.parse)),
    _schema("A route target (RFC 4360 4).", "65000:1"),
]

Name: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", min_length=1, max_length=LONGEST_NAME)
]
LinkName: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=LONGEST_LINK_NAME)
]

Seconds: TypeAlias = Annotated[float, Field(ge=0, le=_LAST_SECOND, allow_inf_nan=False)]
"""A time after "ready", or a duration."""

Mtu: TypeAlias = Annotated[int, Field(ge=576, le=9_216)]
"""Octets behind the Ethernet header: from what every host takes (RFC 791 3.1) to jumbo frames."""

Interval: TypeAlias = Annotated[float, Field(gt=0, le=_LAST_SECOND, allow_inf_nan=False)]
"""A period of a timer: it cannot be nothing."""


def _faults(value: object) -> Faults | None:
    if value is None or isinstance(value, Faults):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{value} is not of the form NAME=VALUE ..., as loss=1% delay=5ms")
    return parse_faults(value)


LinkFaultWords: TypeAlias = Annotated[
    Faults | None,
    BeforeValidator(_faults),
    _schema("Faults of a link in the words of netem, or `none`.", "loss=1% delay=5ms jitter=1ms"),
]


def _at_most(octets: int) -> AfterValidator:
    def validate(text: str) -> str:
        if (length := len(text.encode())) > octets:
            raise ValueError(f"a key has at most {octets} octets, this one has {length}")
        return text

    return AfterValidator(validate)


OspfKey: TypeAlias = Annotated[
    str, Field(min_length=1, json_schema_extra={"maxLength": 16}), _at_most(16)
]
"""A password for MD5 in OSPF (RFC 2328 D.3)."""

TcpKey: TypeAlias = Annotated[
    str, Field(min_length=1, json_schema_extra={"maxLength": 80}), _at_most(80)
]
"""A password for MD5 in TCP (RFC 2385); 80 octets are what Linux takes."""


def listed(value: object) -> object:
    """One text is short for a list of it."""
    return [value] if isinstance(value, str) else value


def one_or_more(value: object) -> list[object]:
    """One value of any kind is short for a list of it."""
    return value if isinstance(value, list) else [value]


NamesOrNone: TypeAlias = Annotated[
    list[str], BeforeValidator(listed, json_schema_input_type=str | list[str])
]
"""One name, or a list of them, which may be empty."""

Names: TypeAlias = Annotated[NamesOrNone, Field(min_length=1)]
"""One name, or a list of them."""

Prefixes: TypeAlias = Annotated[
    list[Prefix], BeforeValidator(listed, json_schema_input_type=Prefix | list[Prefix])
]
"""One prefix, or a list of them."""

Targets: TypeAlias = Annotated[
    list[Rt], BeforeValidator(listed, json_schema_input_type=Rt | list[Rt])
]
"""One route target, or a list of them."""


def by_key(what: str, *kinds: str) -> Discriminator:
    """Choose the model of a mapping by the one of these keys that it has.

    Tags are in angle brackets, so that they can be told from keys in the path of an error.
    """

    def kind(value: object) -> str | None:
        found = [kind for kind in kinds if isinstance(value, dict) and kind in value]
        return f"<{found[0]}>" if len(found) == 1 else None

    message = f"{what} has exactly one of the keys {', '.join(kinds)}"
    return Discriminator(kind, custom_error_type="by_key", custom_error_message=message)


def _moment(value: object) -> object:
    if isinstance(value, str):
        return value
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= _LAST_SECOND
    ):
        return float(value)
    raise ValueError(f"{value} is neither a time in seconds nor the name of an event")


Moment: TypeAlias = Annotated[str | float, BeforeValidator(_moment)]
"""A time in seconds after "ready", or the name of an event."""
