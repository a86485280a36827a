"""A session, and the states that RFC 5036 2.5.4 gives it.

    NON_EXISTENT   connection established                   INITIALIZED
    INITIALIZED    (active)  sent Initialization            OPENSENT
                   (passive) heard acceptable Init.         OPENREC      Initialization, KeepAlive
    OPENSENT       heard acceptable Initialization          OPENREC      KeepAlive
    OPENREC        heard KeepAlive                          OPERATIONAL
    these three    anything else, timeout                   gone         error Notification
    OPERATIONAL    heard Shutdown, timeout                  gone         Shutdown

NON_EXISTENT is the session whose connection is being opened. `sessions.py` has the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from controlplane.engine.stream import Endpoint, StreamName
from controlplane.engine.time import Duration, Instant
from controlplane.wire.ldp.capability import Capability
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.initialization import FtSession
from controlplane.wire.ldp.numbers import DEFAULT_MAX_PDU
from controlplane.wire.ldp.pdu import PduBuffer

if TYPE_CHECKING:
    from controlplane.protocols.ldp.neighbor import Neighbor


class SessionState(Enum):
    NON_EXISTENT = "non existent"
    INITIALIZED = "initialized"
    OPENREC = "openrec"
    OPENSENT = "opensent"
    OPERATIONAL = "operational"


@dataclass(slots=True)
class Session:
    """`neighbor` is None while an accepted stream has not said whose it is; `claims` is who it is.

    `last_label` is when the peer gave a label last, or began to. `keepalive` and `max_pdu` are the
    negotiated ones. `queue` waits for the end of this input.
    """

    stream: StreamName
    remote: Endpoint
    state: SessionState
    since: Instant
    keepalive: Duration
    neighbor: Neighbor | None = None
    claims: LdpId | None = None
    max_pdu: int = DEFAULT_MAX_PDU
    capabilities: set[Capability] = field(default_factory=set)
    ft_session: FtSession | None = None
    end_of_lib: bool = False
    last_label: Instant = 0.0
    received: int = 0
    sent: int = 0
    closed: bool = False
    buffer: PduBuffer = field(default_factory=PduBuffer)
    queue: list[bytes] = field(default_factory=list)
