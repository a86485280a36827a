"""Compile the P4 program for BMv2 and note what it was compiled from.

    python p4src/build.py

needs `p4c-bm2-ss` on PATH and writes `build/`: the JSON that a target loads, the P4Info that a
controller reads, and the SHA-256 of the sources and of both, in the form of sha256sum. All of it is
committed, so that nobody needs the compiler who does not change the program. Its one warning, that
BMv2 has no default actions beside action selectors, concerns a NoAction of its own.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
JSON = "mvpn.json"
P4INFO = "mvpn.p4info.txtpb"
SUMS = "sources.sha256"


def compile_to(folder: Path) -> None:
    """Run the compiler; relative paths keep the machine's own out of what it writes."""
    subprocess.run(
        [
            "p4c-bm2-ss",
            "--std",
            "p4-16",
            # The parser is handed headers of which it reads only some; p4c calls the rest unset.
            "--Wdisable=uninitialized-use",
            "--p4runtime-files",
            str(folder / P4INFO),
            "-o",
            str(folder / JSON),
            "v1model/main.p4",
        ],
        cwd=ROOT,
        check=True,
    )


def sums() -> str:
    """One line for each source and for each result, as sha256sum prints them."""
    files = [*sorted(ROOT.glob("*/*.p4")), ROOT / "build" / JSON, ROOT / "build" / P4INFO]
    return "".join(f"{_sha256(file)}  {file.relative_to(ROOT).as_posix()}\n" for file in files)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> int:
    try:
        compile_to(ROOT / "build")
    except FileNotFoundError:
        print("p4c-bm2-ss is not on PATH", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    (ROOT / "build" / SUMS).write_text(sums())
    return 0


if __name__ == "__main__":
    sys.exit(main())
