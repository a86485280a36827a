"""RFC 5015 3.5: several routers on a link elect one Designated Forwarder, whatever gets lost."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.engine.engine import InterfaceDown
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import RoutesChanged, Rpf
from tests.protocols.pim.network import Network
from tests.protocols.pim.router import ip

RPA = ip("10.9.0.1")
CONFIG = PimConfig(rps=(StaticRp(address=RPA, bidirectional=True),))


def metric_is(network: Network, name: str, metric: int) -> None:
    network.rpf[name][RPA] = Rpf("up", ip("10.0.1.1"), preference=110, metric=metric)
    if name in network.engines:
        network.tell(name, RoutesChanged())


def link(*metrics: int) -> Network:
    """Routers r1, r2, ... on one LAN, each with a way of its own to the RP."""
    network = Network()
    for number, metric in enumerate(metrics, start=1):
        name = f"r{number}"
        network.rpf[name] = {}
        metric_is(network, name, metric)
        network.router(name, CONFIG, lan=f"10.0.0.{number}/24")
    return network


def dfs(network: Network) -> set[tuple[str, bool]]:
    """Who is the DF as each router sees it; and whether it takes itself for that."""
    views = {name: e.designated_forwarders(network.now)[0] for name, e in network.engines.items()}
    return {(str(view.df), view.state == "win") for view in views.values()}


def agreed_on(number: int) -> set[tuple[str, bool]]:
    address = f"10.0.0.{number}"
    return {(address, True), (address, False)}


def test_the_best_metric_wins_and_all_know() -> None:
    network = link(30, 10, 20)
    network.run(until=10.0)
    assert dfs(network) == agreed_on(2)


def test_of_equal_metrics_the_highest_address_wins() -> None:
    network = link(10, 10, 10)
    network.run(until=10.0)
    assert dfs(network) == agreed_on(3)


def test_a_router_that_gets_better_takes_over_by_pass() -> None:
    network = link(30, 10, 20)
    network.run(until=40.0)
    network.lines.clear()
    metric_is(network, "r1", 5)
    network.run(until=42.0)
    assert dfs(network) == agreed_on(1)
    messages = [line.split("> lan: ")[1] for line in network.lines if "Metric" in line]
    assert [text.split("(")[0] for text in messages] == ["Offer", "Backoff", "Pass"]


def test_a_late_router_learns_who_is_the_df_and_changes_nothing() -> None:
    network = link(30, 10)
    network.run(until=40.0)
    network.rpf["r3"] = {}
    metric_is(network, "r3", 20)
    network.router("r3", CONFIG, lan="10.0.0.3/24")
    network.run(until=80.0)
    assert dfs(network) == agreed_on(2)


def test_when_the_df_leaves_the_next_best_takes_over() -> None:
    network = link(30, 10, 20)
    network.run(until=40.0)
    network.tell("r2", InterfaceDown(name="lan"))
    del network.engines["r2"]
    network.lans["lan"].remove("r2")
    network.run(until=42.0)
    assert dfs(network) == agreed_on(3)


def test_pes_elect_on_a_pmsi_as_on_a_lan() -> None:
    """RFC 6513 11: with PIM among the PEs "the standard LAN-based DF election procedure"."""
    network = Network()
    behind = {"pe1": ("mdt", 0), "pe2": ("ce", 20), "pe3": ("ce", 10), "pe4": ("mdt", 0)}
    for number, (name, (interface, metric)) in enumerate(behind.items(), start=1):
        via = ip("192.0.2.3") if interface == "mdt" else ip("10.0.9.9")
        network.rpf[name] = {RPA: Rpf(interface, via, preference=110, metric=metric)}
        network.router(name, CONFIG, mdt=f"192.0.2.{number}/32")
    network.run(until=10.0)
    assert dfs(network) == {("192.0.2.3", True), ("192.0.2.3", False)}


@settings(max_examples=40)
@given(
    metrics=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    later=st.lists(st.integers(1, 4), min_size=4, max_size=4),
    seed=st.integers(0, 2**32),
    loss=st.sampled_from([0.1, 0.3, 0.6]),
)
def test_whatever_was_lost_one_router_is_the_df_in_the_end(
    metrics: list[int], later: list[int], seed: int, loss: float
) -> None:
    network, rng = link(*metrics), Random(seed)
    network.loses = lambda router, packet: rng.random() < loss
    network.run(until=60.0)
    for name, metric in zip(network.engines, later, strict=False):
        metric_is(network, name, metric)
        network.run(until=network.now + rng.random())
    network.run(until=120.0)
    network.loses = lambda router, packet: False
    network.run(until=420.0)
    metrics = later[: len(metrics)]
    best = max(range(len(metrics)), key=lambda at: (-metrics[at], at))
    assert dfs(network) == agreed_on(best + 1)
