"""What programs say to the log, on talking.p4."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct

import pytest

from softswitch.bmv2json import read_pipeline
from softswitch.engine import Engine
from softswitch.errors import PipelineError
from softswitch.p4runtime.forwarding import Wishes
from softswitch.switch import Switch
from tests.softswitch.bmv2 import Bmv2
from tests.softswitch.engine.conftest import p4info, program_json

TALK, ESCAPE, ASSERT, ASSUME, EGRESS, WIDE = range(1, 7)

_REQUEST = Struct(">BHh16s")


def request(op: int, small: int = 7, signed: int = 1, large: int = 0, wide: bytes = b"") -> bytes:
    return _REQUEST.pack(op, small, signed, large.to_bytes(16, "big")) + wide


TALKS = [
    request(TALK, 0xFFFF, -5, (1 << 128) - 1),
    request(ESCAPE, 12),
    request(EGRESS),
    request(WIDE, wide=bytes([0x80]) + bytes(30) + b"\x01"),
]
SAID = [
    "heard",
    f"small 65535 signed -5 large {(1 << 128) - 1} sum 0 valid 0",
    "a {plain} brace, 100%, 12",
    "leaves on 2",
    f"parsed {(1 << 255) + 1}",
]


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch(wishes=Wishes(logs=True))
    switch.set_pipeline(p4info("talking"), program_json("talking"))
    yield switch
    switch.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "softswitch.program_log")
    return caplog


def test_messages_have_their_values_in_decimal(
    switch: Switch, log: pytest.LogCaptureFixture
) -> None:
    for frame in TALKS:
        assert switch.process(1, frame, 0) == ([(2, frame)], [])
    assert log.messages == SAID
    assert {record.levelno for record in log.records} == {logging.INFO}


@pytest.mark.bmv2
def test_bmv2_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "log"
    bmv2 = Bmv2(tmp_path, "--log-file", str(file), "-L", "info", "--log-flush")
    try:
        bmv2.load(p4info("talking"), program_json("talking"))
        for frame in TALKS:
            assert bmv2.process(1, frame, 1) == [(2, frame)]
    finally:
        bmv2.close()
    said = [line.rpartition("] ")[2] for line in Path(f"{file}.txt").read_text().splitlines()]
    assert [line for line in said if line in SAID] == SAID


def test_without_the_wish_nothing_is_said(log: pytest.LogCaptureFixture) -> None:
    switch = Switch()
    switch.set_pipeline(p4info("talking"), program_json("talking"))
    for frame in TALKS:
        assert switch.process(1, frame, 0) == ([(2, frame)], [])
    assert log.messages == []
    switch.close()


def test_what_is_too_much_for_a_second_is_left_out_and_counted(
    switch: Switch, log: pytest.LogCaptureFixture
) -> None:
    for _ in range(1003):
        switch.process(1, request(EGRESS), 0)
    assert log.messages == ["leaves on 2"] * 1000
    switch.process(1, request(EGRESS), 999_999)
    switch.process(1, request(EGRESS), 1_000_000)
    assert log.messages[1000:] == ["4 messages of the program were left out", "leaves on 2"]
    assert log.records[1000].levelno == logging.WARNING


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (request(ASSERT, small=8), "Assert error: assert(hdr.request.small == 7) failed"),
        (request(ASSUME, signed=-1), "Assume error: assume(hdr.request.signed > 0) failed"),
        (request(EGRESS, small=8), "Assert error: assert(hdr.request.small == 7) failed"),
    ],
    ids=["assert", "assume", "at egress"],
)
def test_a_failed_assertion_drops_the_packet_and_names_its_place(
    frame: bytes, said: str, log: pytest.LogCaptureFixture
) -> None:
    switch = Switch()
    switch.set_pipeline(p4info("talking"), program_json("talking"))
    assert switch.process(1, frame, 0) == ([], [])
    [record] = log.records
    assert re.fullmatch(re.escape(said) + r", file talking\.p4, line \d+", record.message)
    assert record.levelno == logging.ERROR
    assert switch.statistics()["failed_assertions"] == 1
    switch.close()


@pytest.mark.parametrize(("small", "written"), [(7, 1), (8, 0)])
def test_what_stands_behind_a_failed_assertion_does_not_happen(
    small: int, written: int, start: Callable[[str], Engine]
) -> None:
    engine = start("talking")
    engine.process(1, request(ASSERT, small), 0)
    assert engine.register_read("ingress.after", 0) == written


@pytest.mark.parametrize("text", ["{}", "small {} signed {}", "{ {} {} {} {} {} {}"])
def test_places_that_do_not_fit_the_values_are_refused(text: str) -> None:
    said = b"small {} signed {} large {} sum {} valid {}"
    program = program_json("talking").replace(b'"value" : "' + said, b'"value" : "' + text.encode())
    with pytest.raises(PipelineError, match=r"actions\[\d\]\.primitives\[\d\]: log_msg has \d"):
        read_pipeline(program.decode())
