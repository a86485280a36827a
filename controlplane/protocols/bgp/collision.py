"""Which of two connections with a peer stays, when both ends have opened one (RFC 4271 6.8).

It is decided when an OPEN comes on one while the other has had its own: the connection that the end
with the higher BGP identifier opened is kept. Identifiers are unique within an AS only, so of equal
ones the larger AS number counts (RFC 6286 2.3). Both ends come to the same connection.

A connection that began well after the other one was Established is no collision: the peer has
started anew, or opens one too many. RFC 4271 closes it; the session then ends by its hold timer, or
when the peer's TCP resets it. With graceful restart it takes the place of the old one (RFC 4724
4.2). How long after that is: the ends do not become Established at the same time, and a connection
that one of them finds early and the other late would make each close another one.
"""

from __future__ import annotations

from typing import Final

from controlplane.engine.time import Duration
from controlplane.protocols.bgp.connection import Connection, State
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.wire.bgp.open import Open

_WELL_AFTER: Final[Duration] = 5.0


def keeps_new(instance: BgpInstance, new: Connection, heard: Open, former: Connection) -> bool:
    """Whether the connection that `heard` came on is kept, rather than the former one."""
    if is_restart(new, former):
        return former.negotiated is not None and former.negotiated.restarts_gracefully
    config = instance.config
    own = (config.router_id, config.asn)
    return new.opened == (own > (heard.router_id, heard.asn))


def is_restart(new: Connection, former: Connection) -> bool:
    """The peer has opened a connection although its session was established."""
    return former.state is State.ESTABLISHED and new.begun > former.since + _WELL_AFTER
