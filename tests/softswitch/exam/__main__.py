"""python -m tests.softswitch.exam CHECKOUT: p4c's packet tests, played on the embedded switch."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.softswitch.bmv2 import Bmv2
from tests.softswitch.exam.compile import missing, programs
from tests.softswitch.exam.exam import Outcome, Result, sit
from tests.softswitch.exam.targets import Embedded, Original


def main() -> int:
    """0 if whatever p4c compiles passes, or passes as on BMv2 if that sits the exam, too."""
    options = _options()
    reason = missing()
    if reason is not None:
        sys.exit(reason)
    sources = [path for path in programs(options.checkout) if options.only in path.stem]
    with _folder(options.compiled) as into, TemporaryDirectory() as sockets:
        ours = {path.stem: _ours(path, into) for path in sources}
        theirs = _theirs(sources, into, Path(sockets)) if options.bmv2 else {}
    _report(ours, theirs)
    behind = {name for name, result in theirs.items() if result.outcome is Outcome.PASSED}
    failed = {name for name, result in ours.items() if result.outcome is not Outcome.PASSED}
    return 1 if (failed & behind if theirs else failed) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.softswitch.exam", description=__doc__)
    parser.add_argument("checkout", type=Path, help="a checkout of p4lang/p4c")
    parser.add_argument("--only", default="", help="the programs with this in their names")
    parser.add_argument("--compiled", type=Path, help="keep what p4c makes in this folder")
    parser.add_argument("--bmv2", action="store_true", help="let simple_switch_grpc sit it, too")
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with TemporaryDirectory() as name:
        yield Path(name)


def _ours(source: Path, into: Path) -> Result:
    target = Embedded()
    try:
        return sit(source, into, target)
    finally:
        target.close()


def _theirs(sources: Sequence[Path], into: Path, sockets: Path) -> dict[str, Result]:
    """A BMv2 for each program: one that a program has crashed takes no other with it."""
    results = {}
    for source in sources:
        bmv2 = Bmv2(sockets)
        try:
            results[source.stem] = sit(source, into, Original(bmv2))
        finally:
            bmv2.close()
    return results


def _report(ours: dict[str, Result], theirs: dict[str, Result]) -> None:
    for name, result in ours.items():
        bmv2 = f"{theirs[name].outcome.value:<13}" if theirs else ""
        if theirs or result.outcome is not Outcome.PASSED:
            print(f"{name:<44} {result.outcome.value:<13}{bmv2}{result.reason}")
    for title, results in (("embedded", ours), ("BMv2", theirs)):
        counts = Counter(result.outcome.value for result in results.values())
        if counts:
            told = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
            print(f"{title}: {told}, of {len(results)}")


if __name__ == "__main__":
    sys.exit(main())
