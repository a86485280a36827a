"""An entry of the Label Information Base: a FEC, its own label and those of the peers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from controlplane.net.label import Label
from controlplane.protocols.ldp.events import FecBinding, FecNextHop
from controlplane.wire.ldp.identifier import LdpId


@dataclass(slots=True, eq=False)
class Fec:
    """`route` are the next hops in order, empty at the egress, None without a route.

    `remote` has the label of every peer that gave one, next hop or not (liberal retention, RFC 5036
    2.6.2.2); `stale` are those of them that a lost session left (RFC 3478 3.3). `advertised` are
    the peers that have `local`; `withdrawn` how often each has yet to release a former label (a
    reserved one may be given again before that); `requests` the message IDs of requests that wait
    for a label. `published` is what was told last. `mapping` are the parameters of the Label
    Mapping of `local`, the same for all peers; empty until the first is told.
    """

    prefix: IPv4Network
    route: tuple[FecNextHop, ...] | None = None
    local: Label | None = None
    remote: dict[LdpId, Label] = field(default_factory=dict)
    stale: set[LdpId] = field(default_factory=set)
    advertised: set[LdpId] = field(default_factory=set)
    withdrawn: dict[Label, Counter[LdpId]] = field(default_factory=dict)
    requests: dict[LdpId, int] = field(default_factory=dict)
    published: FecBinding | None = None
    mapping: bytes = b""

    @property
    def is_empty(self) -> bool:
        """Nothing is known of it any more."""
        used = self.remote or self.withdrawn or self.requests
        return self.route is None and self.published is None and not used
