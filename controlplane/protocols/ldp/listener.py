"""Where the passive ends of sessions are waited for: port 646 of the transport address.

GTSM (RFC 6720 2.3) is enforced where both ends of a link announce it. The listener is one for all
peers, so it enforces it as long as all that are heard do announce it; targeted peers are hops away.
"""

from __future__ import annotations

from controlplane.engine.stream import Endpoint, Listen
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.wire.ldp.numbers import LDP_PORT


class Listener:
    def __init__(self, instance: LdpInstance) -> None:
        self._instance = instance
        self._said: Listen | None = None

    def settle(self) -> None:
        """Listen as soon as the transport address is there, and anew when the terms changed."""
        address = self._instance.config.transport_address
        if address not in (interface.address.ip for interface in self._instance.up.values()):
            self._said = None
            return
        listen = Listen(
            local=Endpoint(address, LDP_PORT),
            md5_keys=self._instance.config.md5_keys,
            gtsm=self._all_do_gtsm(),
        )
        if listen != self._said:
            self._said = listen
            self._instance.outputs.append(listen)

    def _all_do_gtsm(self) -> bool:
        config = self._instance.config
        heard = [neighbor for neighbor in self._instance.neighbors.values() if neighbor.adjacencies]
        return config.gtsm and all(neighbor.gtsm for neighbor in heard)
