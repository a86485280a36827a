"""P4Runtime servers without ports, to be connected to, stopped, frozen and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from controlplane.engine.notice import Notice
from controlplane.fib.model import PacketIn
from controlplane.p4rt.session import P4Session, Timing

DEVICE_ID: Final = 1

COMMANDS: Final = {
    "softswitch": (sys.executable, "-m", "softswitch"),
    # In a network namespace: it opens a Thrift port on every address that it has.
    "bmv2": ("unshare", "--net", "simple_switch_grpc"),
}


class Server:
    """One address, and the process that serves it when it runs."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.address = f"unix:{folder / 'p4rt'}"
        self._command = COMMANDS[kind]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--no-p4", "--device-id", str(DEVICE_ID), "--"]
        target = ["--grpc-server-addr", self.address, "--cpu-port", "510"]
        self._process = subprocess.Popen(
            [*self._command, *options, *target],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Return when all its threads have stopped."""
        self._signal(signal.SIGSTOP)
        assert self._process is not None
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class Controller:
    """A session that runs while the context lasts, and what it has said."""

    def __init__(self, address: str, timing: Timing) -> None:
        self.notices: list[Notice] = []
        self.packets: list[PacketIn] = []
        self.session = P4Session(
            address,
            DEVICE_ID,
            on_packet_in=self.packets.append,
            on_notice=self.notices.append,
            timing=timing,
        )

    async def __aenter__(self) -> Controller:
        self._task = asyncio.create_task(self.session.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    def said(self, kind: type[Notice]) -> list[Notice]:
        return [notice for notice in self.notices if isinstance(notice, kind)]


async def eventually(condition: Callable[[], object], within: float = 30.0) -> None:
    """Wait for a state, for as long as a slow machine may need."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)
