"""What two speakers have agreed on: it decides how their UPDATE messages are read and written."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.wire.bgp.nlri import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`asn4`: AS numbers have four octets, as both have said (RFC 6793). `internal`: one AS.

    `peer_as` is the AS that paths from an external peer have to begin with (RFC 4271 6.3), None
    where that is not asked.
    """

    asn4: bool = True
    internal: bool
    families: frozenset[Family] = frozenset({Family.IPV4_UNICAST})
    peer_as: int | None = None
