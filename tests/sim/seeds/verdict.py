"""One seed from beginning to end: turmoil, rest, and what must hold."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from contextlib import closing
from typing import Final

from controlplane.engine.time import Duration
from tests.sim.seeds import state, wires
from tests.sim.seeds.network import RandomNetwork, random_network
from tests.sim.seeds.play import Play, Sent
from tests.sim.seeds.script import Script, What, random_script

AFTER_LOSS: Final[Duration] = 250.0
"""Longer than what a lost message leaves lives: Assert_Time is 180 s (RFC 7761 4.11)."""
AFTER_DEATH: Final[Duration] = 100.0
"""Neighbours that nobody has said of that they died time out within 70 s."""
CALM: Final[Duration] = 60.0
"""Of changes that all were told of."""
ASSERTED: Final[Duration] = 180.0
"""With the streams after it more than Assert_Time and Keepalive_Period: who has won in the turmoil
has said so again, to those too who took no part at first (RFC 7761 4.6.1), and what only those
packets needed that came while routers settled is forgotten."""
LEFT: Final[Duration] = 20.0
"""Leaves take their time at each querier and each LAN."""
SETTLING: Final = 30
"""Packets, one a second: for a period of Joins, and three times J/P_Override_Interval. Where an RP
has source and receivers on one interface, what it gets in Registers meets what comes by the tree.
Who has heard the Assert prunes the source from the shared tree in its next periodic Join (RFC 7761
4.5.6), the RP has no need of it any more, the winner cancels, and all join again; meanwhile packets
are lost (4.6.5, rule 5: no Prune is overridden for (*,G) members of another router's tree)."""
WARM_UP: Final[Duration] = 5.0
"""After that they come by the trees that stay."""
FORGOTTEN: Final[Duration] = 450.0
"""A DR keeps a source for 210 s, and tells the RP so, which keeps it for 185 s more."""
QUIET: Final[Duration] = 45.0
"""More than two periods of Joins and of queries."""
IDLE: Final[Duration] = 30.0
"""After this without packets, flows have left the data MDTs that they have for their rate."""


_MOST_TOLD: Final = 8


class Fault(AssertionError):
    """What does not hold."""


def judge(seed: int) -> None:
    """Fault where something does not hold."""
    network = random_network(seed)
    judge_script(seed, network, random_script(seed, network))


def fault_of(seed: int, network: RandomNetwork, script: Script) -> str:
    """What is wrong in words, nothing if all is well; an error of the product too."""
    try:
        judge_script(seed, network, script)
    except Fault as fault:
        return str(fault)
    except Exception:  # Any at all: thousands of seeds wait behind this one.
        return traceback.format_exc()
    return ""


def judge_script(seed: int, network: RandomNetwork, script: Script) -> None:
    """Fault where something does not hold."""
    with closing(Play(network, script, seed)) as play:
        play.run()
        play.rest(_time_to_settle(script))
        if script.peaceful:
            _require("while others come and go", wires.disturbed(play))
        _at_all_times(play, "in the turmoil")
        _at_rest(play, "after the turmoil")
        if not _loses(script):
            play.rest(ASSERTED)
            _at_rest(play, "when Asserts have been renewed")
        play.rest(IDLE)
        _unchanged(play, "while hosts listen")
        play.leave_all()
        play.rest(LEFT)
        _at_rest(play, "when all have left")
        is_sparse = any(channel.mode == "sm" for channel in network.channels)
        play.rest(FORGOTTEN if is_sparse else LEFT)
        _forgotten(play)


def _time_to_settle(script: Script) -> Duration:
    if _loses(script):
        return AFTER_LOSS
    return AFTER_DEATH if script.has(What.DIE, What.RESTART) else CALM


def _loses(script: Script) -> bool:
    """Messages are lost, and nobody is told."""
    return script.faults.loss > 0 or script.has(What.HUSH)


def _at_all_times(play: Play, when: str) -> None:
    _require(when, (*wires.loops(play), *wires.strays(play)))


def _at_rest(play: Play, when: str) -> None:
    streams = _judged_streams(play)
    routers = play.lab.plan.routers
    _require(
        when,
        (
            *wires.deliveries(play, streams),
            *wires.repetitions(play),
            *wires.unasked(play),
            *state.switches(play.world, routers),
        ),
    )
    _at_all_times(play, when)


def _judged_streams(play: Play) -> list[Sent]:
    """What is on the wires is that of the last streams alone."""
    play.send_all(SETTLING, 1.0)
    play.rest(SETTLING)
    play.send_all()
    play.rest(WARM_UP)
    play.copies.seen.clear()
    streams = play.send_all()
    play.rest(1.0)
    return streams


def _forgotten(play: Play) -> None:
    _require("when all is forgotten", state.leftovers(play.world, play.lab.plan.routers))
    _unchanged(play, "when all is forgotten")


def _unchanged(play: Play, when: str) -> None:
    """What is only said again changes nothing."""
    before = state.plans(play.world, play.lab.plan.routers)
    play.rest(QUIET)
    after = state.plans(play.world, play.lab.plan.routers)
    changed = [name for name in before if before[name] != after[name]]
    _require(when, (f"{name} changed its plan though nothing happened" for name in changed))


def _require(when: str, faults: Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise Fault(f"{when}: " + "\n  ".join(found[:_MOST_TOLD]))
