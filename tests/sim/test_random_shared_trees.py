"""Random networks whose trees are shared: customers' groups in sparse or bidirectional mode, with
the rendezvous point anywhere, over P-tunnels of every kind; flows of every other lab get data MDTs.

What happens to them, and what must hold, is that of `test_random_networks`. In sparse mode packets
may be lost or come twice while a source is found and routers change to its tree (RFC 7761 4.2.1),
so streams are let go by before one is judged. When all have left, shared trees are gone; an (S,G)
lives on until its Keepalive Timer ends. P-tunnels change with what went through them, so that is
said of customers' trees alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import yaml

from controlplane.net.interface import DEFAULT_VRF
from tests.sim.random_labs import random_lab
from tests.sim.test_random_networks import Play

SEEDS = range(6)
GROUP = "239.1.1.1"
ADVERTISED = 40.0
"""By then BGP's MinRouteAdvertisementInterval has passed, and every router knows the RPs."""
KEEPALIVE = 450.0
"""A DR keeps a source for 210 s, and tells the RP so, which keeps it for 185 s more."""


def shared_lab(seed: int) -> str:
    """A random lab with a rendezvous point in each VPN, and one in the core where it is needed."""
    rng = random.Random(seed)
    lab: dict[str, Any] = yaml.safe_load(random_lab(seed))
    core = [name for name, router in lab["routers"].items() if router["role"] != "ce"]
    tunnels = rng.choice(["3", "pim-gre-sm", "pim-gre-bidir"])
    if tunnels != "3":
        bidirectional = tunnels == "pim-gre-bidir"
        rp = {"address": rng.choice(core), "groups": "239.10.0.0/16"}
        lab["provider"]["rp"] = [{**rp, "bidirectional": bidirectional}]
    for number, (vpn, spec) in enumerate(lab["vpns"].items(), start=1):
        group = f"232.10.0.{number}" if tunnels == "3" else f"239.10.0.{number}"
        sites = [name for name in lab["routers"] if name.startswith(f"{vpn}-ce")]
        pes = [next(iter(link["ends"])) for link in lab["links"] if link.get("vpn") == vpn]
        mode = rng.choice([{}, {}, {"bidirectional": True}])
        rp = {"address": rng.choice(sites + pes), "groups": "239.1.0.0/16", **mode}
        spt = rng.choice(["immediate", "never"])
        spec |= {"profile": tunnels, "default_mdt": group, "rp": [rp], "spt": spt}
        if seed % 2 == 0:
            spec["data_mdt"] = {"pool": f"232.11.{number}.0/30", "delay": 1.0}
        lab["streams"][vpn]["to"] = GROUP
    return yaml.safe_dump(lab, sort_keys=False)


class SharedPlay(Play):
    """Hosts join any source of the group."""

    group = GROUP

    def __init__(self, seed: int, folder: Path) -> None:
        super().__init__(seed, folder, shared_lab(seed))

    def _membership(self) -> Iterator[tuple[str, IPv4Address | None]]:
        return ((host, None) for hosts in self.joined.values() for host in hosts)

    def customers_state(self) -> dict[str, list[dict[str, Any]]]:
        """That of VRFs, and of CEs."""
        return {
            router: [row for row in rows if row["vrf"] != DEFAULT_VRF or "-ce" in router]
            for router, rows in self.multicast_state().items()
        }

    def settled_deliveries(self) -> dict[tuple[str, str], list[int]]:
        """Of a second stream: the first one has made the trees."""
        self.deliveries()
        self.rest(5.0)
        self.deliveries()
        self.rest(5.0)
        return self.deliveries()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_receiver_gets_each_packet_once_and_nothing_is_left(
    seed: int, tmp_path: Path
) -> None:
    with closing(SharedPlay(seed, tmp_path)) as play:
        play.rest(ADVERTISED)
        before = play.customers_state()
        play.join()
        assert play.settled_deliveries() == play.expected()
        if link := play.spare_link():
            play.set_link(link, up=False)
            assert play.settled_deliveries() == play.expected(), f"without {link}"
            play.set_link(link, up=True)
            assert play.settled_deliveries() == play.expected(), f"with {link} again"
        play.leave()
        assert play.deliveries() == {}
        play.rest(KEEPALIVE)
        assert play.customers_state() == before
