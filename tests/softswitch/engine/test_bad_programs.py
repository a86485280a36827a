"""Programs that are damaged, or that ask for what the target does not have."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from softswitch.bmv2json import read_pipeline
from softswitch.bmv2json.harmless import HARMLESS
from softswitch.codegen.program import generate
from softswitch.errors import PipelineError

PROGRAMS = Path(__file__).parent.parent / "programs"
Document = dict[str, Any]


def document(name: str) -> Document:
    loaded: Document = json.loads((PROGRAMS / f"{name}.json").read_text())
    return loaded


def table(program: Document, name: str) -> Document:
    tables: list[Document] = program["pipelines"][0]["tables"]
    return next(item for item in tables if item["name"].endswith(name))


def compile_to_c(program: Document) -> str:
    return generate(read_pipeline(json.dumps(program)))


def test_a_truncated_file_says_where_it_ends() -> None:
    text = (PROGRAMS / "router.json").read_text()
    with pytest.raises(PipelineError, match=r"^pipeline JSON ends too early: .* at line \d+"):
        read_pipeline(text[: len(text) // 2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pipeline JSON ends too early"),
        ("not json", "pipeline JSON is not JSON"),
        ("[]", "pipeline JSON: expected an object"),
        ("{}", "pipeline JSON: '__meta__' is missing"),
        ('{"__meta__": {"version": [3, 0]}}', "__meta__.version: format version 3 is not 2"),
        ("[" * 100_000, "pipeline JSON is nested too deeply"),
    ],
)
def test_what_is_no_pipeline_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        read_pipeline(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def indirect_table(program: Document) -> None:
    table(program, "exact_match").update(type="indirect_ws", action_profile="nowhere")


def selector_without_a_hash(program: Document) -> None:
    program["pipelines"][0]["action_profiles"] = [{"name": "few", "max_size": 4}]
    table(program, "exact_match").update(type="indirect_ws", action_profile="few")


def default_beside_a_profile(program: Document) -> None:
    program["pipelines"][0]["action_profiles"] = [{"name": "few", "max_size": 4}]
    table(program, "exact_match").update(type="indirect", action_profile="few")


def unknown_table_type(program: Document) -> None:
    table(program, "exact_match")["type"] = "magic"


def digest(program: Document) -> None:
    action = next(a for a in program["actions"] if a["name"] == "IngressControl.answer")
    number = {"type": "hexstr", "value": "0x1"}
    action["primitives"][0].update(op="generate_digest", parameters=[number, number])


def value_set(program: Document) -> None:
    state = program["parsers"][0]["parse_states"][0]
    state["transitions"].insert(0, {"type": "parse_vset", "value": "ports", "next_state": None})


def header_union(program: Document) -> None:
    program["header_union_types"] = [{"name": "either_t", "headers": [["a", "ethernet_t"]]}]
    union = {"name": "either", "id": 0, "union_type": "either_t", "header_ids": [999]}
    program["header_unions"] = [union]


def unknown_statement(program: Document) -> None:
    action = next(a for a in program["actions"] if a["name"] == "IngressControl.answer")
    action["primitives"][0]["op"] = "teleport"


def wide_field(program: Document) -> None:
    program["header_types"][1]["fields"][0] = ["huge", 2056, False]


def missing_action(program: Document) -> None:
    table(program, "exact_match")["action_ids"][0] = 999


def missing_next(program: Document) -> None:
    program["pipelines"][0]["init_table"] = "elsewhere"


def missing_header(program: Document) -> None:
    program["deparsers"][0]["order"] = ["nobody"]


def other_architecture(program: Document) -> None:
    program["pipelines"][0]["name"] = "MainControlImpl"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (indirect_table, r"tables\[\d\].action_profile: no action profile is named 'nowhere'"),
        (
            selector_without_a_hash,
            r"tables\[\d\].type: 'indirect_ws' does not fit the action profile 'few'",
        ),
        (
            default_beside_a_profile,
            r"tables\[\d\]: a table with an action profile cannot have 'default_entry'",
        ),
        (unknown_table_type, r"tables\[\d\].type: tables of type 'magic' are not supported"),
        (digest, r"there is no learn list 1"),
        (value_set, r"transitions\[0\].value: no value set is named 'ports'"),
        (header_union, r"header_unions\[0\]: header_ids does not name a header for each member"),
        (
            unknown_statement,
            "action IngressControl.answer: the statement 'teleport' is not supported",
        ),
        (wide_field, r"field 'huge' is 2056 bits wide, not 1 to 2048"),
        (missing_action, r"tables\[\d\].action_ids\[0\]: no action has the id 999"),
        (missing_next, "no table or condition is named 'elsewhere'"),
        (missing_header, r"deparsers\[0\].order\[0\]: no header is named 'nobody'"),
        (other_architecture, "expected one control named 'ingress', not 0"),
    ],
)
def test_what_the_target_lacks_is_refused_by_name_and_place(
    damage: Callable[[Document], None], message: str
) -> None:
    program = document("matching")
    damage(program)
    with pytest.raises(PipelineError, match=message):
        compile_to_c(program)


def mutate(node: Any, rng: random.Random) -> None:
    """Damage one place of a document: remove it, or put something else there."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = rng.choice(keys)
        child = node[key]
        if isinstance(child, dict | list) and child and rng.random() < 0.9:
            node = child
            continue
        if rng.random() < 0.3:
            del node[key]
        else:
            node[key] = rng.choice([None, 0, -1, 7, 1 << 70, "", "x", "0xff", [], {}, True])
        return


@pytest.mark.parametrize("name", ["matching", "stacks", "options", "externs", "selectors"])
def test_damage_anywhere_is_either_harmless_or_a_pipeline_error(name: str) -> None:
    text = (PROGRAMS / f"{name}.json").read_text()
    rng = random.Random(name)
    for _ in range(250):
        program = json.loads(text)
        mutate(program, rng)
        try:
            compile_to_c(program)
        except PipelineError:
            continue


# -- what the reader does not know -----------------------------------------------------------------

# Together they have every sort of object that p4c writes for these test programs.
MEMBERED = "corners externs learn matching router selectors unions value_sets".split()


def objects(value: object, place: str = "") -> Iterator[tuple[str, Document]]:
    """Every object of a document with its place, in which positions in lists do not count."""
    if isinstance(value, dict):
        yield place, value
        for key, member in value.items():
            yield from objects(member, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item, place)


def passed_over(place: str) -> bool:
    parts = place.split(".")
    ways = (".".join(parts[: end + 1]) for end in range(len(parts)))
    return any(way in HARMLESS for way in ways) or not HARMLESS.keys().isdisjoint(parts)


@pytest.mark.parametrize("name", MEMBERED)
def test_a_member_that_the_reader_does_not_know_is_refused_wherever_it_stands(name: str) -> None:
    program = document(name)
    one_of_each = dict(objects(program))
    assert len(one_of_each) > 20
    for place, item in one_of_each.items():
        if passed_over(place):
            continue
        item["novelty"] = {"op": "teleport"}
        with pytest.raises(PipelineError, match=r"novelty: this target does not know"):
            read_pipeline(json.dumps(program))
        item["novelty"] = None
        read_pipeline(json.dumps(program))


def test_every_place_that_is_passed_over_has_its_reason_and_occurs() -> None:
    places = {place for name in MEMBERED for place, _ in members(document(name))}
    names = {place.rpartition(".")[2] for place in places}
    assert HARMLESS.keys() <= places | names
    assert all(HARMLESS.values())


def members(program: Document) -> Iterator[tuple[str, object]]:
    for place, item in objects(program):
        for key, value in item.items():
            yield f"{place}.{key}" if place else key, value


def constant_function(program: Document) -> None:
    table(program, "exact_match")["default_entry"]["action_const"] = True


def old_checksum(program: Document) -> None:
    program["checksums"][0]["type"] = "ipv4"


def constant_in_a_list(program: Document) -> None:
    program["learn_lists"][0]["elements"][0] = {"type": "hexstr", "value": "0x1"}


def masked_value_set(program: Document) -> None:
    next(item for item in transitions(program) if item["type"] == "parse_vset")["mask"] = "0xff"


def wide_value_set(program: Document) -> None:
    program["parse_vsets"][0]["compressed_bitwidth"] = 99


def other_match(program: Document) -> None:
    entries = next(item["entries"] for item in tables(program) if "entries" in item)
    entries[0]["match_key"][0]["match_type"] = "ternary"


def tables(program: Document) -> list[Document]:
    return [item for pipeline in program["pipelines"] for item in pipeline["tables"]]


def transitions(program: Document) -> Iterator[Document]:
    for state in program["parsers"][0]["parse_states"]:
        yield from state["transitions"]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("matching", constant_function, "default_entry: a constant action with arguments"),
        ("router", old_checksum, "type: checksums of type 'ipv4' are not supported"),
        ("learn", constant_in_a_list, r"elements\[0\]: a list consists of fields"),
        ("value_sets", masked_value_set, "mask: this target does not know what it means"),
        ("value_sets", wide_value_set, "is matched against a key of another width"),
        ("corners", other_match, "match_type: 'value' is matched as 'range'"),
    ],
)
def test_members_whose_value_would_mean_something_else_are_refused(
    name: str, change: Callable[[Document], None], message: str
) -> None:
    program = document(name)
    change(program)
    with pytest.raises(PipelineError, match=message):
        read_pipeline(json.dumps(program))
