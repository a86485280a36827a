"""A server for tests, without a switch behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from softswitch.calls import Answer
from softswitch.controllers import Controllers
from softswitch.p4runtime.service import P4Runtime
from softswitch.server import NOTHING, Server

DEVICE_ID = 1


@dataclass
class Served:
    """What serves, and where."""

    address: str
    service: P4Runtime
    controllers: Controllers
    server: Server


@contextmanager
def serving(folder: Path, others: Mapping[str, Answer] = NOTHING) -> Iterator[Served]:
    address = f"unix:{folder}/switch.sock"
    service = P4Runtime(DEVICE_ID, on_commit=lambda _: None)
    controllers = Controllers(service, send_packet=lambda _: None)
    running = Server(address, None, service, controllers, others)
    yield Served(address, service, controllers, running)
    running.stop()
