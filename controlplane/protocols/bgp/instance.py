"""What the machines of BGP share: state, timers, and the outputs of this input."""

from __future__ import annotations

from collections import Counter
from random import Random

from controlplane.engine.stream import StreamName
from controlplane.engine.time import Duration
from controlplane.engine.timers import Timers
from controlplane.net.interface import Interface
from controlplane.protocols.bgp.connection import Connection
from controlplane.protocols.bgp.events import BgpConfig, BgpOutput
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.timers import BgpTimer, SelectionDeferralTimer
from controlplane.wire.bgp.nlri import Family


class BgpInstance:
    """`up` are the VRF's interfaces that work. `connections` are those of all peers, by stream.

    `to_tell` are peers that something waits for in the tables: an ordered set, which the tables
    add to and the sender takes from. `over_limit` are peers that sent more prefixes of a family
    than `maximum_prefixes`: the tables note it, and their sessions end when the input is through.
    """

    def __init__(self, config: BgpConfig, vrf: str, rng: Random) -> None:
        on_links = (one for one in config.peers if one.bfd)
        assert all(one.interface is not None for one in on_links), "BFD is for peers on a link"
        self.config = config
        self.vrf = vrf
        self.rng = rng
        self.timers: Timers[BgpTimer] = Timers()
        self.up: dict[str, Interface] = {}
        self.peers = {
            one.address: Peer(config=one, internal=one.remote_as == config.asn)
            for one in config.peers
        }
        self.connections: dict[StreamName, Connection] = {}
        self.to_tell: dict[Peer, None] = {}
        self.over_limit: dict[Peer, Family] = {}
        self.outputs: list[BgpOutput] = []
        self.counters: Counter[str] = Counter()

    @property
    def is_deferring(self) -> bool:
        """Nothing is told of routes yet, as those of the peers are still to come (RFC 4724 4.1)."""
        return self.timers.deadline(SelectionDeferralTimer()) is not None

    def jittered(self, duration: Duration) -> Duration:
        """RFC 4271 10: "a random factor from 0.75 to 1.0"."""
        return duration * self.rng.uniform(0.75, 1.0)
