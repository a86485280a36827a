"""Route reflection (RFC 4456): internal routes that are told to internal peers all the same."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from controlplane.wire.bgp.attributes import PathAttributes


def is_reflected(from_client: bool, to_client: bool) -> bool:
    """RFC 4456 6: from a client to all internal peers, from others to the clients.

    From a client to itself as well, as far as this goes; a route is never told to whom it is from.
    """
    return from_client or to_client


def reflected(
    attributes: PathAttributes, originator: IPv4Address, cluster: IPv4Address
) -> PathAttributes:
    """RFC 4456 8. Next hop, AS path, local preference and MED stay as they are (RFC 4456 10)."""
    return replace(
        attributes,
        originator_id=attributes.originator_id or originator,
        cluster_list=(cluster, *attributes.cluster_list),
    )


def loop(attributes: PathAttributes, router_id: IPv4Address, cluster: IPv4Address) -> str:
    """RFC 4456 8: why a route has been here before, in words; empty if it has not."""
    if attributes.originator_id == router_id:
        return "reflected back: this router is its originator"
    if cluster in attributes.cluster_list:
        return f"reflected in a loop: it has passed cluster {cluster}"
    return ""
