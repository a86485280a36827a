"""The lives of one router: it restarts with nothing remembered, as another process would.

Each life draws its chance from a seed of its own, so that its GenIDs differ from those of the life
before (RFC 7761 4.3.1) and its recording replays without the lives before it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from controlplane.router.config import RouterConfig
from controlplane.router.record import Header, RecordedRouter, WriteLine
from controlplane.router.router import Router

OpenRecording: TypeAlias = Callable[[str], WriteLine]
"""Begins a recording under a name: of the router, in later lives with their number behind it."""


class Lives:
    """Recorded or not, a router does the same."""

    def __init__(
        self, config: RouterConfig, seed: str, open_recording: OpenRecording | None = None
    ) -> None:
        self.config = config
        self._seed = seed
        self._open_recording = open_recording
        self._number = 0

    def begin(self) -> Router:
        """The router of the next life, not started."""
        self._number += 1
        seed = self._numbered(self._seed, " ")
        if self._open_recording is None:
            return Router(self.config, Random(seed))
        write = self._open_recording(self._numbered(self.config.name, "."))
        return RecordedRouter(Header(seed, self.config), write)

    def _numbered(self, text: str, separator: str) -> str:
        return text if self._number == 1 else f"{text}{separator}{self._number}"
