"""From the text of a BMv2 JSON file to a `Pipeline`.

Everything that the target lacks is refused here, by name, before any code is generated; what
passes is complete and consistent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from softswitch.bmv2json.actions import read_actions, read_primitives
from softswitch.bmv2json.controls import read_control
from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import FieldRef
from softswitch.bmv2json.externs import (
    read_calculations,
    read_checksums,
    read_counters,
    read_field_lists,
    read_learn_lists,
    read_meters,
    read_profiles,
    read_registers,
)
from softswitch.bmv2json.harmless import refuse_unknown
from softswitch.bmv2json.headers import read_header_types, read_headers, read_stacks
from softswitch.bmv2json.model import HeaderType, Pipeline
from softswitch.bmv2json.operands import read_plain_field
from softswitch.bmv2json.parsers import read_parser
from softswitch.bmv2json.scope import Scope
from softswitch.bmv2json.unions import read_union_stacks, read_unions
from softswitch.bmv2json.value_sets import read_value_sets
from softswitch.errors import PipelineError

FORMAT_VERSION = 2

UNSUPPORTED = {
    "extern_instances": "externs outside v1model are",
}


def read_pipeline(text: str) -> Pipeline:
    """Read a program; `PipelineError` says what is wrong with it and where."""
    root = Node(_parse(text))
    pipeline = _read_pipeline(root)
    refuse_unknown(root)
    return pipeline


def _read_pipeline(root: Node) -> Pipeline:
    _check_version(root)
    _refuse_unsupported(root)
    types = read_header_types(root)
    scope = _read_scope(root, types)
    actions = read_actions(root, scope)
    calculations = read_calculations(root, scope)
    profiles = read_profiles(root, scope)
    parser, deparser = read_parser(root, scope), _deparser(root)
    return Pipeline(
        header_types=types,
        headers=scope.headers,
        stacks=scope.stacks,
        unions=scope.unions,
        union_stacks=scope.union_stacks,
        field_lists=read_field_lists(root, scope),
        learn_lists=read_learn_lists(root, scope),
        errors=_read_errors(root),
        parser=parser,
        value_sets=read_value_sets(root, scope, parser),
        deparser=tuple(scope.header(item).name for item in deparser.list("order")),
        deparser_statements=read_primitives(deparser, scope),
        counters=read_counters(root),
        meters=read_meters(root, scope),
        registers=read_registers(root),
        calculations=calculations,
        profiles=profiles,
        checksums=read_checksums(root, scope, calculations),
        actions=actions,
        ingress=read_control(root, "ingress", scope, actions, profiles),
        egress=read_control(root, "egress", scope, actions, profiles),
        aliases=_read_aliases(root, scope),
    )


def _read_scope(root: Node, types: Mapping[str, HeaderType]) -> Scope:
    unions = read_unions(root)
    headers, stacks = read_headers(root, types), read_stacks(root, types)
    return Scope(headers, stacks, unions, read_union_stacks(root, unions))


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        early = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        what = "ends too early" if early else "is not JSON"
        raise PipelineError(
            f"pipeline JSON {what}: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise PipelineError("pipeline JSON is nested too deeply") from None


def _check_version(root: Node) -> None:
    version = root["__meta__"]["version"]
    major, _ = version.pair()
    if major.number != FORMAT_VERSION:
        raise version.error(f"format version {major.number} is not {FORMAT_VERSION}")


def _refuse_unsupported(root: Node) -> None:
    for section, what in UNSUPPORTED.items():
        items = root.list(section)
        if items:
            raise items[0].error(f"{what} not supported ({items[0]['name'].text})")


def _read_errors(root: Node) -> dict[str, int]:
    pairs = (node.pair() for node in root.list("errors"))
    return {name.text: value.number for name, value in pairs}


def _deparser(root: Node) -> Node:
    deparsers = root.list("deparsers")
    if len(deparsers) != 1:
        raise root["deparsers"].error(f"expected one deparser, not {len(deparsers)}")
    return deparsers[0]


def _read_aliases(root: Node, scope: Scope) -> dict[str, FieldRef]:
    pairs = (node.pair() for node in root.list("field_aliases"))
    return {name.text: read_plain_field(field, scope) for name, field in pairs}
