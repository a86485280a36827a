"""The command line, with simple_switch_grpc's options where they mean the same.

There, options of the target stand behind a `--`; here they may stand anywhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from softswitch.faults import Direction, FaultError, Faults, parse_faults
from softswitch.interface import PortSpec
from softswitch.tls import Tls

MAX_PORT = 510  # ports have 9 bits in v1model, and 511 means "drop"
# simple_switch's names and Python's, and what both mean here.
LOG_LEVELS = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "off": "critical",
}
LOGGED_LEVELS = ("debug", "info")  # with which what a program logs is seen
TLS_FILES = {
    "--grpc-server-cert": "the server's certificate",
    "--grpc-server-key": "the server's key",
    "--grpc-server-cacert": "the authorities that sign certificates of clients",
}


@dataclass(frozen=True, slots=True)
class PortFaults:
    """The faults with which one direction of a port's link begins."""

    port: int
    direction: Direction
    faults: Faults | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to run."""

    program: Path | None
    ports: tuple[PortSpec, ...]
    device_id: int
    grpc_server_addr: str
    tls: Tls | None
    cpu_port: int | None
    log_level: str
    priority_queues: int = 1
    faults: tuple[PortFaults, ...] = ()


def parse_options(arguments: Sequence[str]) -> Options:
    """Read the command line; argparse ends the process with a message when it is wrong."""
    parser = _parser()
    given = parser.parse_args([argument for argument in arguments if argument != "--"])
    if given.no_p4 == (given.program is not None):
        parser.error("give either a BMv2 JSON file or --no-p4")
    if given.priority_queues < 1:
        parser.error("a port has at least one queue")
    _check_ports(parser, given.interface, given.cpu_port)
    _check_faults(parser, given.interface, given.faults)
    return Options(
        program=given.program,
        ports=tuple(given.interface),
        device_id=given.device_id,
        grpc_server_addr=given.grpc_server_addr,
        tls=_tls(parser, given),
        cpu_port=given.cpu_port,
        log_level=LOG_LEVELS[given.log_level],
        priority_queues=given.priority_queues,
        faults=tuple(given.faults),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="softswitch", description="A P4 switch in software.")
    add = parser.add_argument
    add("program", nargs="?", type=Path, metavar="JSON", help="p4c's output for BMv2")
    add("--no-p4", action="store_true", help="start without a program, a controller brings it")
    add(
        "-i",
        "--interface",
        action="append",
        default=[],
        type=_port,
        metavar="PORT@INTERFACE",
        help="attach an interface as this port; may be repeated",
    )
    for direction, option in (
        (Direction.EGRESS, "--fault"),
        (Direction.INGRESS, "--ingress-fault"),
    ):
        add(
            option,
            action="append",
            dest="faults",
            default=[],
            type=partial(_port_faults, direction),
            metavar="PORT:FAULTS",
            help=f"faults of the link, {direction.name.lower()}: 3:loss=1%%,delay=5ms",
        )
    add("--device-id", type=int, default=1, help="P4Runtime's id of this device (default 1)")
    add(
        "--grpc-server-addr",
        default="0.0.0.0:9559",
        metavar="ADDRESS",
        help="HOST:PORT or unix:PATH (default 0.0.0.0:9559)",
    )
    add("--grpc-server-ssl", action="store_true", help="talk TLS only")
    for name, what in TLS_FILES.items():
        add(name, type=Path, metavar="PEM", help=what)
    add(
        "--grpc-server-with-client-auth",
        action="store_true",
        help="clients need a certificate too",
    )
    add(
        "--cpu-port",
        type=int,
        help="the port of packet-in and packet-out; without it there is none",
    )
    add(
        "--priority-queues",
        type=int,
        default=1,
        metavar="N",
        help="drop packets whose priority is not below N (default 1)",
    )
    add(
        "--log-console",
        action="store_const",
        const="info",
        dest="log_level",
        default="warning",
        help="say on standard error what happens",
    )
    add("-L", "--log-level", choices=LOG_LEVELS, help="how much to say (default warning)")
    return parser


def _tls(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Tls | None:
    certificate, key = given.grpc_server_cert, given.grpc_server_key
    authorities, client = given.grpc_server_cacert, given.grpc_server_with_client_auth
    if not given.grpc_server_ssl:
        if certificate or key or authorities or client:
            parser.error("certificates take --grpc-server-ssl")
        return None
    if certificate is None or key is None:
        parser.error("--grpc-server-ssl takes --grpc-server-cert and --grpc-server-key")
    if client and authorities is None:
        parser.error("--grpc-server-with-client-auth takes --grpc-server-cacert")
    return Tls(certificate, key, authorities, client)


def _port(text: str) -> PortSpec:
    number, separator, interface = text.partition("@")
    if not separator or not interface or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not PORT@INTERFACE")
    return PortSpec(int(number), interface)


def _port_faults(direction: Direction, text: str) -> PortFaults:
    number, separator, words = text.partition(":")
    if not separator or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not PORT:FAULTS")
    try:
        return PortFaults(int(number), direction, parse_faults(words))
    except FaultError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


def _check_faults(
    parser: argparse.ArgumentParser, ports: Sequence[PortSpec], faults: Sequence[PortFaults]
) -> None:
    numbers = {spec.number for spec in ports}
    for given in faults:
        if given.port not in numbers:
            parser.error(f"port {given.port} is to have faults, but no interface")


def _check_ports(
    parser: argparse.ArgumentParser, ports: Sequence[PortSpec], cpu_port: int | None
) -> None:
    numbers = [spec.number for spec in ports]
    if cpu_port is not None:
        if cpu_port == 0:
            parser.error("the CPU port cannot be 0")
        numbers.append(cpu_port)
    for number in numbers:
        if number > MAX_PORT or number < 0:
            parser.error(f"port {number} is outside of 0..{MAX_PORT}")
        if numbers.count(number) > 1:
            parser.error(f"port {number} is used twice")
