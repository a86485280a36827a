"""The shape of a digest: its type in P4Info, and its values as P4Data (section "P4Data")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from finsy.proto import p4d, p4i, p4t

from softswitch.p4runtime import bytestring
from softswitch.p4runtime.status import Code, P4RuntimeError

Writer = Callable[[int], p4d.P4Data]


class Shape(Enum):
    """How the members of a digest are put together."""

    STRUCT = "struct"
    TUPLE = "tuple"
    SINGLE = "bitstring"


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, and how to write each of its members."""

    id: int
    name: str
    shape: Shape
    writers: tuple[Writer, ...]

    def to_data(self, values: Sequence[int]) -> p4d.P4Data:
        """The message for the members' values."""
        pairs = zip(self.writers, values, strict=True)
        members = [write(value) for write, value in pairs]
        match self.shape:
            case Shape.SINGLE:
                return members[0]
            case Shape.STRUCT:
                return p4d.P4Data(struct=p4d.P4StructLike(members=members))
            case Shape.TUPLE:
                return p4d.P4Data(tuple=p4d.P4StructLike(members=members))


def _writer(member: p4t.P4DataTypeSpec) -> Writer:
    width = member.bitstring.int.bitwidth
    if member.WhichOneof("type_spec") == "bool":
        return _write_bool
    return partial(_write_signed, width) if width else _write_bits


def _write_bool(value: int) -> p4d.P4Data:
    return p4d.P4Data(bool=bool(value))


def _write_bits(value: int) -> p4d.P4Data:
    return p4d.P4Data(bitstring=bytestring.encode(value))


def _write_signed(width: int, value: int) -> p4d.P4Data:
    return p4d.P4Data(bitstring=bytestring.encode_signed(value, width))


def read_digest(message: p4i.Digest, types: p4t.P4TypeInfo) -> Digest:
    """Read a digest's declaration; UNIMPLEMENTED for members that are no numbers."""
    name, spec = message.preamble.name, message.type_spec
    shape, members = _members(spec, types)
    kinds = [member.WhichOneof("type_spec") for member in members]
    other = next((kind for kind in kinds if kind not in ("bitstring", "bool")), None)
    if other is not None:
        raise P4RuntimeError(
            Code.UNIMPLEMENTED, f"digest {name}: members of type {other} are not supported"
        )
    return Digest(message.preamble.id, name, shape, tuple(map(_writer, members)))


def _members(
    spec: p4t.P4DataTypeSpec, types: p4t.P4TypeInfo
) -> tuple[Shape, list[p4t.P4DataTypeSpec]]:
    match spec.WhichOneof("type_spec"):
        case "struct":
            struct = types.structs[spec.struct.name]
            return Shape.STRUCT, [member.type_spec for member in struct.members]
        case "tuple":
            return Shape.TUPLE, list(spec.tuple.members)
    return Shape.SINGLE, [spec]
