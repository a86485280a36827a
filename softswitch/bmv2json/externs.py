"""Reading counters, meters, registers, calculations, action profiles, checksums, field lists."""

from __future__ import annotations

from collections.abc import Mapping

from softswitch.bmv2json.document import Node
from softswitch.bmv2json.expressions import FieldRef, HeaderRef
from softswitch.bmv2json.model import (
    ActionProfile,
    Calculation,
    Checksum,
    CounterArray,
    FieldList,
    Header,
    LearnList,
    MeterArray,
    MeterUnit,
    RegisterArray,
    SizedConstant,
)
from softswitch.bmv2json.operands import MAX_WIDTH, read_expression, read_plain_field
from softswitch.bmv2json.scope import Scope


def read_counters(root: Node) -> dict[str, CounterArray]:
    """Counter arrays by name; direct ones too."""
    arrays = (_read_counter(node) for node in root.list("counter_arrays"))
    return {array.name: array for array in arrays}


def _read_counter(node: Node) -> CounterArray:
    if node["is_direct"].flag:
        return CounterArray(node["name"].text, 0, node["binding"].text)
    return CounterArray(node["name"].text, node["size"].count, None)


def read_meters(root: Node, scope: Scope) -> dict[str, MeterArray]:
    """Meter arrays by name; direct ones too."""
    arrays = (_read_meter(node, scope) for node in root.list("meter_arrays"))
    return {array.name: array for array in arrays}


def _read_meter(node: Node, scope: Scope) -> MeterArray:
    rates = node["rate_count"]
    if rates.number != 2:
        raise rates.error("only two-rate meters are supported")
    unit = node["type"]
    if unit.text not in {"packets", "bytes"}:
        raise unit.error(f"meters of {unit.text!r} are not supported")
    name = node["name"].text
    if not node["is_direct"].flag:
        return MeterArray(name, node["size"].count, MeterUnit(unit.text), None, None)
    result = node.get("result_target")
    field = None if result is None else read_plain_field(result, scope)
    return MeterArray(name, 0, MeterUnit(unit.text), node["binding"].text, field)


def read_registers(root: Node) -> dict[str, RegisterArray]:
    """Register arrays by name."""
    arrays = (_read_register(node) for node in root.list("register_arrays"))
    return {array.name: array for array in arrays}


def _read_register(node: Node) -> RegisterArray:
    width = node["bitwidth"]
    if not 0 < width.number <= MAX_WIDTH:
        raise width.error(f"register {node['name'].text!r} is {width.number} bits wide")
    return RegisterArray(node["name"].text, node["size"].count, width.number)


def read_calculations(root: Node, scope: Scope) -> dict[str, Calculation]:
    """Hashes and checksums by name."""
    calculations = (_read_calculation(node, scope) for node in root.list("calculations"))
    return {calculation.name: calculation for calculation in calculations}


def _read_calculation(node: Node, scope: Scope) -> Calculation:
    return _read_inputs(node, node["name"].text, scope)


def _read_inputs(node: Node, name: str, scope: Scope) -> Calculation:
    inputs = node.list("input")
    plain = [item for item in inputs if item["type"].text != "payload"]
    return Calculation(
        name=name,
        algorithm=node["algo"].text,
        inputs=tuple(part for item in plain for part in _read_input(item, scope)),
        with_payload=len(plain) < len(inputs),
    )


def _read_input(node: Node, scope: Scope) -> tuple[FieldRef | HeaderRef | SizedConstant, ...]:
    kind = node["type"].text
    match kind:
        case "field":
            return (read_plain_field(node["value"], scope),)
        case "header":
            return _whole(scope.header(node["value"]))
        case "hexstr":
            return (SizedConstant(node["value"].hex, node["bitwidth"].number),)
    raise node.error(f"a calculation over {kind!r} is not supported")


def _whole(header: Header) -> tuple[FieldRef | HeaderRef, ...]:
    """A header, or a struct of metadata, is its fields, as long as their places are fixed."""
    if header.type.varbit is not None:
        return (HeaderRef(header.name),)
    return tuple(FieldRef(header.name, field.name) for field in header.type.fields)


def read_profiles(root: Node, scope: Scope) -> dict[str, ActionProfile]:
    """Action profiles of both controls by name."""
    nodes = (node for control in root.list("pipelines") for node in control.list("action_profiles"))
    profiles = (_read_profile(node, scope) for node in nodes)
    return {profile.name: profile for profile in profiles}


def _read_profile(node: Node, scope: Scope) -> ActionProfile:
    name, selector = node["name"].text, node.get("selector")
    return ActionProfile(
        name=name,
        max_size=node["max_size"].count,
        selector=None if selector is None else _read_inputs(selector, f"{name}.selector", scope),
    )


def read_checksums(
    root: Node, scope: Scope, calculations: Mapping[str, Calculation]
) -> tuple[Checksum, ...]:
    """Checksums in the order of the program."""
    return tuple(_read_checksum(node, scope, calculations) for node in root.list("checksums"))


def _read_checksum(node: Node, scope: Scope, calculations: Mapping[str, Calculation]) -> Checksum:
    calculation = node["calculation"]
    if calculation.text not in calculations:
        raise calculation.error(f"no calculation is named {calculation.text!r}")
    kind = node["type"]
    if kind.text != "generic":
        raise kind.error(f"checksums of type {kind.text!r} are not supported")
    condition, verify, update = node.get("if_cond"), node.get("verify"), node.get("update")
    return Checksum(
        name=node["name"].text,
        target=read_plain_field(node["target"], scope),
        calculation=calculations[calculation.text],
        condition=None if condition is None else read_expression(condition, scope),
        verify=verify is None or verify.flag,
        update=update is None or update.flag,
    )


def read_field_lists(root: Node, scope: Scope) -> dict[int, FieldList]:
    """Lists of preserved metadata, by id."""
    lists = (_read_field_list(node, scope) for node in root.list("field_lists"))
    return {list_.id: list_ for list_ in lists}


def _read_field_list(node: Node, scope: Scope) -> FieldList:
    return FieldList(node["id"].number, _read_elements(node, scope))


def read_learn_lists(root: Node, scope: Scope) -> dict[int, LearnList]:
    """What digests consist of, by id."""
    lists = (_read_learn_list(node, scope) for node in root.list("learn_lists"))
    return {list_.id: list_ for list_ in lists}


def _read_learn_list(node: Node, scope: Scope) -> LearnList:
    return LearnList(node["id"].number, node["name"].text, _read_elements(node, scope))


def _read_elements(node: Node, scope: Scope) -> tuple[FieldRef, ...]:
    return tuple(_read_element(item, scope) for item in node.list("elements"))


def _read_element(node: Node, scope: Scope) -> FieldRef:
    if node["type"].text != "field":
        raise node.error("a list consists of fields")
    return read_plain_field(node["value"], scope)
