"""Actions as C functions of the packet and the words of their arguments.

p4c flattens the conditionals and loops inside an action to jumps between primitives; they become
gotos.
"""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.expressions import Constant
from softswitch.bmv2json.model import Action
from softswitch.bmv2json.statements import Primitive
from softswitch.codegen.calculations import CalculationWriter
from softswitch.codegen.externs import ExternNumbers
from softswitch.codegen.layout import Layout
from softswitch.codegen.statements import StatementWriter
from softswitch.errors import PipelineError

JUMP, JUMP_IF_ZERO = "_jump", "_jump_if_zero"

# A loop that does not end ends its packet; BMv2 would wait for it.
MAX_LOOPS = 1 << 20
LOOP = (f"if (++loops > {MAX_LOOPS}) {{", "    sw_fail(p, SW_PASSES_EXCEEDED);", "    return;", "}")


class ActionWriter:
    """Writes the program's actions."""

    def __init__(
        self, layout: Layout, calculations: CalculationWriter, externs: ExternNumbers
    ) -> None:
        self._layout = layout
        self._calculations = calculations
        self._externs = externs

    def functions(self) -> Iterator[str]:
        for action in self._layout.pipeline.actions.values():
            try:
                yield from self._function(action)
            except PipelineError as error:
                raise PipelineError(f"action {action.name}: {error}") from None

    def _function(self, action: Action) -> Iterator[str]:
        writer = StatementWriter(self._layout, self._calculations, self._externs, action.parameters)
        targets = set(_targets(action))
        yield f"/* {action.name} */"
        yield f"static void {function_name(action)}(struct packet *p, const uint64_t *a)"
        yield "{"
        yield "    (void)p, (void)a;"
        yield "    __attribute__((unused)) uint32_t loops = 0;"
        for position, primitive in enumerate(action.primitives):
            if position in targets:
                yield f"to_{position}:;"
            yield "    {"
            if _leads_back(position, primitive):
                yield from (f"        {line}" for line in LOOP)
            yield from (f"        {line}" for line in _statement(writer, primitive))
            yield "    }"
        yield from (f"to_{end}:;" for end in targets if end >= len(action.primitives))
        yield "}"


def function_name(action: Action) -> str:
    """The C name of an action; ids are unique where names are not."""
    return f"action_{action.id}"


def may_exit(action: Action) -> bool:
    """True when the action can end the control: by an `exit`, or when it has to be stopped."""
    return any(
        primitive.op in ("exit", "assert", "assume") or _leads_back(position, primitive)
        for position, primitive in enumerate(action.primitives)
    )


def _leads_back(position: int, primitive: Primitive) -> bool:
    return primitive.op in (JUMP, JUMP_IF_ZERO) and _target(primitive) <= position


def _targets(action: Action) -> Iterator[int]:
    for primitive in action.primitives:
        if primitive.op in (JUMP, JUMP_IF_ZERO):
            yield _target(primitive)


def _target(primitive: Primitive) -> int:
    offset = primitive.parameters[-1]
    if not isinstance(offset, Constant):
        raise PipelineError(f"{primitive.op} needs a constant offset")
    return offset.value


def _statement(writer: StatementWriter, primitive: Primitive) -> Iterator[str]:
    match primitive.op:
        case "_jump":
            yield f"goto to_{_target(primitive)};"
        case "_jump_if_zero":
            condition = primitive.parameters[0]
            yield f"if (!{writer.condition(condition)})"
            yield f"    goto to_{_target(primitive)};"
        case _:
            yield from writer.write(primitive)
