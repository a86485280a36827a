"""`mvpn show ROUTER NOUN`: what a router of a running lab has, as operators know it."""

from __future__ import annotations

import argparse
import json

from controlplane.cli.nouns import NOUNS, as_text
from controlplane.lab.control import ask, running_labs
from controlplane.lab.errors import LabError


def add_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    show = nouns.add_parser(
        "show",
        help="ask a router of a running lab",
        description=f"NOUN is one of: {', '.join(NOUNS)}.",
    )
    show.add_argument("router", metavar="ROUTER")
    show.add_argument("noun", nargs="+", metavar="NOUN")
    show.add_argument("--vrf", metavar="NAME", help="one VRF alone")
    show.add_argument("--lab", metavar="NAME", help="which lab, when several run")
    show.add_argument("--json", action="store_true", help="print the rows as JSON")
    show.set_defaults(run=_show, parser=show)


def _show(options: argparse.Namespace) -> int:
    noun = " ".join(options.noun)
    if noun not in NOUNS:
        options.parser.error(f"no noun {noun!r}; there are {', '.join(NOUNS)}")
    rows = ask(options.lab or _only_lab(), options.router, noun, options.vrf)
    print(json.dumps(rows, indent=2) if options.json else as_text(noun, rows))
    return 0


def _only_lab() -> str:
    labs = running_labs()
    if not labs:
        raise LabError("no lab is running; start one with `mvpn lab up FILE`")
    if len(labs) > 1:
        raise LabError(f"several labs are running, choose with --lab: {', '.join(labs)}")
    return labs[0]
