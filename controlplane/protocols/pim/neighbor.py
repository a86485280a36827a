"""A PIM neighbour, and what its Hello says (RFC 7761 4.3.2, 4.3.3).

The RFC keeps a flag for each option that may be absent (`dr_priority_present`,
`lan_prune_delay_present`); here the option of the recorded Hello is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Instant
from controlplane.wire.pim.hello import Hello


@dataclass(slots=True)
class Neighbor:
    """`address` is neighbor.primary_ip_address; `since` when it came up with this GenID."""

    address: IPv4Address
    hello: Hello
    since: Instant
