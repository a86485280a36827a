"""One peer that breaks the rules (raw.py), and ours."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from controlplane.protocols.bgp.events import PeerConfig
from controlplane.protocols.bgp.show import PeerView
from controlplane.wire.bgp.nlri import Family
from tests.peers.bgp.raw import (
    KEEPALIVE,
    OUR_AS,
    PEER,
    PEER_AS,
    WE,
    RawPeer,
    message,
    open_message,
)
from tests.peers.bgp.speaker import QUICK, Speaker, speaker_config
from tests.peers.namespace import Namespace
from tests.peers.wire import Wire, eventually

_FAMILIES: Final = frozenset({Family.IPV4_UNICAST, Family.VPNV4})


class Hostile(RawPeer):
    """Ours runs from the start; `settings` are those of its peer."""

    def __init__(self, stack: ExitStack, peer_as: int = PEER_AS, **settings: Any) -> None:
        namespace = stack.enter_context(Namespace())
        super().__init__(stack, namespace)
        given = {"timers": QUICK, "families": _FAMILIES, "address": PEER, **settings}
        config = PeerConfig(local=WE, remote_as=peer_as, passive=True, **given)
        speaker = Speaker(speaker_config(OUR_AS, WE, config))
        self.wire = stack.enter_context(Wire(speaker, namespace))
        self.wire.up("lo", f"{WE}/32")

    @property
    def speaker(self) -> Speaker:
        return self.wire.engine

    @property
    def view(self) -> PeerView:
        return self.speaker.peer(PEER, self.wire.now)

    @property
    def is_up(self) -> bool:
        return self.speaker.is_up(PEER, self.wire.now)

    def establish(self, said: bytes | None = None) -> None:
        """A session, after this OPEN of the peer's."""
        self.connect()
        self.say((said or open_message()) + message(KEEPALIVE))
        self.eventually(lambda: self.is_up)

    def eventually(self, holds: Callable[[], object]) -> None:
        eventually(holds, self.wire)

    def settles(self) -> None:
        """Until what was said so far is dealt with: a KEEPALIVE behind it is counted."""
        before = self.view.received.get("keepalive", 0)
        self.say(message(KEEPALIVE))
        self.eventually(lambda: self.view.received.get("keepalive", 0) > before or not self.is_up)
