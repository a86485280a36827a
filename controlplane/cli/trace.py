"""`mvpn trace ROUTER VRF GOAL`: the table entries, labels and copies that a packet would meet."""

from __future__ import annotations

import argparse

from controlplane.cli.show import only_lab
from controlplane.lab.control import ask_trace


def add_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    trace = nouns.add_parser(
        "trace",
        help="follow a packet through the tables of a running lab",
        description="Follow a packet that is at ROUTER in VRF, hop by hop, as the switches would.",
    )
    trace.add_argument("router", metavar="ROUTER")
    trace.add_argument("vrf", metavar="VRF", help="`default` is the provider's table, or a CE's")
    trace.add_argument(
        "goal", metavar="GOAL", nargs="+", help="an address, or (SOURCE, GROUP) in quotes"
    )
    trace.add_argument("--lab", metavar="NAME", help="which lab, when several run")
    trace.set_defaults(run=_trace)


def _trace(options: argparse.Namespace) -> int:
    goal = " ".join(options.goal)
    print(ask_trace(options.lab or only_lab(), options.router, options.vrf, goal))
    return 0
