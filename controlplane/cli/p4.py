"""`mvpn p4 shell ROUTER`: p4runtime-shell on a switch of a running lab."""

from __future__ import annotations

import argparse
import os
from typing import Final

from controlplane.cli.show import only_lab
from controlplane.lab.control import ask_switch
from controlplane.lab.p4_shell import ELECTION_ID, require_shell

_READS: Final = "A lab's controllers hold their switches, so the shell reads and does not write."


def add_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verbs = nouns.add_parser("p4", help="talk P4Runtime to a switch").add_subparsers(
        required=True, metavar="VERB"
    )
    shell = verbs.add_parser("shell", help="p4runtime-shell on a switch", description=_READS)
    shell.add_argument("router", metavar="ROUTER")
    shell.add_argument("--lab", metavar="NAME", help="which lab, when several run")
    shell.set_defaults(run=_shell)


def _shell(options: argparse.Namespace) -> int:
    """Become the shell: it has the terminal from here on."""
    switch = ask_switch(options.lab or only_lab(), options.router)
    python = require_shell()
    arguments = ["--grpc-addr", switch.address, "--device-id", str(switch.device_id)]
    arguments += ["--election-id", ELECTION_ID]
    os.execv(python, [str(python), "-m", "p4runtime_sh", *arguments])
