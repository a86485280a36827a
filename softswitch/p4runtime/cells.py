"""Arrays of cells: indirect counters, meters and registers.

Cells are always there, so they are only ever modified; an index that is left out means all cells of
the array, an id of 0 in a read all arrays (sections "CounterEntry", "MeterEntry", "RegisterEntry").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from finsy.proto import p4d, p4r

from softswitch.engine import Engine, MeterConfig
from softswitch.p4runtime import bytestring, resources
from softswitch.p4runtime.p4info import CellArray, P4Info, look_up
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid, unsupported
from softswitch.p4runtime.store import UpdateType, require_modify

CellMessage = p4r.CounterEntry | p4r.MeterEntry | p4r.RegisterEntry


class Counters:
    """Indirect counters."""

    def __init__(self, info: P4Info, engine: Engine) -> None:
        self._arrays = info.counters
        self._engine = engine

    def write(self, kind: UpdateType, message: p4r.CounterEntry) -> None:
        require_modify(kind, "a counter cell")
        array = look_up(self._arrays, message.counter_id, "counter")
        cells = _cells(array, message)
        if not message.HasField("data"):
            return
        value = resources.read_counter(message.data)
        for index in cells:
            self._engine.counter_write(array.name, index, value)

    def read(self, request: p4r.CounterEntry) -> Iterator[p4r.CounterEntry]:
        for array in _selected(self._arrays, request.counter_id, "counter"):
            for index in _cells(array, request):
                value = self._engine.counter_read(array.name, index)
                data = resources.write_counter(value)
                yield p4r.CounterEntry(counter_id=array.id, index=_index(index), data=data)


class Meters:
    """Indirect meters; a cell that is not configured marks every packet green."""

    def __init__(self, info: P4Info, engine: Engine) -> None:
        self._arrays = info.meters
        self._engine = engine
        self._configs: dict[tuple[int, int], MeterConfig] = {}

    def write(self, kind: UpdateType, message: p4r.MeterEntry) -> None:
        require_modify(kind, "a meter cell")
        array = look_up(self._arrays, message.meter_id, "meter")
        _refuse_colour_counters(message)
        cells = _cells(array, message)
        config = resources.read_meter(message.config) if message.HasField("config") else None
        for index in cells:
            self._engine.meter_configure(array.name, index, config)
            if config is None:
                self._configs.pop((array.id, index), None)
            else:
                self._configs[array.id, index] = config

    def read(self, request: p4r.MeterEntry) -> Iterator[p4r.MeterEntry]:
        _refuse_colour_counters(request)
        for array in _selected(self._arrays, request.meter_id, "meter"):
            for index in _cells(array, request):
                message = p4r.MeterEntry(meter_id=array.id, index=_index(index))
                config = self._configs.get((array.id, index))
                if config is not None:
                    message.config.CopyFrom(resources.write_meter(config))
                yield message


class Registers:
    """Registers of `bit<W>` and `int<W>` cells."""

    def __init__(self, info: P4Info, engine: Engine) -> None:
        self._arrays = info.registers
        self._engine = engine

    def write(self, kind: UpdateType, message: p4r.RegisterEntry) -> None:
        require_modify(kind, "a register cell")
        array = look_up(self._arrays, message.register_id, "register")
        _require_bits(array)
        cells = _cells(array, message)
        if message.data.WhichOneof("data") != "bitstring":
            raise invalid(f"register {array.name}: its data is a bitstring")
        decode = bytestring.decode_signed if array.signed else bytestring.decode
        value = decode(message.data.bitstring, array.width, f"register {array.name}")
        for index in cells:
            self._engine.register_write(array.name, index, value)

    def read(self, request: p4r.RegisterEntry) -> Iterator[p4r.RegisterEntry]:
        for array in _selected(self._arrays, request.register_id, "register"):
            if request.register_id:
                _require_bits(array)
            elif not array.width:
                continue
            for index in _cells(array, request):
                octets = _octets(array, self._engine.register_read(array.name, index))
                yield p4r.RegisterEntry(
                    register_id=array.id, index=_index(index), data=p4d.P4Data(bitstring=octets)
                )


def _octets(array: CellArray, value: int) -> bytes:
    if array.signed:
        return bytestring.encode_signed(value, array.width)
    return bytestring.encode(value)


def _selected(arrays: Mapping[int, CellArray], array_id: int, kind: str) -> Iterator[CellArray]:
    if array_id:
        yield look_up(arrays, array_id, kind)
    else:
        yield from arrays.values()


def _cells(array: CellArray, message: CellMessage) -> range:
    """The indices that a message means."""
    if not message.HasField("index"):
        return range(array.size)
    index = message.index.index
    if index < 0:
        raise invalid(f"{array.name}: index {index} is negative")
    if index >= array.size:
        raise P4RuntimeError(
            Code.OUT_OF_RANGE, f"{array.name}: index {index} is outside of 0..{array.size - 1}"
        )
    return range(index, index + 1)


def _index(index: int) -> p4r.Index:
    return p4r.Index(index=index)


def _refuse_colour_counters(message: p4r.MeterEntry) -> None:
    if message.HasField("counter_data"):
        raise unsupported("counters by meter colour")


def _require_bits(array: CellArray) -> None:
    if not array.width:
        raise P4RuntimeError(
            Code.UNIMPLEMENTED,
            f"register {array.name}: only bit<W> and int<W> are supported",
        )
