"""Two P-tunnels of one root: the inclusive one and a selective one, each with a look-up of its own.

The inclusive tree goes on to port 4, the selective one ends here. A flow that changes from one to
the other has an entry behind each.
"""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.fib.model import TAIL_TABLES, Decapsulate, Tail
from controlplane.net.multicast import SourceGroup
from controlplane.net.punt import PuntReason
from tests.p4.frames import data, to_group, tunnel
from tests.p4.pe import (
    BEHIND_TUNNEL,
    BRANCHING_LEAF,
    CE1,
    CE2,
    CORE,
    CORE4,
    P_GROUP,
    PE2,
    STREAM,
    TUNNEL,
    copy,
    mac,
    multicast,
    route,
    sg,
)
from tests.p4.targets import Outcome, Target

TABLE = TAIL_TABLES[0]
D_GROUP = IPv4Address("232.5.0.1")
D_TREE = SourceGroup(PE2, D_GROUP)
D_LEAF = route(CORE, D_TREE, 3, tail=Tail(TABLE, TUNNEL))
BEHIND_D = route(TABLE, STREAM, TUNNEL, copy(CE1, Decapsulate()), copy(CE2, Decapsulate()))
INNER = data(str(STREAM.source), str(STREAM.group))


@pytest.fixture
def pe(target: Target) -> Target:
    target.program(multicast(BRANCHING_LEAF, BEHIND_TUNNEL, D_LEAF, BEHIND_D))
    return target


def arriving(group: IPv4Address, inner: object = INNER) -> bytes:
    return to_group(tunnel(str(PE2), str(group), inner, 64))


def to_ces() -> set[tuple[int, bytes]]:
    inner = data(str(STREAM.source), str(STREAM.group), 63)
    return {(1, to_group(inner, mac(CE1))), (2, to_group(inner, mac(CE2), CE2.vlan))}


def test_each_tree_has_its_own_copies_of_one_flow(pe: Target) -> None:
    onward = 4, to_group(tunnel(str(PE2), str(P_GROUP), INNER, 63), mac(CORE4))
    assert pe.receive(3, arriving(P_GROUP)) == Outcome(frozenset({*to_ces(), onward}))
    assert pe.receive(3, arriving(D_GROUP)) == Outcome(frozenset(to_ces()))


def test_a_flow_without_an_entry_behind_a_tree_is_not_taken_out_of_it(pe: Target) -> None:
    other = sg(str(STREAM.source), "239.1.1.2")
    frame = arriving(D_GROUP, data(str(other.source), str(other.group)))
    outcome = pe.receive(3, frame)
    assert outcome.copies == frozenset()
    assert [punted.reason for punted in outcome.punted] == [PuntReason.NO_MULTICAST_ROUTE]
