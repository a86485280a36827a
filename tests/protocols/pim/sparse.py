"""Groups that have an RP: Join/Prunes with entries of all kinds, for the router under test."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Final

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.config import PimConfig, SptPolicy, StaticRp
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.join_prune import GroupSet, JoinPrune
from tests.protocols.pim.router import S, ip

G: Final = ip("239.1.1.1")
SG: Final = SourceGroup(S, G)
RP: Final = ip("192.0.2.99")
IMMEDIATE: Final = PimConfig(rps=(StaticRp(address=RP),))
NEVER: Final = PimConfig(rps=(StaticRp(address=RP),), spt=SptPolicy.NEVER)
FOREVER: Final = 0xFFFF

STAR: Final = EncodedSource(address=RP, wildcard=True, rpt=True)
"""(*,G)."""
OTHER_STAR: Final = EncodedSource(address=ip("192.0.2.98"), wildcard=True, rpt=True)
"""(*,G) of another RP."""
RPT: Final = EncodedSource(address=S, rpt=True)
"""(S,G,rpt)."""
SPT: Final = EncodedSource(address=S)
"""(S,G)."""


def entries(
    upstream: str,
    *,
    join: Iterable[EncodedSource] = (),
    prune: Iterable[EncodedSource] = (),
    holdtime: int = 210,
    group: IPv4Address = G,
) -> JoinPrune:
    """A message with one group set."""
    groups = GroupSet(group=EncodedGroup(address=group), joined=tuple(join), pruned=tuple(prune))
    return JoinPrune(upstream_neighbor=ip(upstream), holdtime=holdtime, groups=(groups,))
