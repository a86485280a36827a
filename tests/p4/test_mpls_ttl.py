"""RFC 3443: the TTLs of labels and of what is below them, in the uniform and the pipe model."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.fib.model import Fib, Forward, PacketIn, PopAndLookUp, Receive, Submit, TtlMode
from controlplane.net.label import EXPLICIT_NULL, IMPLICIT_NULL
from controlplane.net.mac import BROADCAST
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, ethernet, labelled, mpls_frame
from tests.p4.pe import (
    CE1,
    CORE,
    CORE3,
    CORE4,
    CORE4_MAC,
    RED,
    core,
    mac,
    member,
    way,
)
from tests.p4.targets import Outcome, Target

UNIFORM, PIPE = TtlMode.UNIFORM, TtlMode.PIPE


def fib(mode: TtlMode) -> Fib:
    """Label 100 is swapped or pushed, 101 popped, explicit null looked up."""
    onward = Forward("onward")
    return core(
        {100: onward, 101: Forward("pop"), EXPLICIT_NULL: PopAndLookUp(CORE)},
        [
            way("onward", member(CORE4, CORE4_MAC, 200)),
            way("pop", member(CORE4, CORE4_MAC, IMPLICIT_NULL)),
            way("unlabelled", member(CORE4, CORE4_MAC)),
        ],
        [
            (RED, "10.2.0.0/16", onward),
            (CORE, "10.2.0.0/16", onward),
            (CORE, "10.3.0.0/16", Forward("unlabelled")),
            (CORE, "10.255.0.1/32", Receive()),
        ],
        mode,
    )


def packet(ttl: int, destination: str = "10.2.3.4", **fields: Any) -> Any:
    return data("10.1.0.1", destination, ttl, **fields)


def arriving(labelled_packet: Any) -> bytes:
    return mpls_frame(labelled_packet, mac(CORE3))


def leaving(labelled_packet: Any) -> Outcome:
    return Outcome(frozenset({(4, mpls_frame(labelled_packet, CORE4_MAC, mac(CORE4)))}))


def leaving_unlabelled(unlabelled_packet: Any) -> Outcome:
    return Outcome(frozenset({(4, ethernet(unlabelled_packet, CORE4_MAC, mac(CORE4)))}))


@pytest.mark.parametrize(("mode", "label_ttl"), [(UNIFORM, 9), (PIPE, 255)])
def test_a_pushed_label_takes_the_ttl_along_or_has_its_own(
    target: Target, mode: TtlMode, label_ttl: int
) -> None:
    """3.6; the class of the label is that of the packet: 0xB9 is DSCP 46, precedence 5."""
    target.program(fib(mode))
    expected = labelled(packet(9), 200, ttl=label_ttl, cos=5)
    assert target.receive(1, ethernet(packet(10), mac(CE1))) == leaving(expected)


@pytest.mark.parametrize(("mode", "label_ttl"), [(UNIFORM, 1), (PIPE, 255)])
def test_a_submitted_packet_gets_a_label_and_keeps_its_ttl(
    target: Target, mode: TtlMode, label_ttl: int
) -> None:
    target.program(fib(mode))
    expected = labelled(packet(1), 200, ttl=label_ttl, cos=5)
    submitted = Submit(CORE, 50, ethernet(packet(1), BROADCAST))
    assert target.send(submitted) == leaving(expected)


@pytest.mark.parametrize("mode", TtlMode)
def test_a_swapped_label_pays_for_the_hop(target: Target, mode: TtlMode) -> None:
    """3.5, 1)."""
    target.program(fib(mode))
    frame = arriving(labelled(packet(77), 100, ttl=2))
    assert target.receive(3, frame) == leaving(labelled(packet(77), 200, ttl=1))


EXPOSED = [
    (UNIFORM, 50, 64, 49),
    (UNIFORM, 2, 255, 1),
    (UNIFORM, 255, 64, 64),  # pushed with another model: nothing gains TTL
    (UNIFORM, 64, 63, 63),
    (PIPE, 50, 64, 64),
    (PIPE, 2, 1, 1),
    (PIPE, 255, 0, 0),
]


@pytest.mark.parametrize(("mode", "label", "below", "exposed"), EXPOSED)
def test_the_penultimate_hop_passes_the_ttl_on_or_leaves_it(
    target: Target, mode: TtlMode, label: int, below: int, exposed: int
) -> None:
    """3.5, 3)."""
    target.program(fib(mode))
    frame = arriving(labelled(packet(below), 101, ttl=label))
    assert target.receive(3, frame) == leaving_unlabelled(packet(exposed))


@pytest.mark.parametrize(("mode", "label", "below", "exposed"), EXPOSED)
def test_what_is_exposed_may_be_a_label(
    target: Target, mode: TtlMode, label: int, below: int, exposed: int
) -> None:
    target.program(fib(mode))
    inner = labelled(packet(64), 7, ttl=below, cos=2)
    inner_s = labelled(packet(64), 101, ttl=label)
    inner_s.s, inner_s.payload = 0, inner
    expected = labelled(packet(64), 7, ttl=exposed, cos=2)
    assert target.receive(3, arriving(inner_s)) == leaving(expected)


@pytest.mark.parametrize(
    ("mode", "label", "below", "left"),
    [
        (UNIFORM, 50, 64, 49),
        (UNIFORM, 255, 64, 63),
        (UNIFORM, 2, 64, 1),
        (PIPE, 50, 64, 63),
        (PIPE, 1, 64, 63),  # 3.4: the iTTL is that of the exposed header
    ],
)
def test_an_lsps_end_forwards_with_the_ttl_that_its_model_says(
    target: Target, mode: TtlMode, label: int, below: int, left: int
) -> None:
    """3.4: a pop that is no penultimate one comes before the routing."""
    target.program(fib(mode))
    frame = arriving(labelled(packet(below, "10.3.0.1"), EXPLICIT_NULL, ttl=label))
    assert target.receive(3, frame) == leaving_unlabelled(packet(left, "10.3.0.1"))


@pytest.mark.parametrize(
    ("mode", "label", "left", "pushed"), [(UNIFORM, 9, 8, 8), (PIPE, 9, 63, 255)]
)
def test_one_lsps_end_may_be_anothers_start(
    target: Target, mode: TtlMode, label: int, left: int, pushed: int
) -> None:
    target.program(fib(mode))
    frame = arriving(labelled(packet(64), EXPLICIT_NULL, ttl=label))
    assert target.receive(3, frame) == leaving(labelled(packet(left), 200, ttl=pushed, cos=5))


EXPIRED = [
    (UNIFORM, (100,), 1, 64),
    (UNIFORM, (100,), 0, 64),
    (PIPE, (100,), 1, 64),
    (UNIFORM, (101,), 1, 64),
    (PIPE, (101,), 1, 64),  # 3.5, 3): the label's is checked, whatever is exposed
    (PIPE, (100, 7), 1, 64),
    (UNIFORM, (EXPLICIT_NULL,), 1, 64),
    (UNIFORM, (EXPLICIT_NULL,), 64, 1),
    (PIPE, (EXPLICIT_NULL,), 64, 1),
]


@pytest.mark.parametrize(("mode", "labels", "label", "below"), EXPIRED)
def test_what_expires_is_punted_as_it_came(
    target: Target, mode: TtlMode, labels: tuple[int, ...], label: int, below: int
) -> None:
    target.program(fib(mode))
    frame = arriving(labelled(packet(below), *labels, ttl=label))
    punted = PacketIn(3, 3, PuntReason.TTL_EXPIRED, frame)
    assert target.receive(3, frame) == Outcome(frozenset(), (punted,))


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("ttl", [0, 1, 64])
def test_what_is_for_the_router_is_punted_as_it_came(
    target: Target, mode: TtlMode, ttl: int
) -> None:
    target.program(fib(mode))
    frame = arriving(labelled(packet(ttl, "10.255.0.1"), EXPLICIT_NULL, ttl=1))
    punted = PacketIn(3, 3, PuntReason.TO_ME, frame)
    assert target.receive(3, frame) == Outcome(frozenset(), (punted,))


def test_a_damaged_checksum_stays_damaged_behind_an_lsp(target: Target) -> None:
    """The update keeps the difference: nobody behind takes the header for a sound one."""
    target.program(fib(UNIFORM))
    sound = bytes(packet(64))
    broken = int.from_bytes(sound[10:12], "big") ^ 0x0100
    frame = arriving(labelled(packet(64, chksum=broken), 101, ttl=40))
    ((_, copy),) = target.receive(3, frame).copies
    after = int.from_bytes(bytes(packet(39))[10:12], "big")
    assert int.from_bytes(copy[24:26], "big") != after
