"""Generated code and runtime under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from softswitch.build import compiler
from tests.softswitch.engine.conftest import PROGRAMS

ROOT = Path(__file__).parents[3]
PUNTS = ROOT / "tests" / "softswitch" / "p4runtime" / "test_punts.py"
FAULTS = ROOT / "tests" / "softswitch" / "p4runtime" / "test_fault_queue.py"
MVPN = ROOT / "p4src" / "build" / "mvpn.json"
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all -g -O1"


def runtime() -> str | None:
    """The library of the address sanitizer, if the compiler has it."""
    command = [compiler(), "-print-file-name=libasan.so"]
    path = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return path if Path(path).is_absolute() else None


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a process whose pipelines are compiled with sanitizers."""
    library = runtime()
    if library is None:
        pytest.skip(f"{compiler()} has no address sanitizer")
    folder = tmp_path_factory.mktemp("sanitized")
    wrapper = folder / "cc"
    wrapper.write_text(f'#!/bin/sh\nexec {compiler()} "$@" {SANITIZERS}\n')
    wrapper.chmod(0o755)
    # The process itself is Python, which does not free everything.
    return os.environ | {
        "CC": str(wrapper),
        "LD_PRELOAD": library,
        "XDG_CACHE_HOME": str(folder),
        "ASAN_OPTIONS": "detect_leaks=0",
        # Else small frames lie side by side in arenas of Python, where nothing is out of bounds.
        "PYTHONMALLOC": "malloc",
    }


@pytest.mark.parametrize(
    "programs", [[MVPN], sorted(PROGRAMS.glob("*.json"))], ids=["mvpn", "test programs"]
)
@pytest.mark.parametrize("what", ["sanitized", "sanitized_writes"])
def test_no_frame_and_no_write_makes_the_sanitizers_complain(
    what: str, programs: list[Path], environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", f"tests.softswitch.engine.{what}", *map(str, programs)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        program.stem for program in programs
    ]


@pytest.mark.parametrize("tests", [PUNTS, FAULTS], ids=["punted frames", "links with faults"])
def test_the_tests_of_the_runtime_make_the_sanitizers_complain_of_nothing(
    tests: Path, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
