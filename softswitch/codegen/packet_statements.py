"""Statements on the packet as a whole: drop, clone, resubmit, truncate, exit."""

from __future__ import annotations

from collections.abc import Iterator

from softswitch.bmv2json.statements import Operand
from softswitch.codegen import operands
from softswitch.codegen.expressions import ExpressionWriter


class PacketStatements:
    """Leaves requests in the packet, which the architecture (runtime/v1model.h) carries out."""

    def __init__(self, expressions: ExpressionWriter) -> None:
        self._expressions = expressions
        self.handlers: dict[str, operands.Handler] = {
            "mark_to_drop": self._mark_to_drop,
            "drop": self._mark_to_drop,
            "exit": self._exit,
            "no_op": self._nothing,
            "truncate": self._truncate,
            "clone_ingress_pkt_to_egress": self._clone,
            "clone_egress_pkt_to_egress": self._clone,
            "resubmit": self._resubmit,
            "recirculate": self._recirculate,
        }

    def _mark_to_drop(self, _metadata: Operand | None = None) -> Iterator[str]:
        yield "set_egress_spec(&p->h, DROP_PORT);"
        yield "set_mcast_grp(&p->h, 0);"

    def _exit(self) -> Iterator[str]:
        yield "p->exited = true;"

    def _nothing(self) -> Iterator[str]:
        yield from ()

    def _truncate(self, length: Operand) -> Iterator[str]:
        bits = self._expressions.low_bits(operands.value(length), 32)
        yield f"p->truncate_to = (uint32_t){bits.text};"

    def _clone(self, session: Operand, field_list: Operand) -> Iterator[str]:
        bits = self._expressions.low_bits(operands.value(session), 15)
        yield f"p->clone_session = {bits.text} & 0x7fff;"
        yield f"p->clone_list = {operands.number(field_list)};"

    def _resubmit(self, field_list: Operand) -> Iterator[str]:
        yield f"p->resubmit_list = {operands.number(field_list)};"

    def _recirculate(self, field_list: Operand) -> Iterator[str]:
        yield f"p->recirculate_list = {operands.number(field_list)};"
