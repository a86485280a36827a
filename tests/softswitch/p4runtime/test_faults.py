"""The words of faults, and the option and the RPC that take them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from softswitch.fault_rpc import FaultReport, ask_faults, fault_answers, main
from softswitch.faults import (
    Direction,
    FaultCounters,
    FaultError,
    Faults,
    fault_words,
    parse_faults,
)
from softswitch.options import PortFaults, parse_options
from tests.softswitch.p4runtime.served import Served, serving

ALL = Faults(loss=0.01, duplicate=0.005, delay=0.005, jitter=0.001, rate=10e6, limit=50, seed=7)


def test_the_words_are_netems() -> None:
    words = "loss=1% duplicate=0.5% delay=5ms jitter=1ms rate=10Mbit limit=50 seed=7"
    assert parse_faults(words) == ALL
    assert parse_faults(words.replace(" ", ",")) == ALL


@pytest.mark.parametrize(
    "faults",
    [None, Faults(), ALL, Faults(loss=1.0), Faults(delay=2.5, jitter=20e-6), Faults(rate=1.5e9)],
    ids=fault_words,
)
def test_what_is_written_reads_the_same(faults: Faults | None) -> None:
    assert parse_faults(fault_words(faults)) == faults


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "no fault is named; `none` takes all away"),
        ("loss", "loss is not NAME=VALUE"),
        ("los=1%", "los is none of loss, duplicate, delay, jitter, rate, limit, seed"),
        ("loss=1% loss=2%", "loss is given twice"),
        ("loss=0.01", "0.01 is not a share from 0% to 100%"),
        ("duplicate=101%", "101% is not a share from 0% to 100%"),
        ("delay=5", r"5 is not a duration up to an hour \(20us, 5ms, 1s\)"),
        ("delay=-5ms", "-5ms is not a duration"),
        ("delay=3601s", "3601s is not a duration"),
        ("delay=1ms jitter=2ms", "the jitter is more than the delay"),
        ("rate=0mbit", r"0mbit is not a rate from 1kbit to 1000gbit \(10mbit\)"),
        ("rate=10M", "10M is not a rate"),
        ("limit=0", "0 is not a whole number from 1 to 1000000"),
        ("seed=x", "x is not a whole number from 0 to"),
    ],
)
def test_a_wrong_word_is_refused_by_name(words: str, message: str) -> None:
    with pytest.raises(FaultError, match=message):
        parse_faults(words)


def test_links_begin_with_the_faults_of_the_command_line() -> None:
    line = "--no-p4 -i 1@a -i 2@b --fault 1:loss=1% -- --ingress-fault 2:delay=5ms,jitter=1ms"
    assert parse_options(line.split()).faults == (
        PortFaults(1, Direction.EGRESS, Faults(loss=0.01)),
        PortFaults(2, Direction.INGRESS, Faults(delay=0.005, jitter=0.001)),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--no-p4 -i 1@a --fault loss=1%", "'loss=1%' is not PORT:FAULTS"),
        ("--no-p4 -i 1@a --fault 1:loss=1", "'1:loss=1': 1 is not a share"),
        ("--no-p4 -i 1@a --fault 2:loss=1%", "port 2 is to have faults, but no interface"),
    ],
)
def test_a_bad_option_ends_with_a_message(
    line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(line.split())
    assert message in capsys.readouterr().err


class OnePort:
    """Port 3 has a link."""

    def __init__(self) -> None:
        self.has: dict[Direction, Faults | None] = dict.fromkeys(Direction)

    def set_faults(self, port: int, direction: Direction, faults: Faults | None) -> None:
        self.faults(port, direction)
        self.has[direction] = faults

    def faults(self, port: int, direction: Direction) -> tuple[Faults | None, FaultCounters]:
        if port != 3:
            raise FaultError(f"no interface is port {port}")
        return self.has[direction], FaultCounters(lost=1, duplicated=2, overflowed=3, waiting=4)


@pytest.fixture
def links() -> OnePort:
    return OnePort()


@pytest.fixture
def address(tmp_path: Path, links: OnePort) -> Iterator[str]:
    with serving(tmp_path, fault_answers(links)) as served:
        yield served.address


def test_faults_are_set_and_told_with_what_they_did(address: str, links: OnePort) -> None:
    told = ask_faults(address, 3, {"egress": "loss=1%"})
    assert links.has[Direction.EGRESS] == Faults(loss=0.01)
    assert told == {
        "egress": FaultReport("loss=1%", lost=1, duplicated=2, overflowed=3, waiting=4),
        "ingress": FaultReport("none", lost=1, duplicated=2, overflowed=3, waiting=4),
    }
    assert ask_faults(address, 3, {}) == told
    ask_faults(address, 3, {"egress": "none", "ingress": "delay=1ms"})
    assert links.has == {Direction.EGRESS: None, Direction.INGRESS: Faults(delay=0.001)}


@pytest.mark.parametrize(
    ("port", "wanted", "message"),
    [
        (9, {}, "no interface is port 9"),
        (9, {"egress": "loss=1%"}, "no interface is port 9"),
        (3, {"egress": "loss"}, "loss is not NAME=VALUE"),
        (3, {"egress": "loss=1%", "ingress": "x=1"}, "x is none of"),
        (3, {"sideways": "loss=1%"}, "not a request of the form"),
    ],
)
def test_what_is_refused_changes_nothing(
    address: str, links: OnePort, port: int, wanted: dict[str, str], message: str
) -> None:
    with pytest.raises(FaultError, match=message):
        ask_faults(address, port, wanted)
    assert links.has == dict.fromkeys(Direction)


def test_a_request_that_is_no_json_is_refused(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary("/softswitch.Links/Faults", None, None)
        for request in (b"\xff", b"[]", b"{}", b'{"port": "3"}', b'{"port": 3, "egress": 1}'):
            with pytest.raises(grpc.RpcError, match="not a request of the form"):
                call(request)


def test_words_that_are_no_text_are_refused(address: str) -> None:
    """JSON can say half of a character, which has no octets to be told in."""
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary("/softswitch.Links/Faults", None, None)
        with pytest.raises(grpc.RpcError, match=r"\? is none of loss"):
            call(b'{"port": 3, "egress": "\\ud800=1"}', timeout=20)


def test_a_switch_without_the_rpc_makes_no_faults(served: Served) -> None:
    with pytest.raises(FaultError, match="this switch makes no faults"):
        ask_faults(served.address, 3, {})


def test_the_command_sets_and_prints(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([address, "3", "--ingress", "loss=1%", "delay=5ms"]) == 0
    assert capsys.readouterr().out == (
        "egress: none (1 lost, 2 duplicated, 3 overflowed, 4 waiting)\n"
        "ingress: loss=1% delay=5ms (1 lost, 2 duplicated, 3 overflowed, 4 waiting)\n"
    )
    assert main([address, "4"]) == 1
    assert capsys.readouterr().err == "port 4: no interface is port 4\n"
