"""A P4 program as p4c's BMv2 back end writes it, as typed values.

The names are those of the BMv2 JSON format: a *header type* has fields, a *header* is an
instance of a type (metadata too), a *stack* an array of headers. The *parser* is a graph of
states, a *control* (the JSON says "pipeline") a graph of nodes: tables, conditions and action
calls, each naming the node that follows. An *action* is a list of primitives over expressions.

References are by name, as in the JSON, and are checked when the program is read: what stands in
a `Pipeline` resolves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from softswitch.bmv2json.expressions import Expression, FieldRef, HeaderRef
from softswitch.bmv2json.parser_states import Parser
from softswitch.bmv2json.statements import Primitive
from softswitch.bmv2json.unions import HeaderUnion, UnionStack


@dataclass(frozen=True)
class Field:
    """A field of a header type; `width` is in bits, the maximum for a varbit."""

    name: str
    width: int
    signed: bool = False
    varbit: bool = False


@dataclass(frozen=True)
class HeaderType:
    """Fields in the order of the wire."""

    name: str
    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.fields}

    @property
    def varbit(self) -> Field | None:
        return next((field for field in self.fields if field.varbit), None)

    @property
    def fixed_bits(self) -> int:
        return sum(field.width for field in self.fields if not field.varbit)


@dataclass(frozen=True)
class Header:
    """An instance of a header type; metadata instances are always valid."""

    name: str
    type: HeaderType
    metadata: bool


@dataclass(frozen=True)
class HeaderStack:
    """An array of headers of one type; `headers` are the names of its elements."""

    name: str
    type: HeaderType
    headers: tuple[str, ...]


# -- externs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CounterArray:
    """Packets and bytes, indirect (by index) or direct (an entry of `table` each)."""

    name: str
    size: int
    table: str | None


class MeterUnit(Enum):
    """What a meter counts."""

    PACKETS = "packets"
    BYTES = "bytes"


@dataclass(frozen=True)
class MeterArray:
    """Two-rate meters; a direct one writes its colour to `result` when its table hits."""

    name: str
    size: int
    unit: MeterUnit
    table: str | None
    result: FieldRef | None


@dataclass(frozen=True)
class RegisterArray:
    """Cells that actions read and write."""

    name: str
    size: int
    width: int


@dataclass(frozen=True)
class SizedConstant:
    """A constant among the inputs of a calculation; its width counts."""

    value: int
    width: int


@dataclass(frozen=True)
class Calculation:
    """A hash or checksum over fields, headers and constants, and maybe the payload."""

    name: str
    algorithm: str
    inputs: tuple[FieldRef | HeaderRef | SizedConstant, ...]
    with_payload: bool


@dataclass(frozen=True)
class Checksum:
    """A field that a calculation verifies after the parser or updates before the deparser."""

    name: str
    target: FieldRef
    calculation: Calculation
    condition: Expression | None
    verify: bool
    update: bool


# -- actions and controls ----------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """An action parameter that a table entry gives."""

    name: str
    width: int


@dataclass(frozen=True)
class Action:
    """Parameters and primitives; ids are unique, names are not (NoAction)."""

    id: int
    name: str
    parameters: tuple[Parameter, ...]
    primitives: tuple[Primitive, ...]


class MatchKind(Enum):
    """How a key field matches; `optional` of v1model arrives as ternary."""

    EXACT = "exact"
    LPM = "lpm"
    TERNARY = "ternary"
    RANGE = "range"


@dataclass(frozen=True)
class KeyField:
    """One field of a table's key; `mask` is a static one, from the program."""

    name: str
    kind: MatchKind
    target: Expression
    width: int
    mask: int | None


@dataclass(frozen=True)
class Exact:
    """Matches one value."""

    value: int


@dataclass(frozen=True)
class Lpm:
    """Matches a prefix."""

    value: int
    prefix_len: int


@dataclass(frozen=True)
class Ternary:
    """Matches where the mask has ones; also what an `optional` field becomes."""

    value: int
    mask: int


@dataclass(frozen=True)
class Range:
    """Matches low <= key <= high."""

    low: int
    high: int


Key = Exact | Lpm | Ternary | Range


@dataclass(frozen=True)
class ActionData:
    """An action with its arguments."""

    action: int
    args: tuple[int, ...]


@dataclass(frozen=True)
class DefaultEntry:
    """What a miss runs; a constant one cannot be changed."""

    data: ActionData
    is_const: bool


@dataclass(frozen=True)
class ConstEntry:
    """An entry of the program; as in P4Runtime the higher priority wins."""

    key: tuple[Key, ...]
    data: ActionData
    priority: int


@dataclass(frozen=True)
class ActionProfile:
    """Actions that entries of several tables share; with a selector they form groups, too.

    `selector` is the calculation whose result chooses from a group.
    """

    name: str
    max_size: int
    selector: Calculation | None


@dataclass(frozen=True)
class Table:
    """A match-action table; `kind` is the most general match kind of its key.

    The entries of a table with a `profile` name members or groups of it instead of actions. Of a
    table that `ages` it is known when each entry was hit last.
    """

    id: int
    name: str
    kind: MatchKind
    key: tuple[KeyField, ...]
    actions: tuple[Action, ...]
    profile: str | None
    max_size: int
    with_counters: bool
    ages: bool
    direct_meter: str | None
    default: DefaultEntry | None
    entries: tuple[ConstEntry, ...]
    is_const: bool
    next_by_action: Mapping[int, str | None]
    base_next: str | None
    hit_next: str | None
    miss_next: str | None
    next_on_hit: bool

    def action(self, name: str) -> Action | None:
        """The table's action of that name."""
        return next((action for action in self.actions if action.name == name), None)

    @property
    def is_fixed(self) -> bool:
        """True for the tables that p4c makes of plain statements: no key, constant action."""
        return not self.key and self.default is not None and self.default.is_const


@dataclass(frozen=True)
class Condition:
    """An `if` in a control."""

    name: str
    expression: Expression
    true_next: str | None
    false_next: str | None


@dataclass(frozen=True)
class ActionCall:
    """A call of an action without parameters."""

    name: str
    action: int
    next_node: str | None


ControlNode = Table | Condition | ActionCall


@dataclass(frozen=True)
class Control:
    """Ingress or egress: nodes by name, and the first of them."""

    name: str
    start: str | None
    nodes: Mapping[str, ControlNode]


@dataclass(frozen=True)
class FieldList:
    """Metadata that a clone, resubmission or recirculation preserves."""

    id: int
    fields: tuple[FieldRef, ...]


@dataclass(frozen=True)
class LearnList:
    """Fields that a digest tells the controller."""

    id: int
    name: str
    fields: tuple[FieldRef, ...]


@dataclass(frozen=True)
class Pipeline:
    """A whole v1model program."""

    header_types: Mapping[str, HeaderType]
    headers: Mapping[str, Header]
    stacks: Mapping[str, HeaderStack]
    unions: Mapping[str, HeaderUnion]
    union_stacks: Mapping[str, UnionStack]
    field_lists: Mapping[int, FieldList]
    learn_lists: Mapping[int, LearnList]
    errors: Mapping[str, int]
    parser: Parser
    value_sets: Mapping[str, Table]
    deparser: tuple[str, ...]
    deparser_statements: tuple[Primitive, ...]
    counters: Mapping[str, CounterArray]
    meters: Mapping[str, MeterArray]
    registers: Mapping[str, RegisterArray]
    calculations: Mapping[str, Calculation]
    profiles: Mapping[str, ActionProfile]
    checksums: tuple[Checksum, ...]
    actions: Mapping[int, Action]
    ingress: Control
    egress: Control
    aliases: Mapping[str, FieldRef]

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Every table of both controls, by name."""
        return {
            node.name: node
            for control in (self.ingress, self.egress)
            for node in control.nodes.values()
            if isinstance(node, Table)
        }

    @property
    def silent(self) -> Pipeline:
        """The same program, which says nothing to the log of packets that fare well."""
        actions = {
            id_: replace(action, primitives=tuple(item.silent for item in action.primitives))
            for id_, action in self.actions.items()
        }
        deparser_statements = tuple(item.silent for item in self.deparser_statements)
        return replace(
            self,
            actions=actions,
            parser=self.parser.silent,
            deparser_statements=deparser_statements,
        )

    def profile_actions(self, profile: str) -> tuple[Action, ...]:
        """The actions that a member of a profile may have: those of all its tables, by name.

        p4c makes a copy of an action for each table; for members the first one stands for all.
        """
        actions: dict[str, Action] = {}
        for table in self.tables.values():
            if table.profile == profile:
                actions = {action.name: action for action in table.actions} | actions
        return tuple(actions.values())
