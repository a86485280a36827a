"""YAML as lab files read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.lab.errors import BadLabFile
from controlplane.lab.file.source import Source, read_source


def source_of(folder: Path, text: str | bytes) -> Source:
    path = folder / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_source(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("65000:1", "65000:1"),  # base 60 in YAML 1.1
        ("12:30:45", "12:30:45"),
        ("010", 10),  # octal in YAML 1.1
        ("0x10", 16),
        ("1_000", "1_000"),
        ("no", "no"),  # false in YAML 1.1
        ("on", "on"),
        ("true", True),
        ("2000", 2000),
        ("0.3", 0.3),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("232.1.1.1", "232.1.1.1"),
        ("2026-01-01", "2026-01-01"),
        ("'5'", "5"),
        ("", None),
        ("~", None),
        ("9" * 5000, "9" * 5000),  # no number that Python refuses to convert
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    assert source_of(tmp_path, f"key: {text}\n").value == {"key": value}


def test_keys_are_text(tmp_path: Path) -> None:
    assert source_of(tmp_path, "1: a\ntrue: b\n").value == {"1": "a", "true": "b"}


def test_a_field_has_the_line_of_its_key(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a:\n  b:\n    - x\n    - c: 1\n      d: 2\n")
    assert source.line(("a", "b")) == 2
    assert source.line(("a", "b", 1, "d")) == 5


def test_a_missing_field_has_the_line_of_what_it_is_missing_in(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a:\n  b: 1\n")
    assert source.line(("a", "nothing")) == 1
    assert source.line(("a", "b", 7)) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "x.yaml:1: a: given twice, again in line 3"),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            "x.yaml:3: c.<<: there are no merge keys: write the keys out",
        ),
        ("a: [1\n", "x.yaml:2: not YAML: while parsing a flow sequence"),
        ("a: b: c\n", "x.yaml:1: not YAML: mapping values are not allowed here"),
        ("", "x.yaml:1: the file is empty"),
        ("a: &x [*x]\n", "x.yaml:1: a[0][0]: nested too deeply"),
        ("[" * 3000, "x.yaml:1: nested too deeply"),
        (b"a: \xff\n", "x.yaml: not UTF-8 text (octet 3)"),
        ("a: \x07\n", "x.yaml:1: not YAML: unacceptable character #x0007"),
    ],
)
def test_what_is_no_yaml_is_refused_in_a_line(tmp_path: Path, text: str | bytes, line: str) -> None:
    with pytest.raises(BadLabFile) as error:
        source_of(tmp_path, text)
    assert error.value.lines[0].startswith(line)


def test_a_missing_file_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(BadLabFile, match=r"nothing\.yaml: No such file or directory"):
        read_source(tmp_path / "nothing.yaml")


def test_a_folder_is_no_lab_file(tmp_path: Path) -> None:
    with pytest.raises(BadLabFile, match="Is a directory"):
        read_source(tmp_path)
