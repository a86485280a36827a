"""The C compiler, its cache, and the code that it gets."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from softswitch import build
from softswitch.bmv2json import Pipeline
from softswitch.codegen.program import generate
from softswitch.errors import BuildError

PROGRAMS = sorted(path.stem for path in (Path(__file__).parent.parent / "programs").glob("*.p4"))
STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{build.RUNTIME}"]


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mvpn-softswitch"


@pytest.fixture
def fresh_compiler() -> Iterator[Callable[[], None]]:
    """Forgets which compiler was found."""
    yield build.compiler.cache_clear
    build.compiler.cache_clear()


@pytest.mark.parametrize("name", PROGRAMS)
def test_generated_code_compiles_without_a_warning(
    name: str, pipeline: Callable[[str], Pipeline], tmp_path: Path
) -> None:
    source = tmp_path / "program.c"
    source.write_text(generate(pipeline(name)))
    subprocess.run([build.compiler(), *STRICT, str(source)], check=True)


def test_the_same_program_generates_the_same_code(pipeline: Callable[[str], Pipeline]) -> None:
    assert generate(pipeline("router")) == generate(pipeline("router"))


def test_a_library_is_built_once(
    empty_cache: Path, pipeline: Callable[[str], Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = generate(pipeline("replicate"))
    library = build.build_library(source)
    monkeypatch.setattr(build, "_run", lambda *_: pytest.fail("compiled again"))
    assert build.build_library(source) == library


def test_the_runtime_is_compiled_once_for_all_programs(
    empty_cache: Path, pipeline: Callable[[str], Pipeline]
) -> None:
    build.build_library(generate(pipeline("replicate")))
    before = set(empty_cache.glob("*.o"))
    build.build_library(generate(pipeline("around")))
    assert len(set(empty_cache.glob("*.o")) - before) == 1


def test_simultaneous_builds_of_one_program_share_the_work(
    empty_cache: Path, pipeline: Callable[[str], Pipeline]
) -> None:
    source = generate(pipeline("replicate"))
    with ThreadPoolExecutor(4) as pool:
        libraries = set(pool.map(build.build_library, [source] * 4))
    assert len(libraries) == 1
    assert list(empty_cache.glob("*.partial")) == []


@pytest.mark.parametrize("suffix", ["so", "o", "so.sha256"])
@pytest.mark.parametrize("damage", [b"", b"\xff junk"], ids=["emptied", "overwritten"])
def test_what_is_damaged_in_the_cache_is_built_again(
    empty_cache: Path, pipeline: Callable[[str], Pipeline], suffix: str, damage: bytes
) -> None:
    source = generate(pipeline("replicate"))
    library = build.build_library(source)
    sound = library.read_bytes()
    for path in empty_cache.glob(f"*.{suffix}"):
        path.write_bytes(damage)
    if suffix == "o":
        library.unlink()
    assert build.build_library(source) == library
    assert library.read_bytes() == sound


def test_without_a_compiler_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, fresh_compiler: Callable[[], None]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    fresh_compiler()
    with pytest.raises(BuildError, match=r"no C compiler found \(cc, gcc, clang\): install gcc"):
        build.compiler()


def test_the_compilers_first_complaint_is_passed_on(empty_cache: Path) -> None:
    with pytest.raises(BuildError, match=r"cannot compile the pipeline: .*utter"):
        build.build_library("utter nonsense;")


def test_an_unusable_cache_directory_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BuildError, match=r"cannot use the cache directory .*: set XDG_CACHE_HOME"):
        build.build_library("")


def test_a_full_disk_is_named(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build, "_build", fail)
    with pytest.raises(BuildError, match=rf"{empty_cache} \(No space left on device\)"):
        build.build_library("int answer;")
