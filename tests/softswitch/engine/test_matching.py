"""Every match kind, what hits and misses lead to, and the errors of writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.bmv2json.model import Exact, Key, Lpm, Range, Ternary
from softswitch.engine import Engine
from softswitch.entries import EntryHandle
from softswitch.errors import EngineError, ErrorKind

EXACT, LPM, TERNARY, RANGE, WIDE, CONSTANT, CONSTANT_LPM, NO_KEY = range(1, 9)
NAMES = {
    EXACT: "exact_match",
    LPM: "lpm_match",
    TERNARY: "ternary_match",
    RANGE: "range_match",
    WIDE: "wide_match",
    CONSTANT: "constant_match",
    CONSTANT_LPM: "constant_lpm",
    NO_KEY: "no_key",
}
ADDRESS, PORT = 0x0A010203, 5000
ANY = Ternary(0, 0)


@pytest.fixture
def engine(start: Callable[[str], Engine]) -> Engine:
    return start("matching")


def name(table: int) -> str:
    return f"IngressControl.{NAMES[table]}"


def insert(
    engine: Engine, table: int, key: tuple[Key, ...], answer: int, priority: int = 0
) -> EntryHandle:
    return engine.table_insert(name(table), key, "IngressControl.answer", (answer,), priority)


def query(engine: Engine, table: int, address: int, port: int, wide: int = 0) -> bytes:
    head = table.to_bytes(1, "big") + address.to_bytes(4, "big") + port.to_bytes(2, "big")
    ((_, frame),) = engine.process(1, head + wide.to_bytes(16, "big") + bytes(4), 0)
    return frame


def answer(engine: Engine, table: int, address: int = ADDRESS, port: int = PORT) -> int:
    return int.from_bytes(query(engine, table, address, port)[-4:-2], "big")


def trail(engine: Engine, table: int, address: int = ADDRESS, port: int = PORT) -> int:
    return int.from_bytes(query(engine, table, address, port)[-2:], "big")


# -- exact -----------------------------------------------------------------------------------------


def test_an_exact_key_must_match_in_every_field(engine: Engine) -> None:
    insert(engine, EXACT, (Exact(ADDRESS), Exact(PORT)), 1)
    assert answer(engine, EXACT) == 1
    assert answer(engine, EXACT, port=PORT + 1) == 0
    assert answer(engine, EXACT, address=ADDRESS + 1) == 0


def test_hit_and_miss_lead_to_different_statements(engine: Engine) -> None:
    insert(engine, EXACT, (Exact(ADDRESS), Exact(PORT)), 1)
    assert (trail(engine, EXACT), trail(engine, EXACT, port=1)) == (1, 2)


def test_the_default_action_can_hit_nothing_and_still_answer(engine: Engine) -> None:
    engine.table_set_default(name(EXACT), "IngressControl.answer", (9,))
    assert (answer(engine, EXACT), trail(engine, EXACT)) == (9, 2)
    engine.table_reset_default(name(EXACT))
    assert answer(engine, EXACT) == 0


def test_exit_ends_the_control(engine: Engine) -> None:
    key = (Exact(ADDRESS), Exact(PORT))
    engine.table_insert(name(EXACT), key, "IngressControl.answer_and_exit", (4,))
    frame = query(engine, EXACT, ADDRESS, PORT)
    assert (frame[0], frame[-4:]) == (EXACT, b"\0\4\0\0")


def test_a_modified_entry_runs_its_new_action(engine: Engine) -> None:
    handle = insert(engine, EXACT, (Exact(ADDRESS), Exact(PORT)), 1)
    engine.table_modify(name(EXACT), handle, "IngressControl.answer", (2,))
    assert answer(engine, EXACT) == 2


def test_keys_and_arguments_of_128_bits_are_whole(engine: Engine) -> None:
    wide, number = (1 << 127) | 1, (1 << 128) - 2
    key = (Exact(wide), Exact(PORT))
    engine.table_insert(name(WIDE), key, "IngressControl.answer_wide", (number,))
    assert query(engine, WIDE, 0, PORT, wide)[7:23] == number.to_bytes(16, "big")
    other = wide ^ 1 << 126
    assert query(engine, WIDE, 0, PORT, other)[7:23] == other.to_bytes(16, "big")


# -- the other kinds -------------------------------------------------------------------------------


def test_the_action_that_ran_selects_the_next_statement(engine: Engine) -> None:
    insert(engine, LPM, (Exact(PORT), Lpm(ADDRESS, 24)), 1)
    assert (trail(engine, LPM), trail(engine, LPM, port=1)) == (3, 4)


def test_a_prefix_of_no_bits_matches_everything(engine: Engine) -> None:
    insert(engine, LPM, (Exact(PORT), Lpm(0, 0)), 7)
    assert answer(engine, LPM, address=0xFFFFFFFF) == 7


def test_the_best_entry_is_found_whatever_went_before_it(engine: Engine) -> None:
    """Best first, among two masks; some come back when better ones have gone.

    So many that the switch looks for the best of a mask anew, which it does not each time.
    """
    key, masks = 0x0A000000, (0xFF000000, 0xFFFF0000)

    def put(priority: int) -> EntryHandle:
        row = (Ternary(key, masks[priority % 2]), ANY)
        return insert(engine, TERNARY, row, priority, priority)

    handles = {priority: put(priority) for priority in range(1, 129)}
    for priority in range(128, 1, -1):
        engine.table_delete(name(TERNARY), handles[priority])
        if priority % 5 == 0:
            again = put(priority)
            assert answer(engine, TERNARY, key) == priority
            engine.table_delete(name(TERNARY), again)
        assert answer(engine, TERNARY, key) == priority - 1


def test_the_higher_priority_wins_in_a_ternary_table(engine: Engine) -> None:
    insert(engine, TERNARY, (Ternary(0x0A000000, 0xFF000000), ANY), 1, priority=10)
    insert(engine, TERNARY, (Ternary(ADDRESS, 0xFFFFFFFF), ANY), 2, priority=5)
    assert answer(engine, TERNARY) == 1


def test_deleting_the_best_entry_uncovers_the_next(engine: Engine) -> None:
    key = (Ternary(ADDRESS, 0xFFFFFFFF), ANY)
    insert(engine, TERNARY, key, 1, priority=1)
    insert(engine, TERNARY, (ANY, ANY), 2, priority=2)
    best = insert(engine, TERNARY, key, 3, priority=3)
    assert answer(engine, TERNARY) == 3
    engine.table_delete(name(TERNARY), best)
    assert answer(engine, TERNARY) == 2


def test_a_range_includes_both_its_ends(engine: Engine) -> None:
    insert(engine, RANGE, (Range(1000, 2000), ANY), 1, priority=1)
    hits = [port for port in (999, 1000, 2000, 2001) if answer(engine, RANGE, port=port)]
    assert hits == [1000, 2000]


@pytest.mark.parametrize(
    ("address", "expected"), [(0x0A000001, 1), (0x0A000002, 2), (0x0B000000, 3), (0x80000000, 0)]
)
def test_constant_entries_rank_in_the_order_of_the_program(
    engine: Engine, address: int, expected: int
) -> None:
    assert answer(engine, CONSTANT, address) == expected


@pytest.mark.parametrize(("address", "expected"), [(0x0A010000, 16), (0x0A020000, 8)])
def test_constant_prefixes_rank_by_their_length(
    engine: Engine, address: int, expected: int
) -> None:
    assert answer(engine, CONSTANT_LPM, address) == expected


def test_a_table_without_a_key_runs_its_default(engine: Engine) -> None:
    assert answer(engine, NO_KEY) == 77
    engine.table_set_default(name(NO_KEY), "IngressControl.answer", (78,))
    assert answer(engine, NO_KEY) == 78


# -- against a list --------------------------------------------------------------------------------

# Few values, so that entries overlap and equal ones occur.
addresses = st.sampled_from([0, 1, 0x0A000000, 0x0A000001, 0x0A010203, 0xFFFFFFFF])
masks = st.sampled_from([0, 1, 0xFF000000, 0xFFFF0000, 0xFFFFFFFF])
ports = st.sampled_from([0, 1, 2, 5000, 65535])
rows = st.tuples(addresses, masks, ports, ports, st.integers(1, 4))
Row = tuple[int, int, int, int, int]


@given(
    st.lists(rows, max_size=12),
    st.lists(st.integers(0, 11), max_size=6),
    addresses,
    ports,
)
@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_range_table_answers_like_a_search_through_a_list(
    engine: Engine, entries: list[Row], deletions: list[int], address: int, port: int
) -> None:
    installed: dict[EntryHandle, Row] = {}
    for number, (value, mask, low, high, priority) in enumerate(entries):
        low, high = min(low, high), max(low, high)
        key = (Range(low, high), Ternary(value, mask))
        row = (value & mask, mask, low, high, priority)
        if row in installed.values():
            with pytest.raises(EngineError, match="has an entry with this key"):
                insert(engine, RANGE, key, number, priority)
        else:
            installed[insert(engine, RANGE, key, number + 1, priority)] = row
    for handle in map(EntryHandle, deletions):
        if handle in installed:
            engine.table_delete(name(RANGE), handle)
            del installed[handle]
    matching = [
        priority
        for value, mask, low, high, priority in installed.values()
        if address & mask == value and low <= port <= high
    ]
    seen = answer(engine, RANGE, address, port)
    expected = max(matching, default=0)
    assert (entries[seen - 1][4] if seen else 0) == expected
    for handle in installed:
        engine.table_delete(name(RANGE), handle)


# -- what is refused -------------------------------------------------------------------------------

GOOD_KEY = (Exact(1), Exact(2))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda e: e.table_insert("nowhere", GOOD_KEY, "NoAction", ()),
            ErrorKind.NOT_FOUND,
            "no table is named 'nowhere'",
        ),
        (
            lambda e: insert(e, CONSTANT, (ANY,), 1, 1),
            ErrorKind.PERMISSION_DENIED,
            "the entries of table IngressControl.constant_match are constant",
        ),
        (
            lambda e: insert(e, NO_KEY, (), 1),
            ErrorKind.INVALID_ARGUMENT,
            "has no key: only its default action",
        ),
        (
            lambda e: insert(e, EXACT, (Exact(1),), 1),
            ErrorKind.INVALID_ARGUMENT,
            "has 2 key fields, not 1",
        ),
        (
            lambda e: insert(e, EXACT, (Exact(1), Lpm(1, 1)), 1),
            ErrorKind.INVALID_ARGUMENT,
            "key field hdr.query.port matches exact",
        ),
        (
            lambda e: insert(e, EXACT, (Exact(1 << 32), Exact(1)), 1),
            ErrorKind.INVALID_ARGUMENT,
            "key field hdr.query.address has 32 bits, too few for 0x100000000",
        ),
        (
            lambda e: insert(e, LPM, (Exact(1), Lpm(1, 33)), 1),
            ErrorKind.INVALID_ARGUMENT,
            "has no prefix of 33 bits",
        ),
        (
            lambda e: insert(e, TERNARY, (ANY, ANY), 1, 0),
            ErrorKind.INVALID_ARGUMENT,
            "needs a priority",
        ),
        (
            lambda e: insert(e, RANGE, (Range(2, 1), ANY), 1, 1),
            ErrorKind.INVALID_ARGUMENT,
            "cannot match 2 to 1",
        ),
        (
            lambda e: insert(e, EXACT, GOOD_KEY, 1 << 16),
            ErrorKind.INVALID_ARGUMENT,
            "parameter number has 16 bits, too few for 0x10000",
        ),
        (
            lambda e: e.table_insert(name(EXACT), GOOD_KEY, "IngressControl.answer", ()),
            ErrorKind.INVALID_ARGUMENT,
            "takes 1 arguments, not 0",
        ),
        (
            lambda e: e.table_insert(name(EXACT), GOOD_KEY, "IngressControl.answer_wide", (1,)),
            ErrorKind.INVALID_ARGUMENT,
            "has no action 'IngressControl.answer_wide'",
        ),
        (
            lambda e: e.table_delete(name(EXACT), EntryHandle(3)),
            ErrorKind.NOT_FOUND,
            "has no entry 3",
        ),
        (
            lambda e: e.table_modify(name(EXACT), EntryHandle(3), "NoAction", ()),
            ErrorKind.NOT_FOUND,
            "has no entry 3",
        ),
    ],
)
def test_a_wrong_write_is_refused_with_its_reason(
    engine: Engine, call: Callable[[Engine], object], kind: ErrorKind, message: str
) -> None:
    with pytest.raises(EngineError) as caught:
        call(engine)
    assert caught.value.kind is kind
    assert message in str(caught.value)


def test_a_table_holds_as_many_entries_as_the_program_says(engine: Engine) -> None:
    handles = [insert(engine, EXACT, (Exact(i), Exact(0)), i) for i in range(4)]
    with pytest.raises(EngineError, match=r"full \(4 entries\)") as caught:
        insert(engine, EXACT, (Exact(4), Exact(0)), 4)
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    engine.table_delete(name(EXACT), handles[1])
    insert(engine, EXACT, (Exact(4), Exact(0)), 4)
    assert answer(engine, EXACT, address=4, port=0) == 4


def test_the_same_key_twice_is_refused_even_when_the_table_is_full(engine: Engine) -> None:
    for i in range(4):
        insert(engine, EXACT, (Exact(i), Exact(0)), i)
    with pytest.raises(EngineError) as caught:
        insert(engine, EXACT, (Exact(0), Exact(0)), 9)
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
