"""`mvpn lab check | up | fault | clean | schema`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Final

from controlplane.cli.show import only_lab
from controlplane.cli.tables import plain, table
from controlplane.lab.control import ask_faults, serving
from controlplane.lab.errors import LabError
from controlplane.lab.garbage import collect_rarely
from controlplane.lab.load import load
from controlplane.lab.picture import write_picture
from controlplane.lab.picture.timeline import write_timeline
from controlplane.lab.recordings import recording_to
from controlplane.lab.run import Run
from controlplane.lab.schema import json_schema
from controlplane.lab.timeline.model import Timeline
from controlplane.lab.worlds import (
    LIVE_TARGETS,
    SIMULATOR,
    TARGETS,
    make_live_world,
    make_world,
    why_not_live,
)

_DEFAULT_TARGET: Final = LIVE_TARGETS[0]
_FAULT_COLUMNS: Final = {
    "Switch": plain("router"),
    "Port": plain("port"),
    "Direction": plain("direction"),
    "Lost": plain("lost"),
    "Doubled": plain("duplicated"),
    "No room": plain("overflowed"),
    "Under way": plain("waiting"),
    "Faults": plain("faults"),
}


def add_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verbs = nouns.add_parser("lab", help="build, play and judge labs").add_subparsers(
        required=True, metavar="VERB"
    )
    check = verbs.add_parser("check", help="build a lab, play it, judge it")
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("--target", choices=TARGETS)
    check.add_argument("--json", action="store_true", help="print the verdict as JSON")
    check.add_argument("--pcap", type=Path, metavar="DIR", help="keep captures of every link here")
    check.add_argument("--svg", type=Path, metavar="FILE", help="draw the topology and its trees")
    check.add_argument("--timeline", type=Path, metavar="FILE", help="draw a link's failure")
    _add_record(check)
    check.set_defaults(run=_check)
    up = verbs.add_parser("up", help="leave a lab running, with Mininet's command line")
    up.add_argument("file", type=Path, metavar="FILE")
    up.add_argument("--target", choices=LIVE_TARGETS, default=_DEFAULT_TARGET)
    _add_record(up)
    up.set_defaults(run=_up)
    fault = verbs.add_parser("fault", help="what a link of a running lab does to packets")
    fault.add_argument("link", metavar="LINK")
    words = "such as loss=1%% delay=5ms; none takes all away, and without any they are shown"
    fault.add_argument("words", metavar="FAULT", nargs="*", help=words)
    fault.add_argument("--lab", metavar="NAME", help="which lab, when several run")
    fault.set_defaults(run=_fault)
    clean = verbs.add_parser("clean", help="remove what a killed run left")
    clean.set_defaults(run=_clean)
    schema = verbs.add_parser("schema", help="print the JSON Schema of lab files")
    schema.set_defaults(run=_schema)


def _add_record(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--record", type=Path, metavar="DIR", help="keep what each router is told, for mvpn replay"
    )


def _check(options: argparse.Namespace) -> int:
    lab = load(options.file)
    collect_rarely()
    _prepare(options)
    target = options.target or _possible_target()
    with recording_to(options.record) as record:
        world = make_world(lab.plan, target, options.pcap, record)
        # `mvpn show` is for labs that run in real time.
        control = nullcontext if target == SIMULATOR else partial(serving, lab.plan, world)
        run = Run(lab, world, target, _progress, control)
        verdict = run.play()
    text = verdict.as_json() if options.json else verdict.as_text(colour=_on_a_terminal())
    print(text)
    if options.svg is not None:
        write_picture(lab, run.snapshot, options.svg)
        _progress(f"the topology and its trees are drawn in {options.svg}")
    _tell_timelines(run.timelines, options.timeline)
    return 0 if verdict.ok else 1


def _tell_timelines(found: Sequence[Timeline], path: Path | None) -> None:
    """Each failure in a line; the first one as a picture where that is wanted."""
    for timeline in found:
        _progress(timeline.words())
    if path is not None and found:
        write_timeline(found[0], path)
        _progress(f"the timeline is drawn in {path}")
    elif path is not None:
        _progress("no link failed in this lab, so there is no timeline to draw")


def _on_a_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()  # None: started with it closed


def _possible_target() -> str:
    """For a user who asked for none: live switches, or the simulator where there can be none."""
    reason = why_not_live()
    if reason is None:
        return _DEFAULT_TARGET
    _progress(f"{reason}; the lab is played in the simulator")
    return SIMULATOR


def _prepare(options: argparse.Namespace) -> None:
    """The places of the output must be there, and take it, before the lab starts."""
    if options.pcap is not None:
        _make_folder(options.pcap)
        _require_writable(options.pcap)
    for picture in filter(None, (options.svg, options.timeline)):
        _make_folder(picture.parent)
        if picture.is_dir():
            raise LabError(f"{picture}: Is a directory")
        _require_writable(picture if picture.exists() else picture.parent)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder}: {error.strerror}") from None


def _require_writable(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise LabError(f"{path}: cannot be written to")


def _up(options: argparse.Namespace) -> int:
    lab = load(options.file)
    collect_rarely()
    with recording_to(options.record) as record:
        world = make_live_world(lab.plan, options.target, None, record)
        run = Run(lab, world, options.target, _progress, partial(serving, lab.plan, world))
        with run.started() as rows:
            for row in rows:
                if not row.ok:
                    _progress(f"{row.expectation}: {row.seen}")
            _progress(f"`mvpn show ROUTER NOUN` asks the routers; `exit` ends the lab {lab.name}")
            world.cli()
    return 0


def _fault(options: argparse.Namespace) -> int:
    """Faults first changed, where some are given, then shown."""
    lab = options.lab or only_lab()
    rows = ask_faults(lab, options.link, " ".join(options.words) or None)
    print("\n".join(table(_FAULT_COLUMNS, rows)))
    return 0


def _clean(_options: argparse.Namespace) -> int:
    from controlplane.lab.live_world import clean  # needs Mininet

    removed = clean()
    for thing in removed:
        print(f"removed {thing}")
    if not removed:
        print("nothing was left")
    return 0


def _schema(_options: argparse.Namespace) -> int:
    print(json.dumps(json_schema(), indent=2))
    return 0


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
