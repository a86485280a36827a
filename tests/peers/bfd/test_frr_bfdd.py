"""FRR's bfdd as the neighbour: sessions come up, fail, end and renegotiate with it."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address
from random import Random
from typing import Any, Final

import pytest

from controlplane.engine.liveness import ForgetNeighbor, WatchNeighbor
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.bfd.events import BfdEnabled, BfdSettings, ClientNotified, Watch
from controlplane.protocols.bfd.show import SessionView
from controlplane.wire.bfd import CONTROL_PORT
from tests.peers.frr import Frr, missing_frr
from tests.peers.namespace import Namespace, cable
from tests.peers.wire import Wire, eventually

_MISSING: Final = missing_frr("bfdd")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(_MISSING is not None, reason=_MISSING or ""),
]

OURS, THEIRS = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
SETTINGS = BfdSettings(desired_min_tx=0.2, required_min_rx=0.25, detect_mult=15)
"""Multipliers are high: while vtysh is asked, our engine does not run."""
BFDD = """
bfd
 peer 10.0.0.1 interface eth0
  detect-multiplier 10
  receive-interval 150
  transmit-interval 300
 !
!
"""
PEER = ("bfd", "peer 10.0.0.1 interface eth0")


class Pair:
    """Our engine and FRR's daemon on one cable; the session is up."""

    def __init__(self, stack: ExitStack) -> None:
        self.ours = stack.enter_context(Namespace())
        self.theirs = stack.enter_context(Namespace())
        cable(self.ours, self.theirs, "eth0", "eth0")
        self.theirs.address("eth0", f"{THEIRS}/24")
        self.frr = Frr(self.theirs, {"bfdd": BFDD})
        engine = BfdEngine(rng=Random(1))
        self.wire = stack.enter_context(Wire(engine, self.ours, ports=(CONTROL_PORT,)))
        self.wire.up("eth0", f"{OURS}/24")
        self.wire.tell(BfdEnabled(interface="eth0", settings=SETTINGS))
        self.watch()
        self.both_are("UP")

    def watch(self) -> None:
        request = WatchNeighbor(interface="eth0", local=OURS, neighbor=THEIRS)
        self.wire.tell(Watch(client="ospf", request=request))

    def forget(self) -> None:
        request = ForgetNeighbor(interface="eth0", neighbor=THEIRS)
        self.wire.tell(Watch(client="ospf", request=request))

    def session(self) -> SessionView:
        (view,) = self.wire.engine.sessions(self.wire.now)
        return view

    def peer(self) -> dict[str, Any]:
        """How FRR sees the session."""
        (peer,) = self.frr.json("show bfd peers json")
        return dict(peer)

    def failures(self) -> list[str]:
        """What clients were told."""
        told = (o for o in self.wire.outputs if isinstance(o, ClientNotified))
        return [output.failure.why for output in told]

    def both_are(self, state: str) -> None:
        eventually(
            lambda: self.session().state == state and self.peer()["status"] == state.lower(),
            self.wire,
        )


@pytest.fixture
def pair(stack: ExitStack) -> Pair:
    return Pair(stack)


def test_each_side_knows_what_the_other_said(pair: Pair) -> None:
    eventually(lambda: pair.peer()["remote-receive-interval"] == 250, pair.wire)
    eventually(lambda: pair.session().detection_time == 3.0, pair.wire)
    eventually(lambda: not pair.session().polling, pair.wire)
    peer, session = pair.peer(), pair.session()
    assert peer["remote-transmit-interval"] == 200
    assert peer["remote-detect-multiplier"] == 15
    assert peer["remote-id"] == session.local_discriminator
    assert peer["id"] == session.remote_discriminator
    assert (session.transmit_interval, session.remote_detect_mult) == (0.2, 10)
    assert not pair.failures()


def test_a_peer_that_is_killed_is_a_failure(pair: Pair) -> None:
    pair.frr.kill("bfdd")
    eventually(pair.failures, pair.wire)
    assert pair.failures() == ["BFD: control detection time expired: nothing heard for 3000 ms"]


def test_a_peer_that_was_killed_and_started_again_comes_up(pair: Pair) -> None:
    pair.frr.kill("bfdd")
    eventually(pair.failures, pair.wire)
    pair.frr.start("bfdd")
    pair.both_are("UP")


def test_our_silence_is_a_failure_to_the_peer(pair: Pair) -> None:
    pair.wire.close()
    eventually(lambda: pair.peer()["status"] == "down")
    assert pair.peer()["diagnostic"] == "control detection time expired"


def test_a_link_that_fails_fails_both_and_mended_both_come_up(pair: Pair) -> None:
    pair.ours.link("eth0", "down")
    eventually(pair.failures, pair.wire)
    eventually(lambda: pair.peer()["status"] == "down", pair.wire)
    pair.ours.link("eth0", "up")
    pair.both_are("UP")


def test_a_session_that_ends_here_is_down_administratively_to_the_peer(pair: Pair) -> None:
    pair.forget()
    eventually(lambda: pair.peer()["status"] == "down", pair.wire)
    assert pair.peer()["remote-diagnostic"] == "administratively down"
    pair.watch()
    pair.both_are("UP")
    assert not pair.failures()


def test_a_session_that_is_shut_down_there_is_no_failure(pair: Pair) -> None:
    pair.frr.configure(*PEER, "shutdown")
    eventually(lambda: pair.session().state == "DOWN", pair.wire)
    assert pair.session().remote_state == "ADMIN_DOWN"
    pair.frr.configure(*PEER, "no shutdown")
    pair.both_are("UP")
    assert not pair.failures()


def test_intervals_that_change_on_either_side_are_negotiated_while_the_session_is_up(
    pair: Pair,
) -> None:
    eventually(lambda: pair.session().detection_time == 3.0, pair.wire)
    pair.frr.configure(*PEER, "transmit-interval 400", "receive-interval 500")
    eventually(lambda: pair.session().detection_time == pytest.approx(4.0), pair.wire)
    eventually(lambda: pair.session().transmit_interval == 0.5, pair.wire)
    faster = BfdSettings(desired_min_tx=0.1, required_min_rx=0.1, detect_mult=20)
    pair.wire.tell(BfdEnabled(interface="eth0", settings=faster))
    eventually(lambda: pair.peer()["remote-receive-interval"] == 100, pair.wire)
    eventually(lambda: not pair.session().polling, pair.wire)
    assert pair.peer()["remote-detect-multiplier"] == 20
    assert not pair.failures() and pair.session().failures == 0
