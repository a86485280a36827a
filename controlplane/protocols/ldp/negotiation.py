"""What two ends of a session agree on (RFC 5036 3.5.3): times, lengths, capabilities.

Both always end up with downstream unsolicited advertisement, as neither link is ATM or Frame Relay;
loop detection is off at this end, whatever the other one does (RFC 5036 2.8.3).
"""

from __future__ import annotations

from typing import Final

from controlplane.protocols.ldp.graceful_restart import own_terms
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.neighbor import Neighbor
from controlplane.protocols.ldp.session import Session
from controlplane.wire.ldp.capability import Capability
from controlplane.wire.ldp.initialization import CommonSession, Initialization
from controlplane.wire.ldp.numbers import DEFAULT_MAX_PDU, VERSION, StatusCode

_SMALLEST_MAX_PDU: Final = 256
"""RFC 5036 3.5.3: "A value of 255 or less specifies the default maximum length"."""


def own_initialization(instance: LdpInstance, neighbor: Neighbor) -> Initialization:
    """What we propose."""
    return Initialization(
        session=CommonSession(
            keepalive_time=round(instance.config.keepalive_hold), receiver=neighbor.ldp_id
        ),
        ft_session=own_terms(instance, neighbor),
        capabilities=frozenset(Capability),
    )


def agree(instance: LdpInstance, session: Session, peer: Initialization) -> StatusCode | None:
    """Take over what the peer proposes, as far as both can; or the reason to reject it."""
    proposed = peer.session
    if proposed.version != VERSION:
        return StatusCode.BAD_PROTOCOL_VERSION
    if proposed.receiver != instance.ldp_id:
        return StatusCode.SESSION_REJECTED_NO_HELLO
    if proposed.keepalive_time == 0:
        return StatusCode.SESSION_REJECTED_BAD_KEEPALIVE_TIME
    session.keepalive = min(instance.config.keepalive_hold, proposed.keepalive_time)
    if proposed.max_pdu_length >= _SMALLEST_MAX_PDU:
        session.max_pdu = min(DEFAULT_MAX_PDU, proposed.max_pdu_length)
    session.capabilities = set(peer.capabilities)
    session.ft_session = peer.ft_session
    return None
