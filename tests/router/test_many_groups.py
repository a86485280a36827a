"""Many C-groups over one P-tunnel: what a change of the provider's tree costs the switch.

PE2 of the network in `lab.py` is a leaf of PE1's default MDT and passes it on to PE3, so every
C-route of PE2 holds the tunnel's onward copy. When PE3 is cut off, that copy goes from all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from controlplane.fib.model import Fib, MulticastRoute
from controlplane.net.multicast import SourceGroup
from controlplane.p4rt import names
from controlplane.p4rt.entities import GROUP, Group, TableEntry
from controlplane.p4rt.plan import Operation, Update
from controlplane.p4rt.programmer import Programmer
from controlplane.wire.igmp import RecordType
from tests.router.lab import RECEIVER, STREAM, report, started
from tests.router.wire import End, Network

GROUPS = 150
"""More than a Join/Prune of the CE holds."""
RED = 1
TO_PE3 = End("pe2", 3)


def joined() -> Network:
    """A host behind CE2 listens to all groups."""
    network = started()
    for number in range(GROUPS):
        sg = SourceGroup(STREAM.source, IPv4Address("232.1.1.0") + number)
        network.host_sends(RECEIVER, report("10.2.0.2", RecordType.ALLOW_NEW_SOURCES, sg))
    network.run(until=10.0)
    return network


def customer_routes(fib: Fib) -> list[MulticastRoute]:
    return [route for route in fib.multicast if route.vrf == RED]


def written(programmer: Programmer, fib: Fib) -> list[Update]:
    """All that it takes to bring the switch to a Fib, as if it were done."""
    batches = programmer.program(fib)
    for batch in batches:
        programmer.written(batch)
    return [update for batch in batches for update in batch]


def entries_of_red(updates: list[Update]) -> Iterator[TableEntry]:
    for _, entity in updates:
        if isinstance(entity, TableEntry) and entity.table in (
            names.MULTICAST_ROUTE,
            names.TAIL_ROUTE,
        ):
            if entity.match[0] == RED:
                yield entity


def test_a_branch_of_the_tunnel_that_goes_rewrites_one_group_under_all_c_routes() -> None:
    network, programmer = joined(), Programmer()
    before = network.nodes["pe2"].switch.fib
    (group,) = {entry.args[2] for entry in entries_of_red(written(programmer, before))}
    network.set_wire(TO_PE3, up=False)
    after = network.nodes["pe2"].switch.fib
    updates = written(programmer, after)

    assert len(customer_routes(before)) == len(customer_routes(after)) == GROUPS
    assert {len(r.replicas) for r in customer_routes(before)} == {2}
    assert {len(r.replicas) for r in customer_routes(after)} == {1}
    assert list(entries_of_red(updates)) == []
    rewritten = [(what, entity) for what, entity in updates if entity.key == (GROUP, (group,))]
    assert [what for what, _ in rewritten] == [Operation.MODIFY]
    assert all(isinstance(entity, Group) and len(entity.copies) == 1 for _, entity in rewritten)


def test_groups_are_written_once_for_each_set_of_copies_that_is_another() -> None:
    network, programmer = joined(), Programmer()
    written(programmer, network.nodes["pe2"].switch.fib)
    network.set_wire(TO_PE3, up=False)
    after = network.nodes["pe2"].switch.fib
    groups = [entity for _, entity in written(programmer, after) if isinstance(entity, Group)]
    sets = {route.replicas for route in after.multicast if route.replicas}
    assert len({group.id for group in groups}) == len(groups)
    assert len(list(programmer.installed.groups())) == len(sets)
