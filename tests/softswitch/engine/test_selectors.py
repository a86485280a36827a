"""Action profiles and selectors by the engine's numbers."""

from __future__ import annotations

import binascii
import threading
from collections.abc import Callable

import pytest

from softswitch.bmv2json.model import Exact, Lpm
from softswitch.engine import Engine
from softswitch.errors import EngineError, ErrorKind
from softswitch.profiles import Reference, ReferenceKind
from tests.softswitch.p4runtime.selectors import BY_PART, BY_PREFIX, BY_SUM, GROUPED, request

NAMES = ("grouped", "by_prefix", "by_mask", "by_part", "by_sum", "one_of_few")
GROUP, MEMBER = ReferenceKind.GROUP, ReferenceKind.MEMBER
FLOWS = [0, 1, 2, 3, 0xFFFF, 0x10000, 0x12345678, 0xDEADBEEF, 0xFFFFFFFF]


def name(member: str) -> str:
    return f"IngressControl.{member}"


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("selectors")


def prepare(engine: Engine, profile: str, table: int, *answers: int) -> None:
    """An entry for key 1 whose group has a member for each answer."""
    for number, answer in enumerate(answers):
        engine.profiles.member_set(name(profile), number, name("answer"), (answer,))
    engine.profiles.group_set(name(profile), 0, range(len(answers)))
    key = Lpm(1, 16) if table == BY_PREFIX else Exact(1)
    engine.table_insert(name(NAMES[table - 1]), (key,), Reference(GROUP, 0))


def answer(engine: Engine, frame: bytes) -> int:
    ((_, out),) = engine.process(1, frame, 0)
    return int.from_bytes(out[-4:], "big")


def crc16(octets: bytes) -> int:
    """CRC-16/ARC, bit by bit."""
    value = 0
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


@pytest.mark.parametrize("flow", FLOWS)
def test_crc16_over_fields_of_odd_widths_chooses(engine: Engine, flow: int) -> None:
    prepare(engine, "ways", GROUPED, 10, 11, 12)
    octets = flow.to_bytes(4, "big") + (5 << 12 | 0xABC).to_bytes(2, "big")
    frame = request(GROUPED, flow=flow, part=5, rest=0xABC)
    assert answer(engine, frame) == 10 + crc16(octets) % 3


@pytest.mark.parametrize("flow", FLOWS)
def test_crc32_chooses(engine: Engine, flow: int) -> None:
    prepare(engine, "flows", BY_PREFIX, 10, 11, 12, 13, 14)
    expected = 10 + binascii.crc32(flow.to_bytes(4, "big")) % 5
    assert answer(engine, request(BY_PREFIX, flow=flow)) == expected


@pytest.mark.parametrize("flow", FLOWS)
def test_the_internet_checksum_chooses(engine: Engine, flow: int) -> None:
    prepare(engine, "sums", BY_SUM, 10, 11, 12)
    total = (flow >> 16) + (flow & 0xFFFF)
    total = (total >> 16) + (total & 0xFFFF)
    assert answer(engine, request(BY_SUM, flow=flow)) == 10 + (total ^ 0xFFFF) % 3


def test_identity_takes_the_bits_from_the_top_of_an_octet(engine: Engine) -> None:
    prepare(engine, "parts", BY_PART, 10, 11, 12)
    for part in range(16):
        assert answer(engine, request(BY_PART, part=part)) == 10 + (part << 4) % 3


def test_one_member_stands_for_all_that_refer_to_it(engine: Engine) -> None:
    prepare(engine, "flows", BY_PREFIX, 10)
    engine.table_insert(name("by_prefix"), (Lpm(0, 0),), Reference(MEMBER, 0))
    engine.profiles.member_set(name("flows"), 0, name("answer"), (77,))
    assert answer(engine, request(BY_PREFIX)) == answer(engine, request(BY_PREFIX, key=9)) == 77


def test_the_action_of_a_member_leads_on_as_in_each_table(engine: Engine) -> None:
    """by_prefix applies another table after `answer`, by_mask does not; both use one profile."""
    prepare(engine, "flows", BY_PREFIX, 10)
    ((_, frame),) = engine.process(1, request(BY_PREFIX), 0)
    assert frame[-6:-4] == b"\xff\xf0"


@pytest.mark.parametrize("kind", ReferenceKind)
def test_what_is_not_there_does_nothing(engine: Engine, kind: ReferenceKind) -> None:
    engine.table_insert(name("by_prefix"), (Lpm(1, 16),), Reference(kind, 5))
    frame = request(BY_PREFIX)
    assert engine.process(1, frame, 0) == [(1, frame)]
    engine.profiles.group_set(name("flows"), 5, [3])
    assert engine.process(1, frame, 0) == [(1, frame)]


def test_a_deleted_member_and_a_deleted_group_do_nothing(engine: Engine) -> None:
    prepare(engine, "flows", BY_PREFIX, 10)
    engine.profiles.member_delete(name("flows"), 0)
    assert answer(engine, request(BY_PREFIX)) == 0
    engine.profiles.group_delete(name("flows"), 0)
    assert answer(engine, request(BY_PREFIX)) == 0


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda e: e.profiles.member_delete(name("ways"), 0), ErrorKind.NOT_FOUND),
        (lambda e: e.profiles.group_delete(name("ways"), 0), ErrorKind.NOT_FOUND),
        (lambda e: e.profiles.group_set("nowhere", 0, []), ErrorKind.NOT_FOUND),
        (lambda e: e.profiles.group_set(name("ways"), 1 << 24, []), ErrorKind.OUT_OF_RANGE),
        (
            lambda e: e.profiles.member_set(name("ways"), 1 << 24, name("drop"), ()),
            ErrorKind.OUT_OF_RANGE,
        ),
        (
            lambda e: e.profiles.member_set(name("ways"), 0, name("note"), (1,)),
            ErrorKind.INVALID_ARGUMENT,
        ),
        (
            lambda e: e.table_insert(name("grouped"), (Exact(1),), name("drop")),
            ErrorKind.INVALID_ARGUMENT,
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    engine: Engine, call: Callable[[Engine], object], kind: ErrorKind
) -> None:
    with pytest.raises(EngineError) as caught:
        call(engine)
    assert caught.value.kind is kind


def test_a_packet_sees_the_old_group_or_the_new_never_half_of_one(engine: Engine) -> None:
    """All members of the old group answer 1, all of the new one 2; half of one would answer 0."""
    for number, value in enumerate([1] * 40 + [2] * 40):
        engine.profiles.member_set(name("flows"), number, name("answer"), (value,))
    engine.profiles.group_set(name("flows"), 0, range(40))
    engine.table_insert(name("by_prefix"), (Lpm(1, 16),), Reference(GROUP, 0))
    done = threading.Event()

    def rewrite() -> None:
        for _ in range(1000):
            engine.profiles.group_set(name("flows"), 0, range(40, 80))
            engine.profiles.group_set(name("flows"), 0, range(40))
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    seen, flow = set(), 0
    while not done.is_set():
        seen.add(answer(engine, request(BY_PREFIX, flow=flow)))
        flow += 1
    writer.join()
    assert seen <= {1, 2}
