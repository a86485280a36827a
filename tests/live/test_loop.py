"""The event loop that routers run in."""

from __future__ import annotations

import os
from threading import get_native_id

import pytest

from controlplane.live.loop import LoopThread


async def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, get_native_id())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run before others")
def test_routers_run_before_whatever_else_the_machine_does() -> None:
    mine = os.getpriority(os.PRIO_PROCESS, get_native_id())
    loop = LoopThread()
    try:
        assert loop.call(priority()) < mine
    finally:
        loop.stop()
    assert os.getpriority(os.PRIO_PROCESS, get_native_id()) == mine
