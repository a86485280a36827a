"""The command line: simple_switch_grpc's options, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from softswitch.interface import PortSpec
from softswitch.options import Options, parse_options
from softswitch.tls import Tls


def test_options_mean_what_they_mean_to_simple_switch_grpc() -> None:
    line = (
        "--no-p4 -i 1@veth1 --interface 2@veth3 --device-id 7 --log-console "
        "-- --grpc-server-addr unix:/run/s1.sock --cpu-port 510"
    )
    assert parse_options(line.split()) == Options(
        program=None,
        ports=(PortSpec(1, "veth1"), PortSpec(2, "veth3")),
        device_id=7,
        grpc_server_addr="unix:/run/s1.sock",
        tls=None,
        cpu_port=510,
        log_level="info",
    )


def test_target_options_may_stand_before_the_dashes() -> None:
    options = parse_options(["--cpu-port", "255", "router.json"])
    assert options == Options(
        program=Path("router.json"),
        ports=(),
        device_id=1,
        grpc_server_addr="0.0.0.0:9559",
        tls=None,
        cpu_port=255,
        log_level="warning",
    )


@pytest.mark.parametrize(
    ("level", "meant"), [("trace", "debug"), ("warn", "warning"), ("off", "critical")]
)
def test_levels_of_the_log_have_simple_switchs_names(level: str, meant: str) -> None:
    assert parse_options(["-L", level, "router.json"]).log_level == meant


def test_the_number_of_priority_queues_is_that_of_simple_switch() -> None:
    assert parse_options(["router.json"]).priority_queues == 1
    assert parse_options(["router.json", "--", "--priority-queues", "8"]).priority_queues == 8


def test_tls_takes_the_files_of_simple_switch_grpc() -> None:
    line = (
        "--no-p4 --grpc-server-ssl --grpc-server-cert s.pem --grpc-server-key s.key "
        "--grpc-server-cacert ca.pem --grpc-server-with-client-auth"
    )
    files = Path("s.pem"), Path("s.key"), Path("ca.pem")
    assert parse_options(line.split()).tls == Tls(*files, require_client=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "either a BMv2 JSON file or --no-p4"),
        ("--no-p4 router.json", "either a BMv2 JSON file or --no-p4"),
        ("--no-p4 --priority-queues 0", "a port has at least one queue"),
        ("--no-p4 -i veth1", "'veth1' is not PORT@INTERFACE"),
        ("--no-p4 -i 1@", "'1@' is not PORT@INTERFACE"),
        ("--no-p4 -i 1@a -i 1@b", "port 1 is used twice"),
        ("--no-p4 -i 5@a --cpu-port 5", "port 5 is used twice"),
        ("--no-p4 -i 511@a", "port 511 is outside of 0..510"),
        ("--no-p4 --cpu-port 0", "the CPU port cannot be 0"),
        ("--no-p4 --grpc-server-key k", "certificates take --grpc-server-ssl"),
        ("--no-p4 --grpc-server-ssl --grpc-server-key k", "takes --grpc-server-cert and"),
        (
            "--no-p4 --grpc-server-ssl --grpc-server-key k --grpc-server-cert c "
            "--grpc-server-with-client-auth",
            "takes --grpc-server-cacert",
        ),
    ],
)
def test_a_bad_line_ends_with_a_message(
    line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(line.split())
    assert message in capsys.readouterr().err
