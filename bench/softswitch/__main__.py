"""All figures of the embedded target, in a network namespace that ends with them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench.softswitch.forwarding import forwarding_figures
from bench.softswitch.links import Links
from bench.softswitch.lookups import lookup_figures
from bench.softswitch.memory import memory_figures
from bench.softswitch.punts import punt_figures
from bench.softswitch.starting import starting_figures
from bench.softswitch.writes import write_figures

INSIDE = "--inside"


def main() -> None:
    """Links stay for all of it; each figure starts its own switches."""
    with tempfile.TemporaryDirectory() as name:
        links = Links(Path(name))
        for figures in (
            starting_figures(links),
            forwarding_figures(links),
            punt_figures(links),
            write_figures(links),
            memory_figures(links),
            lookup_figures(links),
        ):
            for figure in figures:
                print(figure.line(), flush=True)


if __name__ == "__main__":
    if INSIDE not in sys.argv:
        argparse.ArgumentParser(prog="python -m bench.softswitch", description=__doc__).parse_args()
        again = [sys.executable, "-m", "bench.softswitch", INSIDE]
        os.execvp("unshare", ["unshare", "--net", *again])
    main()
