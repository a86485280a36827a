"""What holds after any order of events."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.pim.events import PimOutput, Rpf, TreeRemoved, TreeUpdate
from controlplane.wire.pim.join_prune import JoinPrune
from tests.protocols.pim.network import Network
from tests.protocols.pim.router import Router, hello, ip, join_prune

SOURCES = (ip("192.0.2.1"), ip("192.0.2.2"))
SGS = tuple(SourceGroup(s, ip(g)) for s in SOURCES for g in ("232.1.1.1", "232.1.1.2"))
ROUTES = (
    None,
    Rpf("lo0", None),
    Rpf("a", ip("10.0.1.2")),
    Rpf("a", ip("10.0.1.3")),
    Rpf("b", ip("10.0.2.2")),
)


@dataclass
class Step:
    kind: str
    interface: int
    neighbor: int
    sg: SourceGroup
    flag: bool
    route: Rpf | None
    wait: float


steps = st.builds(
    Step,
    kind=st.sampled_from(["hello", "join_prune", "overheard", "member", "route", "interface"]),
    interface=st.sampled_from([1, 2]),
    neighbor=st.sampled_from([2, 3]),
    sg=st.sampled_from(SGS),
    flag=st.booleans(),
    route=st.sampled_from(ROUTES),
    wait=st.sampled_from([0.0, 0.0, 1.0, 3.0, 40.0, 100.0]),
)


def play(router: Router, step: Step) -> list[PimOutput]:
    name, address = "ab"[step.interface - 1], f"10.0.{step.interface}"
    match step.kind:
        case "hello":
            message = hello(holdtime=105 if step.flag else 0, genid=SGS.index(step.sg))
            return router.hears(name, f"{address}.{step.neighbor}", message)
        case "join_prune":
            return router.hears(name, f"{address}.{step.neighbor}", asked(f"{address}.1", step))
        case "overheard":
            other = f"{address}.{5 - step.neighbor}"
            return router.hears(name, f"{address}.{step.neighbor}", asked(other, step))
        case "member":
            return router.member(name, step.sg, joined=step.flag)
        case "route":
            return router.routes_change(step.sg.source, step.route)
        case _:
            return router.up(name, step.interface) if step.flag else router.down(name)


def asked(upstream: str, step: Step) -> JoinPrune:
    """The step's Join or Prune."""
    if step.flag:
        return join_prune(upstream, join=[step.sg])
    return join_prune(upstream, prune=[step.sg])


def forwarding(told: dict[TreeName, TreeUpdate], outputs: list[PimOutput]) -> None:
    """Follow the updates as a forwarding plane does; each must change something."""
    for output in outputs:
        match output:
            case TreeUpdate(tree=sg):
                assert told.get(sg) != output
                assert output.incoming not in output.outgoing
                told[sg] = output
            case TreeRemoved(tree=sg):
                del told[sg]


@settings(deadline=None)
@given(st.lists(steps, max_size=40))
def test_what_was_told_is_what_is_shown_and_nothing_is_left_behind(plan: list[Step]) -> None:
    router = Router()
    told: dict[TreeName, TreeUpdate] = {}
    for index, name in enumerate("ab", start=1):
        router.up(name, index)
        router.enable(name)
    for step in plan:
        forwarding(told, play(router, step))
        forwarding(told, [output for _, output in router.run(until=router.now + step.wait)])
        shown = {t.sg: t for t in router.engine.trees(router.now) if t.upstream == "J"}
        assert told.keys() == shown.keys()
        for sg, tree in shown.items():
            assert (told[sg].incoming, told[sg].rpf_neighbor) == (tree.incoming, tree.rpf_neighbor)
    for name in "ab":
        forwarding(told, router.down(name))
    assert told == {}
    assert router.engine.trees(router.now) == ()
    assert router.engine.neighbors(router.now) == ()
    assert router.engine.next_deadline() is None


wishes = st.lists(
    st.tuples(
        st.sampled_from(["r2", "r3", "r4"]),
        st.sampled_from(SGS),
        st.booleans(),
        st.sampled_from([0.0, 0.1, 1.0, 2.9, 3.1, 61.0]),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=50)
@given(wishes)
def test_a_lan_gets_a_tree_exactly_while_a_router_of_it_wants_it(
    plan: list[tuple[str, SourceGroup, bool, float]],
) -> None:
    network = Network()
    for number in range(1, 5):
        network.router(f"r{number}", lan=f"10.0.0.{number}/24")
        for source in SOURCES:
            route(network, number, source)
    network.run(until=40.0)
    wanted: dict[SourceGroup, set[str]] = {sg: set() for sg in SGS}
    for name, sg, joined, wait in plan:
        network.member(name, sg, joined=joined)
        (wanted[sg].add if joined else wanted[sg].discard)(name)
        network.run(until=network.now + wait)
        assert_forwarded(network, {sg for sg, names in wanted.items() if names}, at_least=True)
    network.run(until=network.now + 4.0)
    assert_forwarded(network, {sg for sg, names in wanted.items() if names}, at_least=False)


def route(network: Network, number: int, source: IPv4Address) -> None:
    if number == 1:
        network.route("r1", source, "source", None)
    else:
        network.route(f"r{number}", source, "lan", "10.0.0.1")


def assert_forwarded(network: Network, wanted: set[SourceGroup], *, at_least: bool) -> None:
    """r1 forwards to the LAN what is wanted; a Prune that waits may let it forward more."""
    forwarded = {tree.sg for tree in network.engines["r1"].trees(network.now)}
    assert wanted <= forwarded if at_least else wanted == forwarded
