"""Faults of links at run time: one RPC beside P4Runtime, on the same address.

    /softswitch.Links/Faults
    {"port": 3}                                          what the links of port 3 have
    {"port": 3, "egress": "loss=1%", "ingress": "none"}  first sets these, or one of them
    {"egress": {"faults": "loss=1%", "lost": 7, ...}, "ingress": {"faults": "none", ...}}

Requests and answers are JSON: a client needs gRPC alone, and no generated code. From a shell:

    python -m softswitch.fault_rpc unix:/run/s1.sock 3 loss=1% delay=5ms
    python -m softswitch.fault_rpc unix:/run/s1.sock 3 --ingress none
    python -m softswitch.fault_rpc s1.example:9559 3 --cacert ca.pem
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import grpc

from softswitch.faults import (
    Direction,
    FaultCounters,
    FaultError,
    Faults,
    fault_words,
    parse_faults,
)
from softswitch.rpc.errors import INVALID_ARGUMENT, RpcError
from softswitch.tls import ClientTls, TlsError, channel

_FAULTS: Final = "/softswitch.Links/Faults"
_TIMEOUT: Final = 10.0


class Links(Protocol):
    """What has links with faults; both raise FaultError for a port without a link."""

    def set_faults(self, port: int, direction: Direction, faults: Faults | None) -> None: ...

    def faults(self, port: int, direction: Direction) -> tuple[Faults | None, FaultCounters]: ...


@dataclass(frozen=True, slots=True)
class FaultReport:
    """One direction of a link: its faults in words, and what they have done so far."""

    faults: str
    lost: int
    duplicated: int
    overflowed: int
    waiting: int


def fault_answers(links: Links) -> Mapping[str, Callable[[bytes], bytes]]:
    """The RPC, for a server: by its full name, what it answers."""

    def answer(request: bytes) -> bytes:
        try:
            return json.dumps(_answer(links, _request(request))).encode()
        except FaultError as error:
            raise RpcError(INVALID_ARGUMENT, str(error)) from None

    return {_FAULTS: answer}


def _request(octets: bytes) -> Mapping[str, Any]:
    try:
        request = json.loads(octets)
    except ValueError:
        request = None
    match request:
        case {"port": int(), **wanted} if all(_is_wanted(*item) for item in wanted.items()):
            return dict(request)
    raise FaultError("not a request of the form {port, egress, ingress}")


def _is_wanted(name: object, words: object) -> bool:
    return str(name).upper() in Direction.__members__ and isinstance(words, str)


def _answer(links: Links, request: Mapping[str, Any]) -> dict[str, Any]:
    """Everything is read before anything is set."""
    port, parsed = request["port"], dict[Direction, Faults | None]()
    for direction in Direction:
        if (words := request.get(direction.name.lower())) is not None:
            parsed[direction] = parse_faults(words)
    for direction, faults in parsed.items():
        links.set_faults(port, direction, faults)
    return {direction.name.lower(): _state(links, port, direction) for direction in Direction}


def _state(links: Links, port: int, direction: Direction) -> dict[str, Any]:
    faults, counters = links.faults(port, direction)
    return {"faults": fault_words(faults), **asdict(counters)}


def ask_faults(
    address: str, port: int, wanted: Mapping[str, str], tls: ClientTls | None = None
) -> dict[str, FaultReport]:
    """Set the faults of the directions wanted, if any; those of both, by `egress` and `ingress`.

    FaultError for what the switch refuses, also when it knows no faults at all; TlsError.
    """
    request = json.dumps({"port": port, **wanted}).encode()
    with channel(address, tls) as switch:
        call = switch.unary_unary(_FAULTS, None, None)
        try:
            answer = json.loads(call(request, timeout=_TIMEOUT))
        except grpc.RpcError as error:
            raise FaultError(_reason(error)) from None
    return {direction: FaultReport(**state) for direction, state in answer.items()}


def _reason(error: grpc.RpcError) -> str:
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return "this switch makes no faults"
    return str(error.details())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: sets faults where some are given, and prints those of both directions."""
    parser = _parser()
    given = parser.parse_intermixed_args(arguments)
    if (given.cert is None) != (given.key is None) or (given.cert and not given.cacert):
        parser.error("--cert and --key go together, and with --cacert")
    direction = Direction.INGRESS if given.ingress else Direction.EGRESS
    wanted = {direction.name.lower(): " ".join(given.words)} if given.words else {}
    try:
        for name, state in ask_faults(given.address, given.port, wanted, _tls(given)).items():
            print(f"{name}: {_line(state)}")
    except (FaultError, TlsError) as error:
        print(f"port {given.port}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m softswitch.fault_rpc", description="Faults of a switch's links."
    )
    parser.add_argument("address", metavar="ADDRESS", help="of P4Runtime: HOST:PORT or unix:PATH")
    parser.add_argument("port", metavar="PORT", type=int)
    parser.add_argument("words", metavar="FAULT", nargs="*", help="loss=1%% delay=5ms, or none")
    parser.add_argument("--ingress", action="store_true", help="of what comes in, not what leaves")
    tls = parser.add_argument_group("a switch with TLS")
    tls.add_argument("--cacert", type=Path, metavar="FILE", help="who signs its certificate")
    tls.add_argument("--cert", type=Path, metavar="FILE", help="our own, if it wants to know us")
    tls.add_argument("--key", type=Path, metavar="FILE", help="the key to that")
    tls.add_argument("--server-name", metavar="NAME", help="in its certificate, if not ADDRESS")
    return parser


def _tls(given: argparse.Namespace) -> ClientTls | None:
    if given.cacert is None:
        return None
    return ClientTls(given.cacert, given.cert, given.key, given.server_name)


def _line(state: FaultReport) -> str:
    counts = (f"{value} {name}" for name, value in asdict(state).items() if name != "faults")
    return f"{state.faults} ({', '.join(counts)})"


if __name__ == "__main__":
    sys.exit(main())
