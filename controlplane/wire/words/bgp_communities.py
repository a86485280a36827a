"""Communities of a route in words, as IOS and FRR print them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controlplane.net.vpn import RouteTarget
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity, WellKnown

_KNOWN: Final = {int(one): one.name.lower().replace("_", "-") for one in WellKnown}


def communities_words(attributes: PathAttributes) -> Iterator[str]:
    """All communities of a route, each kind in order."""
    yield from map(_plain, sorted(attributes.communities))
    yield from map(_extended, sorted(attributes.extended_communities))
    yield from map(str, sorted(attributes.large_communities))


def _plain(value: int) -> str:
    return _KNOWN.get(value, f"{value >> 16}:{value & 0xFFFF}")


def _extended(community: ExtendedCommunity) -> str:
    """RT, SoO, Source AS, VRF Route Import; others as octets."""
    named: tuple[tuple[str, RouteTarget | int | None], ...] = (
        ("RT", community.route_target),
        ("SoO", community.route_origin),
        ("SourceAS", community.source_as),
    )
    for name, value in named:
        if value is not None:
            return f"{name}:{value}"
    if (found := community.vrf_route_import) is not None:
        return f"VRI:{found[0]}:{found[1]}"
    return f"0x{community.octets.hex()}"
