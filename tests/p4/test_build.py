"""What is committed as built is built from what is committed as source."""

from __future__ import annotations

import importlib.util
import re
import shutil
from enum import IntEnum
from pathlib import Path
from types import ModuleType

import pytest

from controlplane.fib.model import REGISTERS
from controlplane.net.punt import PuntReason
from controlplane.p4rt import names
from controlplane.p4rt.drops import DropReason

P4SRC = Path(__file__).resolve().parents[2] / "p4src"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("p4src_build", P4SRC / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_hashes_are_those_of_the_sources_and_of_what_was_built(build: ModuleType) -> None:
    assert (P4SRC / "build" / build.SUMS).read_text() == build.sums(), "run p4src/build.py"


def test_the_compiler_makes_the_same_again(build: ModuleType, tmp_path: Path) -> None:
    if shutil.which("p4c-bm2-ss") is None:
        pytest.skip("p4c-bm2-ss is not on PATH")
    build.compile_to(tmp_path)
    for name in (build.JSON, build.P4INFO):
        assert (tmp_path / name).read_bytes() == (P4SRC / "build" / name).read_bytes()


@pytest.mark.parametrize(
    ("enum", "reasons"), [("PuntReason", PuntReason), ("DropReason", DropReason)]
)
def test_both_planes_number_reasons_alike(enum: str, reasons: type[IntEnum]) -> None:
    body = re.search(rf"enum bit<8> {enum} \{{(.*?)\n\}}", types(), re.DOTALL)
    assert body is not None
    numbers = {name: int(value) for name, value in re.findall(r"(\w+)\s*= (\d+)", body[1])}
    assert numbers == {"NONE": 0} | {reason.name: reason.value for reason in reasons}


@pytest.mark.parametrize("name", ["CPU_PORT", "CPU_CLONE_SESSION"])
def test_both_planes_know_the_same_cpu(name: str) -> None:
    value = re.search(rf"\b{name} = (\d+);", types())
    assert value is not None and int(value[1]) == getattr(names, name)


def test_registers_come_in_on_the_same_interface_in_both_planes() -> None:
    value = re.search(r"\bREGISTERS = (0x\w+);", types())
    assert value is not None and int(value[1], 16) == REGISTERS


def test_both_planes_number_packet_outs_alike() -> None:
    forms = dict(re.findall(r"(PORT|SUBMIT)\s+= (\d)", types()))
    assert forms == {"PORT": str(names.FORM_PORT), "SUBMIT": str(names.FORM_SUBMIT)}


def types() -> str:
    return (P4SRC / "include" / "types.p4").read_text()
