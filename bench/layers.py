"""Where a router's time goes: the CPU time of each layer, without that of those it calls."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, TypeAlias
from unittest.mock import patch

Layer: TypeAlias = tuple[type, str, Callable[[Any], str]]
"""A class, one of its methods, and what its time counts as, by the object it is called on."""


class Layers:
    """`seconds` by layer; what is in none of them is `rest`'s."""

    def __init__(self, rest: str) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._rest = rest
        self._running = [rest]
        self._since = 0.0

    @contextmanager
    def watched(self, layers: list[Layer]) -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, layer in layers:
                wrapped = self._wrapped(getattr(owner, name), layer)
                stack.enter_context(patch.object(owner, name, wrapped))
            self._running, self._since = [self._rest], time.process_time()
            yield
            self._switch()

    def _wrapped(self, method: Callable[..., Any], layer: Callable[[Any], str]) -> Any:
        @wraps(method)
        def watched(of: Any, *args: Any, **named: Any) -> Any:
            self._switch()
            self._running.append(layer(of))
            try:
                return method(of, *args, **named)
            finally:
                self._switch()
                self._running.pop()

        return watched

    def _switch(self) -> None:
        """What has passed is that of the layer that runs."""
        now = time.process_time()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now
