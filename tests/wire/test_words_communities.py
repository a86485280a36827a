"""Communities as operators write them."""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.net.vpn import RouteTarget
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import (
    ExtendedCommunity,
    LargeCommunity,
    WellKnown,
    route_origin,
    route_target,
    source_as,
    vrf_route_import,
)
from controlplane.wire.words.bgp_communities import communities_words


def test_each_kind_has_its_words() -> None:
    attributes = PathAttributes(
        communities=frozenset({WellKnown.NO_EXPORT, 65000 << 16 | 100}),
        extended_communities=frozenset(
            {
                route_target(RouteTarget.parse("65000:1")),
                route_origin(RouteTarget.parse("192.0.2.1:7")),
                source_as(65000),
                vrf_route_import(IPv4Address("192.0.2.1"), 3),
                ExtendedCommunity(bytes.fromhex("0306000000000501")),
            }
        ),
        large_communities=frozenset({LargeCommunity(65000, 1, 2)}),
    )
    assert list(communities_words(attributes)) == [
        "65000:100",
        "no-export",
        "RT:65000:1",
        "SourceAS:65000",
        "SoO:192.0.2.1:7",
        "VRI:192.0.2.1:3",
        "0x0306000000000501",
        "65000:1:2",
    ]
