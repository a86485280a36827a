"""The shape of a digest: its type in P4Info, and its values as P4Data (section "P4Data")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from finsy.proto import p4d, p4i, p4t

from softswitch.p4runtime import bytestring
from softswitch.p4runtime.status import Code, P4RuntimeError


class Shape(Enum):
    """How the members of a digest are put together."""

    STRUCT = "struct"
    TUPLE = "tuple"
    SINGLE = "bitstring"


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest; `truths` says for each member whether it is a bool."""

    id: int
    name: str
    shape: Shape
    truths: tuple[bool, ...]

    def to_data(self, values: Sequence[int]) -> p4d.P4Data:
        """The message for the members' values."""
        pairs = zip(self.truths, values, strict=True)
        members = [_member(truth, value) for truth, value in pairs]
        match self.shape:
            case Shape.SINGLE:
                return members[0]
            case Shape.STRUCT:
                return p4d.P4Data(struct=p4d.P4StructLike(members=members))
            case Shape.TUPLE:
                return p4d.P4Data(tuple=p4d.P4StructLike(members=members))


def _member(truth: bool, value: int) -> p4d.P4Data:
    if truth:
        return p4d.P4Data(bool=bool(value))
    return p4d.P4Data(bitstring=bytestring.encode(value))


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
    return Digest(message.preamble.id, name, shape, tuple(kind == "bool" for kind in kinds))


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
