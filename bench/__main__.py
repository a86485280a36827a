"""`python -m bench`: all figures, each with what it should be."""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Iterator

from bench.bfd import bfd_figures
from bench.bgp import bgp_figures
from bench.bgp_codec import bgp_codec_figures
from bench.bgp_frr import frr_figures
from bench.core import core_figures, failure_figures
from bench.fib import fib_figures
from bench.figure import Figure
from bench.labs import lab_figures
from bench.mvpns import mvpn_figures
from bench.ospf import ospf_figures
from bench.pim import pim_figures
from bench.pim_frr import pim_frr_figures
from bench.reflectors import reflector_figures
from bench.vpn import death_figures, vpn_figures
from bench.vpn_paths import pe_death_figures
from controlplane.lab.garbage import collect_rarely
from controlplane.lab.live_world import missing_rights

SIMULATED, LIVE = "sim", "softswitch"


def figures() -> Iterator[Figure]:
    yield from lab_figures(SIMULATED)
    yield from fib_figures()
    yield from pim_figures()
    yield from pe_death_figures(10_000)
    yield from pe_death_figures(100_000)
    yield from bfd_figures()
    yield from ospf_figures()
    yield from bgp_codec_figures()
    yield from bgp_figures()
    yield from vpn_figures()
    yield from death_figures()
    yield from reflector_figures()
    yield from core_figures()
    yield from mvpn_figures()
    if (reason := missing_rights()) is not None:
        print(f"no figures of live labs: {reason}", file=sys.stderr)
        return
    yield from frr_figures()
    yield from pim_frr_figures()
    yield from lab_figures(LIVE)
    yield from failure_figures(LIVE)


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench", description=__doc__).parse_args()
    collect_rarely()
    for figure in figures():
        print(figure.line(), flush=True)
        gc.collect()  # what one figure leaves behind is not the next one's to carry
    if missing_rights() is None:
        command = [sys.executable, "-m", "bench.softswitch"]
        return subprocess.run(command, check=False).returncode
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
