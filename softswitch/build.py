"""Compiling a generated program with the system's C compiler.

Every object file and library is kept in a cache under a hash of all that went into it, so a
program is compiled once on a machine and the runtime once for all programs. Processes that need
the same library at the same time wait for the one that builds it. Beside each file is its checksum:
what a full disk or a crash has damaged is made again, since loading it could kill the process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import get_native_id

from softswitch.errors import BuildError

RUNTIME = Path(__file__).parent / "runtime"
IO_UNITS = (
    "fault.c",
    "io.c",
    "links.c",
    "offload.c",
    "packet_in.c",
    "punts.c",
    "receive.c",
    "transmit.c",
)
COMPILERS = ("cc", "gcc", "clang")
# Signed arithmetic wraps: codegen/arithmetic.py relies on it.
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-fwrapv", "-pthread")
# Several programs live in one process: each library uses its own symbols, whatever else is loaded.
LINK_FLAGS = ("-shared", "-Wl,-Bsymbolic", "-Wl,-z,defs")


def build_library(source: str) -> Path:
    """The shared library of a generated program, compiled unless the cache has it."""
    return _library(_runtime(lambda name: name not in IO_UNITS) | {"program.c": source})


def build_io_library() -> Path:
    """The shared library of the packet loop, which is the same for all programs."""
    return _library(_runtime(lambda name: name in IO_UNITS))


def _runtime(wanted: Callable[[str], bool]) -> dict[str, str]:
    paths = (path for path in sorted(RUNTIME.glob("*.c")) if wanted(path.name))
    return {path.name: path.read_text() for path in paths}


def _library(units: dict[str, str]) -> Path:
    directory = _cache_directory()
    keys = {name: _key(text) for name, text in units.items()}
    library = directory / f"{_digest(*sorted(keys.values()))}.so"
    if not _sound(library):
        with _usable(directory), _only_one(library.with_suffix(".lock")):
            if not _sound(library):
                _build(directory, units, keys, library)
    return library


def _build(directory: Path, units: dict[str, str], keys: dict[str, str], library: Path) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = pool.map(
            lambda name: _compile(directory / keys[name], units[name]), sorted(units)
        )
        inputs = [str(path) for path in objects]
    _run([compiler(), *FLAGS, *LINK_FLAGS], inputs, library)


def _compile(stem: Path, source: str) -> Path:
    target = stem.with_suffix(".o")
    if not _sound(target):
        text = stem.with_suffix(".c")
        _write(text, source)
        _run([compiler(), *FLAGS, f"-I{RUNTIME}", "-c"], [str(text)], target)
    return target


def _run(command: Sequence[str], inputs: Sequence[str], output: Path) -> None:
    partial = _partial(output)
    done = subprocess.run(
        [*command, "-o", str(partial), *inputs], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr)
        raise BuildError(f"{command[0]} cannot compile the pipeline: {first.strip()}")
    _write(_checksum(output), _content_digest(partial))
    partial.replace(output)


def _write(path: Path, text: str) -> None:
    partial = _partial(path)
    partial.write_text(text)
    partial.replace(path)


def _sound(path: Path) -> bool:
    """Whether a file is there, and is what the compiler wrote."""
    try:
        return _checksum(path).read_text() == _content_digest(path)
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def _checksum(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _content_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _partial(path: Path) -> Path:
    """What is written under this name first: whoever sees the file itself sees all of it.

    Units are shared by libraries that others build at the same time.
    """
    return path.with_name(f"{path.name}.{os.getpid()}-{get_native_id()}.partial")


@cache
def compiler() -> str:
    """The path of the C compiler: $CC, or the first of the usual names."""
    candidates = (os.environ["CC"],) if os.environ.get("CC") else COMPILERS
    for name in candidates:
        path = shutil.which(name)
        if path is not None:
            return path
    raise BuildError(f"no C compiler found ({', '.join(candidates)}): install gcc, or set CC")


@cache
def _environment_key() -> str:
    """What all objects depend on: the compiler, its flags, the runtime's headers."""
    version = subprocess.run(
        [compiler(), "--version"], capture_output=True, text=True, check=False
    ).stdout
    headers = [path.read_text() for path in sorted(RUNTIME.glob("*.h"))]
    return _digest(compiler(), version, *FLAGS, *LINK_FLAGS, *headers)


def _key(source: str) -> str:
    return _digest(_environment_key(), source)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _cache_directory() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    directory = Path(root) / "mvpn-softswitch"
    with _usable(directory):
        directory.mkdir(parents=True, exist_ok=True)
        if not os.access(directory, os.W_OK):
            raise PermissionError(13, "not writable")
    return directory


@contextmanager
def _usable(directory: Path) -> Iterator[None]:
    """BuildError when what is done in the cache directory fails."""
    try:
        yield
    except OSError as error:
        raise BuildError(
            f"cannot use the cache directory {directory} ({error.strerror}): set XDG_CACHE_HOME"
        ) from None


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
