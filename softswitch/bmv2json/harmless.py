"""What of the JSON is passed over, and why; nothing else is.

The reader asks for the members that it knows. A member that it has not asked for is one of these,
which mean nothing to packets, or it is something that this target does not have: then the program
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from softswitch.bmv2json.document import Node

INDEX = re.compile(r"\[\d+\]")

# By the name of the member, or by its place.
HARMLESS: Mapping[str, str] = {
    "id": "numbers what is found by its name, or by its position",
    "name": "tells people what is found by its number, or is the only one of its kind",
    "source_info": "tells people where in the program something comes from",
    "pi_omit": "tells P4Runtime's library what not to show",
    "program": "tells people what was compiled",
    "__meta__.compiler": "tells people what has compiled it",
    "actions.primitives.source_info.column": "the line is told",
    "deparsers.primitives.source_info.column": "the line is told",
    "enums": "where the program uses a constant, p4c writes its number",
    "force_arith": "BMv2 stores fields otherwise that it computes with",
    "header_stacks.size": "the headers are listed",
    "header_union_stacks.size": "the unions are listed",
    "header_union_stacks.union_type": "each union has its type",
    "meter_arrays.size": "a direct meter has as many cells as its table entries",
    "pipelines.tables.actions": "names the actions whose ids are listed",
}


def refuse_unknown(root: Node) -> None:
    """Refuse a document with members that were not asked for, when it has been read."""
    for node in root.unasked():
        place = INDEX.sub("", node.path)
        if place not in HARMLESS and place.rpartition(".")[2] not in HARMLESS:
            raise node.error("this target does not know what it means")
