"""Signals while a lab runs: each way to end it leads through `World.stop`.

Ctrl-C raises KeyboardInterrupt anyway. SIGTERM and SIGHUP raise SystemExit here instead of ending
the process on the spot. While the lab is being taken down they do nothing: it is ending already.
Handlers belong to the main thread; a lab in another thread leaves them as they are.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Remembers what the signals did before the lab."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}

    def take(self) -> None:
        """Have SIGTERM and SIGHUP raise SystemExit."""
        self._before = _set(_ENDING, _exit)

    def give_back(self) -> None:
        """Undo `take`."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()


@contextmanager
def unheard() -> Iterator[None]:
    """Let no signal interrupt what is done here."""
    before = _set((signal.SIGINT, *_ENDING), _do_nothing)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _set(
    numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]
) -> dict[signal.Signals, Any]:
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in numbers}


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """A function and not SIG_IGN, which programs that are started meanwhile would inherit."""
