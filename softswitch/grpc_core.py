"""How gRPC's core is to reach its sockets, which it has to be told when `grpc` is imported.

Since 1.80 the core of grpcio reads sockets in threads of its own, the event engine, and wakes the
thread that waits for calls. That thread can still be told to read itself: a call then takes half
the time (docs/adr/0035).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

_SETTING: Final = "GRPC_EXPERIMENTS"
_WAITING_THREAD_READS: Final = "-event_engine_client,-event_engine_listener"


def load_grpc() -> None:
    """Import `grpc`, before anything else does; what the user's environment says goes first.

    The environment is as before then: other programs' gRPC may be of another version.
    """
    if _SETTING in os.environ:
        return
    os.environ[_SETTING] = _WAITING_THREAD_READS
    try:
        import_module("grpc")
    finally:
        del os.environ[_SETTING]
