"""`mvpn show ROUTER NOUN`: what a router of a running lab has, as operators know it."""

from __future__ import annotations

import argparse
import json

from controlplane.cli.groups import GROUPS, group_text, listing, nouns_of, unknown
from controlplane.cli.nouns import as_text
from controlplane.lab.control import ask, running_labs
from controlplane.lab.errors import LabError


def add_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    show = nouns.add_parser(
        "show",
        help="ask a router of a running lab",
        description=f"NOUN is one of these; a word before brackets is all in them:\n{listing()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    show.add_argument("router", metavar="ROUTER")
    show.add_argument("noun", nargs="+", metavar="NOUN")
    show.add_argument("--vrf", metavar="NAME", help="one VRF alone")
    show.add_argument("--lab", metavar="NAME", help="which lab, when several run")
    show.add_argument("--json", action="store_true", help="print the rows as JSON")
    show.set_defaults(run=_show, parser=show)


def _show(options: argparse.Namespace) -> int:
    """The rows of one noun; of a protocol, those of each of its nouns."""
    words = " ".join(options.noun)
    nouns = nouns_of(words)
    if not nouns:
        options.parser.error(unknown(words))
    lab = options.lab or only_lab()
    rows = {noun: ask(lab, options.router, noun, options.vrf) for noun in nouns}
    if options.json:
        print(json.dumps(rows if words in GROUPS else rows[words], indent=2))
    else:
        print(group_text(rows) if words in GROUPS else as_text(words, rows[words]))
    return 0


def only_lab() -> str:
    """The lab that runs; LabError when there is none, or several."""
    labs = running_labs()
    if not labs:
        raise LabError("no lab is running; start one with `mvpn lab up FILE`")
    if len(labs) > 1:
        raise LabError(f"several labs are running, choose with --lab: {', '.join(labs)}")
    return labs[0]
