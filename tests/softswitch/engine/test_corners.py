"""What few programs use, and what p4c compiles that BMv2 does not run (corners.p4, beyond.p4)."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator

import pytest
from finsy.proto import p4d, p4r

from softswitch.bmv2json.model import Range
from softswitch.engine import Engine
from softswitch.errors import EngineError, ErrorKind
from softswitch.p4runtime.forwarding import Wishes
from softswitch.p4runtime.status import Code, P4RuntimeError
from softswitch.switch import Switch
from softswitch.value_sets import prefixes
from tests.softswitch.engine.conftest import p4info, program_json

CELLS = "ingress.cells"
STACK, FOREVER, SET, OTHER_SET, SIGNED = range(1, 6)
READ, QUEUE = 3, 5
KINDS, OTHERS = "beyond_parser.kinds", "beyond_parser.others"


class TestRegistersOfManyBits:
    @pytest.mark.parametrize("value", [0, 1 << 64, (1 << 160) - 1, 0xFEDCBA9876543210 << 90])
    def test_a_cell_is_written_and_read(self, start: Callable[[str], Engine], value: int) -> None:
        engine = start("corners")
        engine.register_write(CELLS, 3, value)
        assert [engine.register_read(CELLS, cell) for cell in range(4)] == [0, 0, 0, value]
        request = bytes([READ, 3]) + bytes(40)
        assert engine.process(1, request, 0) == [(2, request[:-20] + value.to_bytes(20, "big"))]

    def test_what_does_not_fit_is_refused(self, start: Callable[[str], Engine]) -> None:
        with pytest.raises(EngineError) as caught:
            start("corners").register_write(CELLS, 0, 1 << 160)
        assert caught.value.kind is ErrorKind.OUT_OF_RANGE


class TestSignedNumbers:
    @pytest.fixture
    def switch(self) -> Iterator[Switch]:
        switch = Switch()
        switch.set_pipeline(p4info("beyond"), program_json("beyond"))
        yield switch
        switch.close()

    def cell(self, octets: bytes | None = None) -> p4r.Entity:
        [array] = p4info("beyond").registers
        data = None if octets is None else p4d.P4Data(bitstring=octets)
        entry = p4r.RegisterEntry(
            register_id=array.preamble.id, index=p4r.Index(index=0), data=data
        )
        return p4r.Entity(register_entry=entry)

    def write(self, switch: Switch, entity: p4r.Entity) -> None:
        switch.write([p4r.Update(type=p4r.Update.MODIFY, entity=entity)])

    @pytest.mark.parametrize(
        ("written", "added", "read"),
        [
            (b"\xff\xfd", 1, b"\xfe"),
            (b"\xfd", 2, b"\xff"),
            (b"\xff", 1, b"\0"),
            (b"\x7f", 1, b"\0\x80"),
            (b"\0\0\x05", 250, b"\0\xff"),
            (b"\xf8\x00", 0, b"\xf8\x00"),
            (b"\x07\xff", 1, b"\xf8\x00"),
        ],
        ids="-3 -3_short -1 127 5 -2048 2047".split(),
    )
    def test_cells_and_digests_repeat_the_sign(
        self, switch: Switch, written: bytes, added: int, read: bytes
    ) -> None:
        digest = p4r.DigestEntry(digest_id=p4info("beyond").digests[0].preamble.id)
        insert = p4r.Update(type=p4r.Update.INSERT, entity=p4r.Entity(digest_entry=digest))
        switch.write([insert])
        self.write(switch, self.cell(written))
        switch.process(1, bytes([SIGNED, added]), 0)
        assert switch.read([self.cell()]) == [self.cell(read)]
        [learnt] = switch.digests(0)
        assert learnt.data[0].struct.members[0] == p4d.P4Data(bitstring=read)

    @pytest.mark.parametrize("octets", [b"", b"\x08\x00", b"\xf7\xff", b"\0\xff\xfd"])
    def test_what_does_not_fit_is_refused(self, switch: Switch, octets: bytes) -> None:
        with pytest.raises(P4RuntimeError) as caught:
            self.write(switch, self.cell(octets))
        assert [error.canonical_code for error in caught.value.errors] == [Code.OUT_OF_RANGE]


class TestPriorityQueues:
    @pytest.mark.parametrize(("queues", "leave"), [(1, [0]), (4, [0, 1, 2, 3]), (8, [*range(8)])])
    def test_packets_for_queues_that_are_not_there_are_dropped_with_a_word(
        self, caplog: pytest.LogCaptureFixture, queues: int, leave: list[int]
    ) -> None:
        switch = Switch(wishes=Wishes(priority_queues=queues))
        switch.set_pipeline(p4info("corners"), program_json("corners"))
        frames = [bytes([QUEUE, priority]) + bytes(40) for priority in range(8)]
        left = [frame[1] for item in frames for _, frame in switch.process(1, item, 0)[0]]
        assert left == leave
        assert caplog.messages == ["Priority out of range, dropping packet"] * (8 - len(leave))
        assert switch.statistics()["egress_drops"] == 8 - len(leave)
        switch.close()


class TestTheDeparser:
    def test_its_statements_are_carried_out(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "softswitch.program_log")
        switch = Switch(wishes=Wishes(logs=True))
        switch.set_pipeline(p4info("corners"), program_json("corners"))
        assert switch.process(1, bytes([9, 7]) + bytes(40), 0)[0] != []
        assert switch.process(1, bytes([0, 8]) + bytes(40), 0)[0] == []
        assert caplog.messages[:2] == ["leaves with 7", "leaves with 8"]
        assert caplog.messages[2].startswith("Assert error: assert(hdr.request.op != 0) failed")
        assert switch.statistics()["egress_drops"] == 1
        switch.close()


class TestBeyondBmv2:
    @pytest.mark.parametrize(
        ("index", "n"), [(0, 0xFF), (1, 0xA1), (2, 0xA2), (3, 0xFF), (99, 0xFF)]
    )
    def test_a_parser_counts_elements_and_a_key_is_taken_from_one_of_them(
        self, start: Callable[[str], Engine], index: int, n: int
    ) -> None:
        items = bytes.fromhex("0000 0011 0022 0011")
        [(_, frame)] = start("beyond").process(1, bytes([STACK, index]) + items, 0)
        assert frame == bytes([STACK, n]) + items

    def test_a_loop_that_does_not_end_ends_its_packet(self, start: Callable[[str], Engine]) -> None:
        engine = start("beyond")
        assert engine.process(1, bytes([FOREVER, 1]), 0) == []
        assert engine.process(1, bytes([FOREVER, 0]), 0) == [(2, bytes([FOREVER, 0]))]
        assert engine.statistics()["passes_exceeded"] == 1


def ternary(value: int, mask: int) -> p4r.FieldMatch:
    match = p4r.FieldMatch.Ternary(value=bytes([value]), mask=bytes([mask]))
    return p4r.FieldMatch(field_id=1, ternary=match)


def span(low: int, high: int) -> p4r.FieldMatch:
    match = p4r.FieldMatch.Range(low=bytes([low]), high=bytes([high]))
    return p4r.FieldMatch(field_id=2, range=match)


def prefix(value: int, length: int) -> p4r.FieldMatch:
    match = p4r.FieldMatch.LPM(value=bytes([value]), prefix_len=length)
    return p4r.FieldMatch(field_id=1, lpm=match)


def optional(value: int) -> p4r.FieldMatch:
    match = p4r.FieldMatch.Optional(value=bytes([value]))
    return p4r.FieldMatch(field_id=2, optional=match)


class TestValueSetsThatMatchByMasks:
    @pytest.fixture
    def switch(self) -> Iterator[Switch]:
        switch = Switch()
        switch.set_pipeline(p4info("beyond"), program_json("beyond"))
        yield switch
        switch.close()

    def write(self, switch: Switch, name: str, *members: list[p4r.FieldMatch]) -> p4r.Entity:
        ids = {item.preamble.name: item.preamble.id for item in p4info("beyond").value_sets}
        messages = [p4r.ValueSetMember(match=member) for member in members]
        entry = p4r.ValueSetEntry(value_set_id=ids[name], members=messages)
        entity = p4r.Entity(value_set_entry=entry)
        switch.write([p4r.Update(type=p4r.Update.MODIFY, entity=entity)])
        return entity

    def taken(self, switch: Switch, op: int, kind: int, value: int) -> bool:
        ((_, frame),), _ = switch.process(1, bytes([op, 0, kind, value]), 0)
        return frame[1] == 1

    def test_ternary_and_range(self, switch: Switch) -> None:
        assert not self.taken(switch, SET, 0x15, 9)
        self.write(switch, KINDS, [ternary(0x10, 0xF0), span(3, 9)], [ternary(0x01, 0x0F)])
        expected = [(0x15, 3), (0x15, 9), (0x1F, 5), (0x21, 0), (0xF1, 255)]
        missed = [(0x15, 2), (0x15, 10), (0x25, 5), (0x22, 5)]
        assert all(self.taken(switch, SET, *key) for key in expected)
        assert not any(self.taken(switch, SET, *key) for key in missed)

    def test_prefix_and_optional(self, switch: Switch) -> None:
        self.write(switch, OTHERS, [prefix(0x80, 2), optional(7)], [prefix(0x40, 8)])
        expected = [(0x80, 7), (0xBF, 7), (0x40, 1)]
        missed = [(0x80, 6), (0xC0, 7), (0x41, 1)]
        assert all(self.taken(switch, OTHER_SET, *key) for key in expected)
        assert not any(self.taken(switch, OTHER_SET, *key) for key in missed)

    def test_members_that_overlap_go_one_by_one(self, switch: Switch) -> None:
        wide, narrow = [ternary(0x10, 0xF0), span(0, 7)], [ternary(0x10, 0xF0), span(0, 3)]
        written = self.write(switch, KINDS, wide, narrow)
        request = p4r.Entity(value_set_entry=p4r.ValueSetEntry())
        assert written in switch.read([request])
        self.write(switch, KINDS, narrow)
        assert self.taken(switch, SET, 0x11, 3)
        assert not self.taken(switch, SET, 0x11, 4)
        self.write(switch, KINDS)
        assert not self.taken(switch, SET, 0x11, 3)


class TestRangesAsPrefixes:
    @pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 0), (255, 255), (1, 254), (3, 9)])
    def test_they_are_the_numbers_of_the_range(self, low: int, high: int) -> None:
        parts = list(prefixes(low, high, 255))
        covered = [n for n in range(256) for item in parts if n & item.mask == item.value]
        assert covered == list(range(low, high + 1))
        assert len(parts) <= 14

    def test_any_range_of_any_width_is_covered_without_overlap(self) -> None:
        rng = random.Random(1)
        for width in (1, 7, 16, 48):
            full = (1 << width) - 1
            low, high = sorted(rng.randrange(full + 1) for _ in range(2))
            sizes = [(full ^ item.mask) + 1 for item in prefixes(low, high, full)]
            assert sum(sizes) == high - low + 1

    def test_a_set_of_too_many_of_them_is_refused(
        self, start: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine = start("beyond")
        worst = Range(1, 254)  # 14 prefixes
        monkeypatch.setattr("softswitch.value_sets.MAX_ENTRIES", 14 * 14)
        engine.value_sets.replace(KINDS, [(worst, worst)])
        with pytest.raises(EngineError, match="its ranges are more than 196 masks"):
            engine.value_sets.replace(KINDS, [(worst, worst), (Range(0, 0), worst)])
