"""p4c's programs for v1model that have a packet test, compiled.

They are p4c's own: `testdata/p4_16_samples` of a checkout. Those for the architectures PSA and PNA
are no part of the exam.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from finsy.proto import p4i
from google.protobuf import text_format

P4C = "p4c-bm2-ss"
SAMPLES = Path("testdata", "p4_16_samples")
OTHERS = re.compile(r"^#include.*\b(psa|pna)\.p4", re.MULTILINE)


class CompileError(Exception):
    """What p4c says of a program that it does not compile."""


def programs(checkout: Path) -> list[Path]:
    """The sources with a packet test, by name."""
    sources = (test.with_suffix(".p4") for test in (checkout / SAMPLES).glob("*-bmv2.stf"))
    return sorted(source for source in sources if not OTHERS.search(source.read_text()))


def compile_program(source: Path, into: Path) -> tuple[p4i.P4Info, bytes]:
    """P4Info and BMv2 JSON; taken from the folder if they are there already."""
    compiled, info = into / f"{source.stem}.json", into / f"{source.stem}.txtpb"
    if not compiled.exists():
        run = subprocess.run(
            [P4C, "--std", "p4-16", "--p4runtime-files", info, "-o", compiled, source],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            compiled.unlink(missing_ok=True)
            raise CompileError(next((x for x in run.stderr.splitlines() if "error" in x), "failed"))
    return text_format.Parse(info.read_text(), p4i.P4Info()), compiled.read_bytes()


def missing() -> str | None:
    """Why nothing can be compiled here."""
    return None if shutil.which(P4C) else f"{P4C} is not on PATH"
