"""What holds of groups with an RP after any order of events."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.net.multicast import SourceGroup, TreeName
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.events import (
    DataArrived,
    PimOutput,
    Rpf,
    SourcesActive,
    TreeRemoved,
    TreeUpdate,
)
from controlplane.wire.pim.address import EncodedGroup, EncodedSource
from controlplane.wire.pim.assert_message import Assert
from controlplane.wire.pim.join_prune import JoinPrune
from tests.protocols.pim.lan import Lan
from tests.protocols.pim.router import Router, S, hello, ip
from tests.protocols.pim.sparse import (
    IMMEDIATE,
    NEVER,
    OTHER_STAR,
    RP,
    RPT,
    SG,
    SPT,
    STAR,
    G,
    entries,
)

OTHER_S = ip("192.0.2.3")
SOURCES = (S, OTHER_S)
ENTRIES = (
    STAR,
    OTHER_STAR,
    RPT,
    SPT,
    EncodedSource(address=OTHER_S),
    EncodedSource(address=OTHER_S, rpt=True),
)
ROUTES = (
    None,
    Rpf("lo0", None, is_local=True),
    Rpf("a", None),
    Rpf("a", ip("10.0.1.2")),
    Rpf("a", ip("10.0.1.3"), preference=1, metric=1),
    Rpf("b", ip("10.0.2.2")),
)


@dataclass
class Step:
    kind: str
    interface: int
    neighbor: int
    source: int
    join: list[EncodedSource]
    prune: list[EncodedSource]
    flag: bool
    route: Rpf | None
    wait: float

    @property
    def name(self) -> str:
        return "ab"[self.interface - 1]

    @property
    def speaker(self) -> str:
        return f"10.0.{self.interface}.{self.neighbor}"

    @property
    def sg(self) -> SourceGroup:
        return SourceGroup(SOURCES[self.source], G)


some_entries = st.lists(st.sampled_from(ENTRIES), max_size=3, unique=True)
steps = st.builds(
    Step,
    kind=st.sampled_from(
        [
            "hello",
            "to me",
            "to me",
            "overheard",
            "member of any",
            "member of one",
            "refusal",
            "data",
            "data",
            "active",
            "assert",
            "route",
            "way to the rp",
            "interface",
        ]
    ),
    interface=st.sampled_from([1, 2]),
    neighbor=st.sampled_from([2, 3]),
    source=st.sampled_from([0, 1]),
    join=some_entries,
    prune=some_entries,
    flag=st.booleans(),
    route=st.sampled_from(ROUTES),
    wait=st.sampled_from([0.0, 0.0, 0.0, 1.0, 3.0, 40.0, 100.0, 215.0]),
)


def play(router: Router, step: Step) -> list[PimOutput]:
    match step.kind:
        case "hello":
            message = hello(holdtime=105 if step.flag else 0, genid=step.source)
            return router.hears(step.name, step.speaker, message)
        case "to me":
            return router.hears(step.name, step.speaker, asked(f"10.0.{step.interface}.1", step))
        case "overheard":
            other = f"10.0.{step.interface}.{5 - step.neighbor}"
            return router.hears(step.name, step.speaker, asked(other, step))
        case "data":
            return router.handle(DataArrived(interface=step.name, sg=step.sg))
        case "active":
            return router.handle(SourcesActive(sgs=frozenset({step.sg})))
        case "assert":
            return router.hears(step.name, step.speaker, claim(step))
        case "route":
            return router.routes_change(step.sg.source, step.route)
        case "way to the rp":
            return router.routes_change(RP, step.route)
        case "interface":
            return router.up(step.name, step.interface) if step.flag else router.down(step.name)
        case _:
            return router.handle(membership(step))


def asked(upstream: str, step: Step) -> JoinPrune:
    return entries(upstream, join=step.join, prune=step.prune)


def claim(step: Step) -> Assert:
    return Assert(
        group=EncodedGroup(address=G),
        source=step.sg.source,
        rpt=step.flag,
        preference=100,
        metric=step.neighbor,
    )


def membership(step: Step) -> MembershipChanged:
    return MembershipChanged(
        interface=step.name,
        group=G,
        source=None if step.kind == "member of any" else step.sg.source,
        joined=step.flag,
        refused=step.kind == "refusal",
    )


def follow(told: dict[TreeName, TreeUpdate], outputs: list[PimOutput]) -> None:
    """Follow the updates as a forwarding plane does; each must change something."""
    for output in outputs:
        match output:
            case TreeUpdate(tree=name):
                assert told.get(name) != output
                assert output.incoming not in output.outgoing
                assert output.incoming is None or not output.from_registers
                told[name] = output
            case TreeRemoved(tree=name):
                del told[name]


def assert_shown(router: Router, told: dict[TreeName, TreeUpdate]) -> None:
    """What `show` prints is what the forwarding plane was told."""
    sources = {t.sg: t for t in router.engine.trees(router.now)}
    groups = {t.group: t for t in router.engine.shared_trees(router.now)}
    for name, update in told.items():
        view = sources[name] if isinstance(name, SourceGroup) else groups[name.group]
        assert (view.incoming, view.rpf_neighbor) == (update.incoming, update.rpf_neighbor)
        assert {out.interface for out in view.outgoing} == update.outgoing


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([IMMEDIATE, NEVER]), st.lists(steps, max_size=40))
def test_what_was_told_is_what_is_shown_and_nothing_is_left_behind(
    config: object, plan: list[Step]
) -> None:
    router = Router(config=IMMEDIATE if config is IMMEDIATE else NEVER)
    told: dict[TreeName, TreeUpdate] = {}
    for index, name in enumerate("ab", start=1):
        router.up(name, index)
        router.enable(name)
    for step in plan:
        follow(told, play(router, step))
        follow(told, [output for _, output in router.run(until=router.now + step.wait)])
        assert_shown(router, told)
    for name in "ab":
        follow(told, router.down(name))
    follow(told, [output for _, output in router.run(until=router.now + 1000.0)])
    assert told == {}
    assert router.engine.trees(router.now) == ()
    assert router.engine.shared_trees(router.now) == ()
    assert router.engine.next_deadline() is None


wishes = st.lists(
    st.tuples(
        st.sampled_from(["r2", "r3"]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([0.0, 0.1, 1.0, 2.9, 3.1, 61.0]),
    ),
    max_size=15,
)


@settings(deadline=None, max_examples=30)
@given(wishes, st.booleans(), st.integers(0, 2**32))
def test_members_on_a_lan_get_every_packet_of_who_they_want_and_none_of_who_they_refuse(
    plan: list[tuple[str, bool, bool, float]], lossy: bool, seed: int
) -> None:
    """r1, the RP, is the DR of the source, and r2 and r3 have hosts, on one LAN. Hosts join and
    leave the group, or refuse the source; Join/Prunes may get lost while they do."""
    network = Lan()
    rng = Random(seed)
    network.router("r1", IMMEDIATE, lan="10.0.0.1/24", src="192.0.2.2/24")
    network.router("r2", NEVER, lan="10.0.0.2/24", h2="10.2.0.1/24")
    network.router("r3", NEVER, lan="10.0.0.3/24", h3="10.3.0.1/24")
    network.rpf["r1"][RP] = Rpf("lo0", None, is_local=True)
    network.route("r1", S, "src", None)
    for name in ("r2", "r3"):
        network.route(name, RP, "lan", "10.0.0.1")
        network.route(name, S, "lan", "10.0.0.1")
    network.run(until=40.0)
    if lossy:
        network.loses = lambda router, packet: network.now > 40.0 and rng.random() < 0.3
    state = {"r2": (False, False), "r3": (False, False)}
    for name, joined, refused, wait in plan:
        state[name] = joined, refused
        for source, value in ((S, refused), (None, joined)):
            network.tell(
                name,
                MembershipChanged(
                    interface=f"h{name[1]}",
                    group=G,
                    source=source,
                    joined=value,
                    refused=source is not None,
                ),
            )
        network.run(until=network.now + wait)
    network.loses = lambda router, packet: False
    network.run(until=network.now + 300.0)
    network.send(SG, "src")
    wanted = {f"h{n[1]}": int(joined and not refused) for n, (joined, refused) in state.items()}
    seen = network.send(SG, "src")
    assert {lan: seen[lan] for lan in wanted} == wanted
    assert seen["lan"] == max(wanted.values())
