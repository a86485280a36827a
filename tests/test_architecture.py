"""Imports point down (docs: `controlplane/__init__.py`), read from the source of every file.

lab, cli
sim, live
router            p4rt
mvpn
rib, fib
protocols
engine
wire
net
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "net": set[str](),
    "wire": {"net"},
    "engine": {"net", "wire"},
    "protocols": {"net", "wire", "engine"},
    "rib": {"net", "wire", "protocols", "engine"},
    "fib": {"net", "protocols", "rib"},
    "mvpn": {"net", "wire", "engine", "protocols", "rib"},
    "router": {"net", "wire", "engine", "protocols", "rib", "fib", "mvpn"},
    "p4rt": {"net", "fib", "engine"},
    "sim": {"net", "wire", "engine", "protocols", "rib", "fib", "mvpn", "router", "p4rt", "lab"},
    "live": {"net", "wire", "engine", "protocols", "rib", "fib", "mvpn", "router", "p4rt", "lab"},
}
"""What each part may import beside itself; `lab` and `cli` stand on top of all.

`sim` and `live` build what `lab` has worked out, so they know `lab.plan` and `lab.world`.
"""

SANS_IO = ("net", "wire", "engine", "protocols", "rib", "fib", "mvpn", "router")
"""The parts that touch no socket, thread, clock or event loop."""

IO_MODULES = {"asyncio", "multiprocessing", "selectors", "socket", "subprocess", "threading"}
CLOCKS = {"datetime", "time"}

CONTRACTS_OF_LAB = {
    "controlplane.lab.plan",
    "controlplane.lab.world",
    "controlplane.lab.errors",
    "controlplane.lab.probes",
}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of the modules that a file imports, wherever in it."""
    return frozenset(_imports(ast.parse(path.read_text())))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written from the root"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """The parts of the control plane that a file imports."""
    names = (name.split(".") for name in imports(path))
    return {name[1] for name in names if name[0] == "controlplane" and len(name) > 1}


def files_of(parts: dict[str, set[str]]) -> list[tuple[str, Path]]:
    return [(part, path) for part in parts for path in sources(f"controlplane/{part}")]


def name_of(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else ""


@pytest.mark.parametrize(("part", "path"), files_of(MAY_IMPORT), ids=name_of)
def test_a_part_imports_only_what_stands_below_it(part: str, path: Path) -> None:
    assert parts_imported(path) <= MAY_IMPORT[part] | {part}


@pytest.mark.parametrize("part", ["sim", "live"])
def test_worlds_know_of_lab_its_contracts_alone(part: str) -> None:
    for path in sources(f"controlplane/{part}"):
        of_lab = {name for name in imports(path) if name.startswith("controlplane.lab")}
        assert all(any(name.startswith(c) for c in CONTRACTS_OF_LAB) for name in of_lab), path


def test_every_part_of_the_control_plane_has_its_place() -> None:
    parts = {path.parent.name for path in (ROOT / "controlplane").glob("*/__init__.py")}
    assert parts == set(MAY_IMPORT) | {"lab", "cli"}


@pytest.mark.parametrize("path", sources("softswitch"), ids=name_of)
def test_the_embedded_target_knows_nothing_of_the_control_plane(path: Path) -> None:
    assert not any(name.split(".")[0] == "controlplane" for name in imports(path))


def sans_io_files() -> list[Path]:
    return [path for part in SANS_IO for path in sources(f"controlplane/{part}")]


@pytest.mark.parametrize("path", sans_io_files(), ids=name_of)
def test_engines_and_what_they_stand_on_do_no_io_and_read_no_clock(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(path)}
    assert not tops & (IO_MODULES | CLOCKS)


@pytest.mark.parametrize("path", sans_io_files(), ids=name_of)
def test_chance_comes_from_a_generator_that_is_given(path: Path) -> None:
    """`random.Random` is a type here; its module-level functions share hidden state."""
    of_random = {name for name in imports(path) if name.split(".")[0] in ("random", "secrets")}
    assert of_random <= {"random", "random.Random"}
    assert not any(
        isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names)
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_only_p4rt_knows_p4runtime_and_only_the_simulator_the_embedded_target() -> None:
    for path in sources("controlplane"):
        part = path.relative_to(ROOT / "controlplane").parts[0]
        tops = {name.split(".")[0] for name in imports(path)}
        assert part == "p4rt" or not tops & {"finsy", "grpc"}, path
        assert part in ("p4rt", "sim", "live") or "softswitch" not in tops, path
