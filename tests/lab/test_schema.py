"""The JSON Schema in docs/ is that of the models, and takes what they take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.lab.file.source import read_source
from controlplane.lab.schema import json_schema

FILE = Path(__file__).parents[2] / "docs" / "lab.schema.json"


def test_the_file_is_up_to_date() -> None:
    assert json.loads(FILE.read_text()) == json_schema(), (
        "run: mvpn lab schema > docs/lab.schema.json"
    )


def test_it_accepts_the_demo_lab_and_refuses_an_unknown_key(demo_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    value = read_source(demo_path).value
    validator = jsonschema.Draft202012Validator(json_schema())
    assert list(validator.iter_errors(value)) == []
    assert isinstance(value, dict)
    assert list(validator.iter_errors(value | {"colour": "red"})) != []
