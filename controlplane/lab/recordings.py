"""The folder that a lab's recordings are written to: one file for each life of a router.

Lines go to the file as they come, so a file is complete up to the last input even when the lab is
killed. `mvpn replay` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from controlplane.lab.errors import LabError
from controlplane.router.lives import OpenRecording
from controlplane.router.record import WriteLine


@contextmanager
def recording_to(folder: Path | None) -> Iterator[OpenRecording | None]:
    """What routers are recorded with while the block runs; without a folder they are not."""
    if folder is None:
        yield None
        return
    with _told_in_a_line(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        yield lambda name: _open(folder, name, files)


def _open(folder: Path, name: str, files: ExitStack) -> WriteLine:
    path = folder / f"{name}.jsonl"
    with _told_in_a_line(path):
        # A later life in an earlier run's recording must not be taken for one of this run.
        for old in folder.glob(f"{name}.*.jsonl"):
            old.unlink()
        file = files.enter_context(path.open("wb", buffering=0))

    def write(line: str) -> None:
        with _told_in_a_line(path):
            file.write(line.encode())

    return write


@contextmanager
def _told_in_a_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None
