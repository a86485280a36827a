"""Ingress and egress as C functions: tables and conditions are labels, gotos lead between them."""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.model import (
    Action,
    ActionCall,
    Condition,
    Control,
    ControlNode,
    MatchKind,
    Table,
)
from softswitch.codegen.actions import function_name, may_exit
from softswitch.codegen.arithmetic import masked
from softswitch.codegen.calculations import CalculationWriter
from softswitch.codegen.expressions import ExpressionWriter
from softswitch.codegen.externs import ExternNumbers, cost, most_words
from softswitch.codegen.key_words import key_words
from softswitch.codegen.keys import key_layout
from softswitch.codegen.layout import Identifiers, Layout
from softswitch.codegen.values import Value, literal
from softswitch.errors import PipelineError
from softswitch.words import WORD_BITS, split_words


class ControlWriter:
    """Writes the controls of a program, and the descriptions of their tables."""

    def __init__(
        self, layout: Layout, calculations: CalculationWriter, externs: ExternNumbers
    ) -> None:
        self._layout = layout
        self._pipeline = layout.pipeline
        self._externs = externs
        self._calculations = calculations
        self._expressions = ExpressionWriter(layout)

    # -- flow ----------------------------------------------------------------------------------

    def function(self, control: Control) -> Iterator[str]:
        labels = Identifiers("node_")
        yield f"static void {control.name}(struct packet *p)"
        yield "{"
        yield f"    {_goto(labels, control.start)}"
        for node in control.nodes.values():
            yield f"{labels[node.name]}: __attribute__((unused)); {{"
            yield from (f"    {line}" for line in self._node(node, labels))
            yield "}"
        yield "done:"
        yield "    (void)p;"
        yield "}"

    def _node(self, node: ControlNode, labels: Identifiers) -> Iterator[str]:
        match node:
            case Condition():
                yield f"if ({self._expressions.truth(node.expression)})"
                yield f"    {_goto(labels, node.true_next)}"
                yield _goto(labels, node.false_next)
            case ActionCall():
                yield from _call(self._pipeline.actions[node.action], "NULL")
                yield _goto(labels, node.next_node)
            case Table() if node.is_fixed:
                yield from self._fixed(node, labels)
            case Table():
                try:
                    yield from self._table(node, labels)
                except PipelineError as error:
                    raise PipelineError(f"table {node.name}: {error}") from None

    def _fixed(self, table: Table, labels: Identifiers) -> Iterator[str]:
        assert table.default is not None
        data = table.default.data
        action = self._pipeline.actions[data.action]
        words = ", ".join(literal(word) for word in _argument_words(action, data.args))
        if words:
            yield f"static const uint64_t args[] = {{{words}}};"
        yield from _call(action, "args" if words else "NULL")
        yield _goto(labels, _next(table, action, hit=False))

    def _table(self, table: Table, labels: Identifiers) -> Iterator[str]:
        number = self._externs.table(table)
        yield f"const struct sw_table *t = &p->sw->tables[{number}];"
        layout = key_layout(table)
        if layout.words:
            words = key_words(layout, list(self._key_values(table)))
            yield f"const uint64_t key[{layout.words}] = {words};"
            yield f"struct sw_entry *e = sw_table_lookup(t, key, {layout.words});"
        else:
            yield "struct sw_entry *e = NULL;"
        yield "const bool hit = e != NULL;"
        yield "(void)hit;"
        yield "if (e == NULL)"
        yield "    e = t->missed;"
        yield from self._on_hit(table, number)
        if table.profile is None:
            yield "const struct sw_call *call = &e->call;"
        else:
            yield from self._choice(table.profile)
        yield from self._actions(table, labels)

    def _choice(self, name: str) -> Iterator[str]:
        """The action of the member that the entry names, or of one of the group's."""
        number, profile = self._externs.profile(name)
        chosen = f"sw_member(&p->sw->profiles[{number}], &e->call)"
        yield "const struct sw_call *call = &e->call;"
        if profile.selector is not None:
            selected = self._calculations.call(profile.selector.name)
            yield "if (hit && call->action == SW_GROUP)"
            yield f"    call = sw_choose(&p->sw->profiles[{number}], call, {selected});"
            yield "else if (hit)"
            yield f"    call = {chosen};"
        else:
            yield "if (hit)"
            yield f"    call = {chosen};"

    def _key_values(self, table: Table) -> Iterator[Value]:
        for field in table.key:
            value = self._expressions.exact(field.target)
            mask = field.mask
            if mask is None and value.low < 0:
                mask = (1 << field.width) - 1  # what lies above the sign is no part of the key
            yield value if mask is None else masked(value, mask)

    def _on_hit(self, table: Table, number: int) -> Iterator[str]:
        statements = []
        if table.with_counters:
            statements.append("sw_count(&e->count, p->received);")
        if table.ages:
            statements.append(f"sw_touch(&p->sw->ages[{number}], e->handle, p->now);")
        if table.direct_meter is not None:
            statements.append(self._direct_meter(table.direct_meter))
        if statements:
            yield "if (hit) {"
            yield from (f"    {line}" for line in statements)
            yield "}"

    def _direct_meter(self, name: str) -> str:
        meter = self._externs.direct_meter(name)
        execution = f"sw_meter_execute(e->meter, p->now, {cost(meter)})"
        if meter.result is None:
            return f"(void){execution};"
        return f"{self._layout.field(meter.result)} = {execution};"

    def _actions(self, table: Table, labels: Identifiers) -> Iterator[str]:
        yield "switch (call->action) {"
        for action in self._callable(table):
            yield f"case {action.id}:"
            yield from (f"    {line}" for line in _call(action, "call->args"))
            if table.next_on_hit:
                yield "    break;"
            else:
                own = table.action(action.name) or action
                yield f"    {_goto(labels, table.next_by_action.get(own.id, table.base_next))}"
        yield "}"
        if table.next_on_hit:
            yield "if (hit)"
            yield f"    {_goto(labels, table.hit_next)}"
            yield _goto(labels, table.miss_next)
        else:
            yield _goto(labels, table.base_next)

    def _callable(self, table: Table) -> tuple[Action, ...]:
        if table.profile is None:
            return table.actions
        return self._pipeline.profile_actions(table.profile)

    # -- descriptions --------------------------------------------------------------------------

    def declarations(self) -> Iterator[str]:
        """The C array that describes the tables to the runtime."""
        rows = []
        for number, table in enumerate(self._externs.tables):
            layout = key_layout(table)
            slots = [
                f"{{{slot.first}, {slot.word}, {slot.shift}, {literal(_word_mask(slot.width))}}}"
                for field, slot in zip(table.key, layout.slots, strict=True)
                if field.kind is MatchKind.RANGE
            ]
            ranges = f"ranges_{number}" if slots else "NULL"
            if slots:
                yield f"static const struct sw_range_slot {ranges}[] = {{{', '.join(slots)}}};"
            rows.append(
                f"    {{.key_words = {layout.words}, .arg_words = {_arg_words(table)}, "
                f".max_size = {self._max_size(table)}, .n_ranges = {len(slots)}, "
                f".ranges = {ranges}}}, /* {table.name} */"
            )
        yield "static const struct sw_table_info tables[] = {"
        yield from rows or ["    {0},"]
        yield "};"

    def _max_size(self, table: Table) -> int | str:
        """A member of a value set may be several entries; their number is limited elsewhere."""
        return "UINT32_MAX" if table.name in self._pipeline.value_sets else table.max_size


def _goto(labels: Identifiers, node: str | None) -> str:
    return "goto done;" if node is None else f"goto {labels[node]};"


def _call(action: Action, args: str) -> Iterator[str]:
    yield f"{function_name(action)}(p, {args});"
    if may_exit(action):
        yield "if (p->exited)"
        yield "    goto done;"


def _next(table: Table, action: Action, *, hit: bool) -> str | None:
    if table.next_on_hit:
        return table.hit_next if hit else table.miss_next
    return table.next_by_action.get(action.id, table.base_next)


def _argument_words(action: Action, args: tuple[int, ...]) -> Iterator[int]:
    for parameter, value in zip(action.parameters, args, strict=True):
        yield from split_words(value, parameter.width)


def _word_mask(width: int) -> int:
    return (1 << min(width, WORD_BITS)) - 1


def _arg_words(table: Table) -> int:
    """An entry of a table with an action profile holds the number of a member or group."""
    return most_words(table.actions) if table.profile is None else 1
