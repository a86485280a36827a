"""Where the peers' connections are waited for: port 179 of each own address of a session.

Keys (RFC 2385) go by peer. GTSM (RFC 5082) is a listener's for all of its peers, so it is enforced
on accepted streams where all peers of the address want it; streams that we open enforce it by peer.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from controlplane.engine.stream import Endpoint, Listen
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.wire.bgp.numbers import PORT


class Listener:
    def __init__(self, instance: BgpInstance) -> None:
        self._instance = instance
        self._listens = _listens(instance)
        self._said: set[IPv4Address] = set()

    def settle(self) -> None:
        """Listen on an address as soon as it is there, and again when it has come back."""
        own = {interface.address.ip for interface in self._instance.up.values()}
        self._said &= own
        for address in sorted(self._listens.keys() & (own - self._said)):
            self._said.add(address)
            self._instance.outputs.append(self._listens[address])


def _listens(instance: BgpInstance) -> dict[IPv4Address, Listen]:
    configs = instance.config.peers
    return {
        address: Listen(
            local=Endpoint(address, PORT),
            md5_keys={
                config.address: config.md5_key
                for config in configs
                if config.local == address and config.md5_key is not None
            },
            gtsm=all(config.gtsm for config in configs if config.local == address),
        )
        for address in sorted({config.local for config in configs})
    }
