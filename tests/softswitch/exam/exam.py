"""One program's exam: compiled, loaded into a target, its packet test played."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import grpc

from softswitch.p4runtime.status import P4RuntimeError
from tests.softswitch.exam.compile import CompileError, compile_program
from tests.softswitch.exam.play import Target, play
from tests.softswitch.exam.stf import StfError, read_stf


class Outcome(Enum):
    """What became of a program."""

    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"
    NOT_COMPILED = "not compiled"


@dataclass(frozen=True)
class Result:
    """An outcome, and why it is not another."""

    outcome: Outcome
    reason: str = ""


def sit(source: Path, into: Path, target: Target) -> Result:
    """The exam of one program."""
    try:
        info, config = compile_program(source, into)
        wrong = play(target, info, config, read_stf(source.with_suffix(".stf").read_text()))
    except CompileError as error:
        return Result(Outcome.NOT_COMPILED, str(error))
    except StfError as error:
        return Result(Outcome.REFUSED, f"the test: {error}")
    except P4RuntimeError as error:
        return Result(Outcome.REFUSED, str(error))
    except grpc.RpcError as error:
        return Result(Outcome.REFUSED, str(error))
    return Result(Outcome.PASSED) if wrong is None else Result(Outcome.FAILED, wrong)
