"""The command `mvpn`: one module a noun, each adds its verbs.

Exit codes: 0 all is well, 1 it is not (a lab's expectations do not hold, or it cannot be run), 2
bad usage or a bad lab file, 130 interrupted, 143 terminated. Users see words, never a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from controlplane.lab.errors import BadLabFile, LabError
from controlplane.lab.testbed.signals import Signals
from controlplane.p4rt.grpc_core import load_grpc

FAILED: Final = 1
BAD_USAGE: Final = 2
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and say how it went; however it ends, it takes down what it built."""
    signals = Signals()
    signals.take()
    try:
        return _run(arguments)
    finally:
        signals.give_back()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        print(end="", flush=True)
    except BadLabFile as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except LabError as error:
        print(f"mvpn: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("mvpn: interrupted, everything is cleaned up", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _end_output()  # whoever read it has had enough
        return FAILED
    except OSError as error:
        _end_output()
        print(f"mvpn: {error}", file=sys.stderr)
        return FAILED
    return code


def _end_output() -> None:
    """The interpreter must not try again to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    load_grpc()
    # Imported here, so that Ctrl-C while Python still reads modules is no traceback either.
    from controlplane.cli import lab, p4, replay, show, trace

    parser = argparse.ArgumentParser(
        prog="mvpn", description="Multicast VPNs on P4 switches: labs, and what their routers show."
    )
    nouns = parser.add_subparsers(required=True, metavar="COMMAND")
    lab.add_commands(nouns)
    show.add_commands(nouns)
    trace.add_commands(nouns)
    replay.add_commands(nouns)
    p4.add_commands(nouns)
    return parser


if __name__ == "__main__":
    sys.exit(main())
