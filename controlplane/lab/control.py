"""A running lab answers `mvpn show`, `trace`, `p4`, `lab fault`: a JSON line asks, one answers.

    {"router": "pe1", "noun": "mroute", "vrf": "red"}            vrf null: all of them
    {"rows": [...]}   or   {"error": "..."}
    {"router": "pe1", "trace": "10.1.3.11", "vrf": "red"}        or "10.1.1.10,232.1.1.1"
    {"text": "..."}   or   {"error": "..."}
    {"router": "pe1", "switch": true}
    {"address": "unix:...", "device_id": 1}   or   {"error": "..."}
    {"link": "pe1-p1", "faults": "loss=1%"}                      faults null: as they are
    {"rows": [...]}   or   {"error": "..."}

The Unix socket is called after the lab, in a folder that is the same for all labs.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from controlplane.lab.errors import LabError
from controlplane.lab.plan import NetworkPlan
from controlplane.lab.testbed.owner import RUN, accepts
from controlplane.lab.trace.walk import TraceError, Walk, parse_goal
from controlplane.lab.trace.words import trace_words
from controlplane.lab.world import World
from controlplane.p4rt.address import SwitchAddress
from controlplane.p4rt.faults import FaultError, parse_faults
from controlplane.router.show import ShowError

FOLDER: Final = RUN
"""Where the sockets of running labs are."""

_LONGEST_REQUEST: Final = 4096
_NO_REQUEST: Final = {"error": "not a request of the form {router, noun or trace or switch, vrf}"}
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

    def __init__(self, path: Path, plan: NetworkPlan, world: World) -> None:
        super().__init__(str(path), _Handler)
        self._plan = plan
        self._world = world

    def answer(self, request: bytes) -> Mapping[str, Any]:
        """What is asked for, or what is wrong: a client never sees a traceback."""
        try:
            asked = json.loads(request)
        except ValueError:
            return _NO_REQUEST
        try:
            return self._answer(asked)
        except (FaultError, LabError, ShowError, TraceError) as error:
            return {"error": str(error)}

    def _answer(self, asked: object) -> Mapping[str, Any]:
        match asked:
            case {"router": router} if router not in self._plan.routers:
                return {"error": f"no router is called {router}"}
            case {"router": router, "trace": goal, "vrf": vrf}:
                return {"text": self._trace(router, str(vrf), str(goal))}
            case {"router": router, "switch": True}:
                return asdict(self._world.switch(router))
            case {"link": link, "faults": str() | None as words}:
                return {"rows": self._faults(link, words)}
            case {"router": router, "noun": noun, "vrf": str() | None as vrf}:
                return {"rows": self._world.show(router, str(noun), vrf)}
            case _:
                return _NO_REQUEST

    def _faults(self, name: object, words: str | None) -> list[dict[str, Any]]:
        """VLANs of one wire have its faults in common, under the name of their first link."""
        if all(name != link.name for link in self._plan.links):
            raise LabError(f"no link is called {name}")
        if words is not None:
            self._world.set_faults(str(name), parse_faults(words))
        return self._world.link_faults(str(name))

    def _trace(self, router: str, vrf: str, goal: str) -> str:
        fibs = {name: self._world.fib(name) for name in self._plan.routers}
        return trace_words(Walk(self._plan, fibs).start(router, vrf, parse_goal(goal)))


@contextmanager
def serving(plan: NetworkPlan, world: World) -> Iterator[None]:
    """Answer for this lab while the block runs."""
    path = socket_path(plan.name)
    _make_room(plan.name, path)
    try:
        server = _Server(path, plan, world)
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
    rows: list[dict[str, Any]] = _ask(lab, {"router": router, "noun": noun, "vrf": vrf})["rows"]
    return rows


def ask_trace(lab: str, router: str, vrf: str, goal: str) -> str:
    """A trace from a running lab, as text; LabError with its reason when there is none."""
    return str(_ask(lab, {"router": router, "trace": goal, "vrf": vrf})["text"])


def ask_switch(lab: str, router: str) -> SwitchAddress:
    """Where a P4Runtime client finds the switch of a router of a running lab."""
    answer = _ask(lab, {"router": router, "switch": True})
    return SwitchAddress(answer["address"], answer["device_id"])


def ask_faults(lab: str, link: str, words: str | None) -> list[dict[str, Any]]:
    """The faults of a link of a running lab, changed first if words are given."""
    rows: list[dict[str, Any]] = _ask(lab, {"link": link, "faults": words})["rows"]
    return rows


def _ask(lab: str, question: Mapping[str, str | bool | None]) -> dict[str, Any]:
    request = json.dumps(question).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
            stream.settimeout(_TIMEOUT)
            stream.connect(str(socket_path(lab)))
            stream.sendall(request)
            with stream.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LabError(f"the lab {lab} does not answer: {reason}") from None
    if "error" in answer:
        raise LabError(str(answer["error"]))
    return answer
