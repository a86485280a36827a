"""Digests as the generated code emits them (codegen/digests.py)."""

from __future__ import annotations

from collections.abc import Mapping

from softswitch.bmv2json.model import LearnList, Pipeline
from softswitch.codegen.digests import HEADER_OCTETS, octets

# Where the switch emits them; ports have nine bits (runtime/switch.h).
DIGEST_PORT = 512

Values = tuple[int, ...]


class DigestDecoder:
    """Octets -> the learn list that they are of, and the values of its fields."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._widths: Mapping[int, list[int]] = {
            number: _widths(pipeline, list_) for number, list_ in pipeline.learn_lists.items()
        }

    def decode(self, message: bytes) -> tuple[int, Values] | None:
        """None for what is no digest: a copy that a controller lets go to that port."""
        number = int.from_bytes(message[:HEADER_OCTETS], "big")
        widths = self._widths.get(number)
        if widths is None or len(message) != HEADER_OCTETS + sum(map(octets, widths)):
            return None
        values, at = [], HEADER_OCTETS
        for width in widths:
            values.append(int.from_bytes(message[at : at + octets(width)], "big"))
            at += octets(width)
        return number, tuple(values)


def _widths(pipeline: Pipeline, list_: LearnList) -> list[int]:
    types = ((pipeline.headers[ref.header].type, ref.field) for ref in list_.fields)
    return [type_.by_name[field].width for type_, field in types]
