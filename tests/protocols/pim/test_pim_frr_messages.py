"""Messages of FRR's pimd (8.4), octet for octet as they were on a link, and what we make of them.

Those that FRR sends only after half a minute; what it says sooner is in tests/peers/pim.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, StaticRp
from controlplane.protocols.pim.events import Rpf
from controlplane.protocols.pim.show import RptPruneView
from tests.protocols.pim.router import Router, hello, ip

FOREVER: Final = 0xFFFF
UP: Final = Rpf("up", ip("10.0.2.2"), preference=120)

CHANGED_TREES: Final = bytes.fromhex(
    "2300787d 0100ac10000d 000100d2"  # to 172.16.0.13: one group, 210 s
    "01000020ef010101 00010001"  # 239.1.1.1: one joined, one pruned
    "01000720ac1f0002 010005200a01010a"  # (*,G) of the RP 172.31.0.2; 10.1.1.10 on that tree
)
ASSERT: Final = bytes.fromhex(
    "2500e14d 01000020e8030001 01000a01050a"  # 232.3.0.1, of 10.1.5.10
    "0000006e 00000014"  # 110/20
)


def router_with(address: str, frr: str, roots: list[IPv4Address], config: PimConfig) -> Router:
    """FRR is the only neighbour on `link`; all roots are behind one on `up`."""
    router = Router(dict.fromkeys(roots, UP), config=config)
    router.up("link", 1, address=address)
    router.up("up", 2)
    for name in ("link", "up"):
        router.enable(name)
    router.hears("link", frr, hello(holdtime=FOREVER))
    router.hears("up", "10.0.2.2", hello(holdtime=FOREVER))
    router.run(until=10.0)
    return router


def test_when_it_changes_to_the_tree_of_a_source_it_prunes_it_off_that_of_the_rp() -> None:
    frr, rp, source = "172.16.0.14", ip("172.31.0.2"), ip("10.1.1.10")
    config = PimConfig(rps=(StaticRp(address=rp),))
    router = router_with("172.16.0.13/30", frr, [rp, source], config)
    router.hears_bytes("link", frr, CHANGED_TREES)
    router.run(until=10.0)  # a lone neighbour's Prune does not wait
    (shared,) = router.engine.shared_trees(router.now)
    assert [outgoing.interface for outgoing in shared.outgoing] == ["link"]
    assert router.tree.sg == SourceGroup(source, ip("239.1.1.1"))
    pruned = RptPruneView(interface="link", state="P", expires=210.0, prune_pending=None)
    assert (router.tree.rpt_pruned, router.tree.outgoing) == ((pruned,), ())


def test_its_assert_of_a_better_metric_makes_us_stop() -> None:
    frr, sg = "10.1.0.2", SourceGroup(ip("10.1.5.10"), ip("232.3.0.1"))
    router = router_with("10.1.0.3/24", frr, [sg.source], PimConfig())
    router.handle(
        MembershipChanged(interface="link", group=sg.group, source=sg.source, joined=True)
    )
    assert router.outgoing.interface == "link"
    router.hears_bytes("link", frr, ASSERT)
    (lost,) = router.engine.asserts(router.now)
    assert (lost.state, lost.winner) == ("L", ip(frr))
    assert (lost.metric.preference, lost.metric.metric) == (110, 20)
    assert router.tree.outgoing == ()
