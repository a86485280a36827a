"""FRR's pimd as a neighbour that hears the RP-Set of our Bootstrap Router, and joins our RP."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Address
from random import Random
from typing import Any, Final

import pytest

from controlplane.net.multicast import AnySource
from controlplane.protocols.pim.config import BootstrapTimes, CandidateBsr, CandidateRp, PimConfig
from controlplane.protocols.pim.engine import PimEngine
from controlplane.protocols.pim.events import PimEnabled, PimSettings, Rpf
from controlplane.wire.ipv4 import IpProtocol
from tests.peers.frr import Frr, missing_frr
from tests.peers.namespace import Namespace, cable
from tests.peers.wire import Wire, eventually

_MISSING: Final = missing_frr("pimd")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(_MISSING is not None, reason=_MISSING or ""),
]

OURS, THEIRS, GROUP = "10.0.0.1", "10.0.0.2", "239.1.1.1"
PIMD = """
interface eth0
 ip pim
 ip pim hello 1
!
interface eth1
 ip pim
 ip igmp
!
"""
CONFIG = PimConfig(
    candidate_bsr=CandidateBsr(address=IPv4Address(OURS)),
    candidate_rps=(CandidateRp(address=IPv4Address(OURS), priority=7),),
    bootstrap_times=BootstrapTimes(period=200.0, timeout=450.0, minimum_interval=1.0),
)


def rpf(root: IPv4Address, group: IPv4Address) -> Rpf | None:
    """We are the BSR and the RP; all else is behind the cable."""
    here = root == IPv4Address(OURS)
    return Rpf("eth0", None, is_local=True) if here else Rpf("eth0", IPv4Address(THEIRS))


class Pair:
    """Our engine and FRR's daemon on one cable; a LAN of hosts behind FRR."""

    def __init__(self, stack: ExitStack) -> None:
        ours = stack.enter_context(Namespace())
        theirs = stack.enter_context(Namespace())
        hosts = stack.enter_context(Namespace())
        cable(ours, theirs, "eth0", "eth0")
        cable(hosts, theirs, "eth0", "eth1")
        theirs.address("eth0", f"{THEIRS}/24")
        theirs.address("eth1", "10.0.1.2/24")
        self.frr = Frr(theirs, {"pimd": PIMD})
        engine = PimEngine(rpf=rpf, rng=Random(1), config=CONFIG)
        self.wire = stack.enter_context(Wire(engine, ours, protocols=(IpProtocol.PIM,)))
        self.wire.up("eth0", f"{OURS}/24")
        settings = PimSettings(hello_period=1.0, triggered_hello_delay=0.2)
        self.wire.tell(PimEnabled(interface="eth0", settings=settings))

    def bsr(self) -> dict[str, Any]:
        return dict(self.frr.json("show ip pim bsr json"))

    def rps(self) -> list[dict[str, Any]]:
        """What FRR knows of our RP."""
        return list(self.frr.json("show ip pim rp-info json").get(OURS, []))

    def knows_the_rp(self) -> bool:
        return any(rp["source"] == "BSR" for rp in self.rps())


@pytest.fixture
def pair(stack: ExitStack) -> Pair:
    made = Pair(stack)
    eventually(made.knows_the_rp, made.wire)
    return made


def test_it_learns_our_bsr_and_our_rp(pair: Pair) -> None:
    assert pair.bsr()["bsr"] == OURS
    (rp,) = pair.rps()
    assert (rp["group"], rp["outboundInterface"]) == ("224.0.0.0/4", "eth0")


def test_it_joins_our_rp_for_a_host(pair: Pair) -> None:
    pair.frr.configure("interface eth1", f"ip igmp join {GROUP}")
    eventually(lambda: pair.wire.engine.shared_trees(pair.wire.now), pair.wire)
    (tree,) = pair.wire.engine.shared_trees(pair.wire.now)
    assert (tree.group, str(tree.rp)) == (IPv4Address(GROUP), OURS)
    assert [outgoing.interface for outgoing in tree.outgoing] == ["eth0"]
    published = [o for o in pair.wire.outputs if o.tree == AnySource.of(IPv4Address(GROUP))]
    assert published[-1].outgoing == frozenset({"eth0"})


def test_when_it_starts_anew_it_is_told_at_once(pair: Pair) -> None:
    """RFC 5059 3.5: long before the next period, for which this would not wait."""
    pair.frr.kill("pimd")
    pair.frr.start("pimd")
    eventually(pair.knows_the_rp, pair.wire)
