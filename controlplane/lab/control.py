"""A running lab answers `mvpn show`: one JSON line asks, one JSON line answers, over a Unix socket.

    {"router": "pe1", "noun": "mroute", "vrf": "red"}    vrf null: all of them
    {"rows": [...]}   or   {"error": "..."}

The socket is called after the lab, in a folder that is the same for all labs.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from controlplane.lab.errors import LabError
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.testbed.owner import RUN, accepts
from controlplane.lab.world import World
from controlplane.router.show import ShowError

FOLDER: Final = RUN
"""Where the sockets of running labs are."""

_LONGEST_REQUEST: Final = 4096
_TIMEOUT: Final = 10.0


def socket_path(lab: str) -> Path:
    """The socket of a lab."""
    return FOLDER / f"{lab}.sock"


class _Handler(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 2.0

    def handle(self) -> None:
        with suppress(OSError):  # whoever asked may be silent, or gone
            request = self.rfile.readline(_LONGEST_REQUEST)
            if request:
                self.wfile.write(json.dumps(self.server.answer(request)).encode() + b"\n")


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Closing waits for the questions that are being answered: the world must outlive them."""

    def __init__(self, path: Path, routers: Container[str], world: World) -> None:
        super().__init__(str(path), _Handler)
        self._routers = routers
        self._world = world

    def answer(self, request: bytes) -> Mapping[str, Any]:
        """Rows, or what is wrong with the request: a client never sees a traceback."""
        try:
            asked = json.loads(request)
            router, noun, vrf = asked["router"], asked["noun"], asked.get("vrf")
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"error": "not a request of the form {router, noun, vrf}"}
        if router not in self._routers:
            return {"error": f"no router is called {router}"}
        try:
            return {"rows": self._world.show(router, str(noun), vrf)}
        except (LabError, ShowError) as error:
            return {"error": str(error)}


@contextmanager
def serving(plan: NetworkPlan, world: World) -> Iterator[None]:
    """Answer for this lab while the block runs."""
    path = socket_path(plan.name)
    _make_room(plan.name, path)
    try:
        server = _Server(path, plan.routers, world)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None
    thread = threading.Thread(target=server.serve_forever, name="control", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        path.unlink(missing_ok=True)


def _make_room(lab: str, path: Path) -> None:
    """Take away what a killed run left; LabError when the lab is running."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if accepts(path):
            raise LabError(f"the lab {lab} is running already")
        path.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None


def running_labs() -> list[str]:
    """The labs that answer."""
    return sorted(path.stem for path in FOLDER.glob("*.sock") if accepts(path))


def ask(lab: str, router: str, noun: str, vrf: str | None) -> list[dict[str, Any]]:
    """The rows of a noun from a running lab; LabError with its reason when it has none."""
    request = json.dumps({"router": router, "noun": noun, "vrf": vrf}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
            stream.settimeout(_TIMEOUT)
            stream.connect(str(socket_path(lab)))
            stream.sendall(request)
            with stream.makefile("rb") as answers:
                answer = json.loads(answers.readline())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LabError(f"the lab {lab} does not answer: {reason}") from None
    if "error" in answer:
        raise LabError(str(answer["error"]))
    rows: list[dict[str, Any]] = answer["rows"]
    return rows
