"""`show mroute` of groups that have RPs, along the ways of packets and Registers."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from controlplane.net.multicast import SourceGroup
from controlplane.protocols.igmp.events import MembershipChanged
from controlplane.protocols.pim.config import PimConfig, SptPolicy, StaticRp
from controlplane.protocols.pim.events import DataArrived, Rpf
from controlplane.router.show.mroute import mroute
from tests.protocols.pim.lan import Lan
from tests.protocols.pim.register_lan import CONFIG, RP, SG, network, wants
from tests.router.pim_vrf import AnyRow, rows

STAR, SOURCE = f"(*, {SG.group})", str(SG)
RPA, G = IPv4Address("10.9.0.1"), IPv4Address("239.1.1.1")


def named(found: list[AnyRow]) -> dict[str, AnyRow]:
    return {f"({row['source']}, {row['group']})": row for row in found}


def flags(lan: Lan, name: str) -> dict[str, object]:
    found = named(rows(lan, name, mroute, config=CONFIG))
    return {tree: row["flags"] for tree, row in found.items()}


def pick(row: AnyRow, *keys: str) -> AnyRow:
    return {key: row[key] for key in keys}


@pytest.fixture
def lan() -> Lan:
    """A receiver waits, a second long."""
    lan = network()
    wants(lan)
    lan.run(until=41.0)
    return lan


@pytest.fixture
def streaming(lan: Lan) -> Lan:
    """The source has sent a packet a second since, and routers have left the shared tree."""
    lan.stream(SG, "source", seconds=4)
    return lan


def test_a_shared_tree_has_a_star_for_its_source_and_names_the_rp(lan: Lan) -> None:
    (row,) = rows(lan, "core", mroute, config=CONFIG)
    assert row == {
        "vrf": "default",
        "source": "*",
        "group": "239.1.1.1",
        "rp": "192.0.2.100",
        "i_am_rp": False,
        "state": "J",
        "uptime": 1.0,
        "incoming": "b",
        "rpf_neighbor": "10.2.0.3",
        "join_timer": 59.0,
        "flags": ["sparse"],
        "keepalive": None,
        "register": "NI",
        "accepted": [],
        "outgoing": [
            {
                "interface": "c",
                "why": ["join"],
                "state": "J",
                "expires": 209.0,
                "prune_pending": None,
            }
        ],
        "rpt_pruned": [],
    }


def test_the_rp_knows_itself(lan: Lan) -> None:
    (row,) = rows(lan, "rp", mroute, RP, config=CONFIG)
    assert pick(row, "rp", "i_am_rp", "incoming", "flags") == {
        "rp": "192.0.2.100",
        "i_am_rp": True,
        "incoming": None,
        "flags": ["sparse"],
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (SptPolicy.IMMEDIATE, ["sparse", "connected", "join SPT"]),
        (SptPolicy.NEVER, ["sparse", "connected"]),
    ],
)
def test_who_serves_members_joins_their_sources_unless_it_never_does(
    policy: SptPolicy, expected: list[str]
) -> None:
    config = replace(CONFIG, spt=policy)
    lan = network(config)
    wants(lan)
    (row,) = rows(lan, "last", mroute, config=config)
    assert row["flags"] == expected


def test_a_dr_registers_and_has_nobody_else_to_send_to(lan: Lan) -> None:
    lan.tell("dr", DataArrived(interface="source", sg=SG))
    (row,) = rows(lan, "dr", mroute, config=CONFIG)
    assert pick(row, "source", "incoming", "register", "keepalive", "flags", "outgoing") == {
        "source": "10.9.0.50",
        "incoming": "source",
        "register": "J",
        "keepalive": 210.0,
        "flags": ["sparse", "pruned", "register", "SPT"],
        "outgoing": [],
    }


def test_the_rp_joins_a_source_whose_packets_still_come_in_registers(lan: Lan) -> None:
    lan.tell("dr", DataArrived(interface="source", sg=SG))
    lan.send(SG, "source")
    assert flags(lan, "rp")[SOURCE] == ["sparse", "join SPT"]


def test_each_router_on_the_way_says_which_tree_it_is_on(streaming: Lan) -> None:
    assert flags(streaming, "dr") == {SOURCE: ["sparse", "register", "SPT"]}
    assert flags(streaming, "core") == {
        STAR: ["sparse"],
        SOURCE: ["sparse", "RPT pruned", "SPT"],
    }
    assert flags(streaming, "rp") == {
        STAR: ["sparse"],
        SOURCE: ["sparse", "pruned", "RPT pruned"],
    }
    assert flags(streaming, "last") == {
        STAR: ["sparse", "connected", "join SPT"],
        SOURCE: ["sparse", "SPT"],
    }


def test_an_interface_without_joins_of_its_own_is_inherited(streaming: Lan) -> None:
    row = named(rows(streaming, "last", mroute, config=CONFIG))[SOURCE]
    assert row["outgoing"] == [
        {
            "interface": "hosts",
            "why": ["inherited"],
            "state": "NI",
            "expires": None,
            "prune_pending": None,
        }
    ]


def test_the_rp_says_who_does_not_want_the_source_from_it(streaming: Lan) -> None:
    row = named(rows(streaming, "rp", mroute, RP, config=CONFIG))[SOURCE]
    (pruned,) = row["rpt_pruned"]
    assert pick(pruned, "interface", "state", "prune_pending") == {
        "interface": "b",
        "state": "P",
        "prune_pending": None,
    }


def test_a_groups_shared_tree_stands_before_those_of_its_sources(streaming: Lan) -> None:
    other = SourceGroup(SG.source, IPv4Address("239.0.0.1"))
    wants_too = MembershipChanged(
        interface="hosts", group=IPv4Address("239.2.0.0"), source=None, joined=True
    )
    streaming.tell("last", wants_too)
    streaming.tell("last", replace(wants_too, group=other.group, source=other.source))
    assert [*named(rows(streaming, "last", mroute, config=CONFIG))] == [
        str(other),
        STAR,
        SOURCE,
        "(*, 239.2.0.0)",
    ]


def bidirectional() -> Lan:
    """r0, at the RP address, -up- r1 -down- r2, with hosts behind r1 and r2."""
    config = PimConfig(rps=(StaticRp(address=RPA, bidirectional=True),))
    lan = Lan()
    lan.rpf = {
        "r0": {RPA: Rpf("lo", None, is_local=True)},
        "r1": {RPA: Rpf("up", IPv4Address("10.0.1.1"), preference=110, metric=10)},
        "r2": {RPA: Rpf("down", IPv4Address("10.0.2.2"), preference=110, metric=20)},
    }
    lan.router("r0", config, up="10.0.1.1/24")
    lan.router("r1", config, up="10.0.1.2/24", down="10.0.2.2/24", hosts="10.0.3.2/24")
    lan.router("r2", config, down="10.0.2.3/24", leaf="10.0.4.3/24")
    lan.run(until=40.0)
    for name, interface in (("r1", "hosts"), ("r2", "leaf")):
        lan.tell(name, MembershipChanged(interface=interface, group=G, source=None, joined=True))
    return lan


def test_a_bidirectional_tree_has_a_way_up_and_takes_packets_of_all_its_links() -> None:
    (row,) = rows(bidirectional(), "r1", mroute)
    assert pick(row, "source", "rp", "flags", "incoming", "rpf_neighbor", "accepted") == {
        "source": "*",
        "rp": "10.9.0.1",
        "flags": ["bidirectional", "connected"],
        "incoming": "up",
        "rpf_neighbor": "10.0.1.1",
        "accepted": ["down", "hosts", "up"],
    }
    assert [(one["interface"], one["why"]) for one in row["outgoing"]] == [
        ("down", ["join"]),
        ("hosts", ["local"]),
        ("up", ["upstream"]),
    ]


def test_there_is_no_way_up_from_the_rp() -> None:
    (row,) = rows(bidirectional(), "r0", mroute)
    assert pick(row, "incoming", "accepted") == {"incoming": None, "accepted": ["up"]}


def test_a_shared_tree_over_a_pmsi_takes_packets_of_every_pe() -> None:
    lan = Lan()
    lan.rpf["pe1"] = {RP: Rpf("pmsi", IPv4Address("192.0.2.2"))}
    lan.router("pe1", CONFIG, pmsi="192.0.2.1/32", site="10.1.0.1/24")
    lan.router("pe2", CONFIG, pmsi="192.0.2.2/32")
    lan.run(until=40.0)
    wants(lan, "pe1", "site")
    (row,) = rows(lan, "pe1", mroute, config=CONFIG)
    assert pick(row, "incoming", "rpf_neighbor", "accepted") == {
        "incoming": "pmsi",
        "rpf_neighbor": "192.0.2.2",
        "accepted": ["pmsi"],
    }
