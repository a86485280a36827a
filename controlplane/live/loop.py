"""An event loop in a thread of its own, for programs that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from threading import Thread, get_native_id
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

_NICE: Final = -10
"""A router answers within its neighbours' detection times, whatever else its machine does."""


class LoopThread:
    """Runs coroutines until `stop`; usable from any other thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="event loop", daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the loop and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the loop until it ends or the loop stops."""
        asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self) -> None:
        """Cancel what runs, and end the thread."""
        self.call(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        """The threads that gRPC makes have the priority of this one."""
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICE)
        self._loop.run_forever()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
