"""`mvpn replay FILE`: a recorded router does it all again, and each step is told in words."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from controlplane.cli.main import BAD_USAGE, FAILED
from controlplane.fib.model import Fib
from controlplane.router.events import FibChanged
from controlplane.router.record import Recorded, RecordError
from controlplane.router.replay import Replay, StepFailed
from controlplane.router.step_words import output_words, step_words


def add_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    replay = nouns.add_parser(
        "replay",
        help="do again what a recorded router did",
        description="FILE is of `mvpn lab check --record` or `mvpn lab up --record`.",
    )
    replay.add_argument("file", type=Path, metavar="FILE")
    replay.set_defaults(run=_replay)


def _replay(options: argparse.Namespace) -> int:
    try:
        # What is not even text is refused by its line, like any other damage.
        lines = options.file.open(encoding="utf-8", errors="replace")
    except OSError as error:
        return _refuse(options.file, error.strerror)
    with lines:
        try:
            return _tell(Replay(lines))
        except RecordError as error:
            return _refuse(options.file, error)


def _refuse(file: Path, why: object) -> int:
    print(f"{file}: {why}", file=sys.stderr)
    return BAD_USAGE


def _tell(replay: Replay) -> int:
    """Print what happens; a failure of the router whole, since it is what people replay for."""
    try:
        for line in _told(replay):
            print(line)
    except StepFailed as failed:
        print(_heading(replay, failed.recorded))
        traceback.print_exception(failed.__cause__, file=sys.stdout)
        return FAILED
    return 0


def _told(replay: Replay) -> Iterator[str]:
    """Each step with its time, and indented below it what the router put out."""
    before = Fib()
    for recorded, outputs in replay:
        yield _heading(replay, recorded)
        for output in outputs:
            for words in output_words(replay.router, output, before):
                yield f"{'':14}{words}"
            if isinstance(output, FibChanged):
                before = output.fib


def _heading(replay: Replay, recorded: Recorded) -> str:
    return f"{recorded.at:10.3f} s  {step_words(replay.router, recorded.step)}"
