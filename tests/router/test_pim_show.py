"""`show` of RPs, the Bootstrap Router, Asserts, Registers and Designated Forwarders."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from controlplane.protocols.pim.config import CandidateBsr, CandidateRp, PimConfig, StaticRp
from controlplane.protocols.pim.events import DataArrived, Rpf
from controlplane.router.show.pim import pim_assert, pim_df, pim_register
from controlplane.router.show.rp import pim_bsr, pim_rp
from tests.protocols.pim.assert_lan import SPARSE, square, wants_group
from tests.protocols.pim.lan import Lan
from tests.protocols.pim.register_lan import RP, SG, network, wants
from tests.router.pim_vrf import rows

BSR, LEARNT_RP, RPA = (IPv4Address(text) for text in ("10.0.1.1", "10.0.1.2", "10.9.0.1"))


def test_rps_are_ranges_first_and_then_groups_with_the_reason() -> None:
    lan = network()
    wants(lan)
    assert rows(lan, "rp", pim_rp, RP) == [
        {
            "vrf": "default",
            "groups": "224.0.0.0/4",
            "rp": "192.0.2.100",
            "mode": "sparse",
            "origin": "static",
            "override": False,
            "priority": None,
            "expires": None,
            "table": "mapping",
            "i_am_rp": True,
        },
        {
            "vrf": "default",
            "group": "239.1.1.1",
            "rp": "192.0.2.100",
            "mode": "sparse",
            "groups": "224.0.0.0/4",
            "reason": "the only one with the longest match",
            "table": "group",
            "i_am_rp": True,
        },
    ]


def test_a_router_without_the_address_is_not_the_rp() -> None:
    lan = network()
    (row,) = rows(lan, "dr", pim_rp)
    assert row["i_am_rp"] is False


@pytest.fixture
def elected() -> Lan:
    """r1, the BSR, and r2, which would be an RP, on one link."""
    lan = Lan()
    lan.rpf = {
        "r1": {BSR: Rpf("a", None, is_local=True), LEARNT_RP: Rpf("a", None)},
        "r2": {BSR: Rpf("a", None), LEARNT_RP: Rpf("a", None, is_local=True)},
    }
    lan.router("r1", PimConfig(candidate_bsr=CandidateBsr(address=BSR)), a="10.0.1.1/24")
    candidate = CandidateRp(address=LEARNT_RP, priority=7)
    lan.router("r2", PimConfig(candidate_rps=(candidate,)), a="10.0.1.2/24")
    lan.run(until=40.0)
    return lan


def test_the_bsr_knows_itself_and_who_would_be_an_rp(elected: Lan) -> None:
    (row,) = rows(elected, "r1", pim_bsr, BSR)
    (candidate,) = row["candidate_rps"]
    assert (row["state"], row["address"], row["priority"], row["i_am_bsr"]) == (
        "elected BSR",
        "10.0.1.1",
        64,
        True,
    )
    assert (candidate["rp"], candidate["groups"], candidate["priority"]) == (
        "10.0.1.2",
        "224.0.0.0/4",
        7,
    )
    assert row["advertises"] is None


def test_others_know_the_bsr_and_when_they_advertise_themselves(elected: Lan) -> None:
    (row,) = rows(elected, "r2", pim_bsr, LEARNT_RP)
    assert (row["state"], row["address"], row["i_am_bsr"], row["candidate_rps"]) == (
        "accept preferred",
        "10.0.1.1",
        False,
        [],
    )
    assert row["advertises"] is not None


def test_what_the_bsr_says_of_rps_expires(elected: Lan) -> None:
    (row,) = rows(elected, "r1", pim_rp, BSR)
    assert (row["origin"], row["rp"], row["priority"]) == ("bootstrap", "10.0.1.2", 7)
    assert row["expires"] is not None


def test_no_bsr_is_told_too() -> None:
    (row,) = rows(network(), "core", pim_bsr)
    assert (row["state"], row["address"], row["i_am_bsr"]) == ("accept any", None, False)


@pytest.mark.parametrize(("name", "state"), [("r1", "L"), ("r2", "W"), ("r3", "L")])
def test_routers_of_a_link_agree_on_who_forwards_onto_it(name: str, state: str) -> None:
    """The way of r2 to the RP is the shorter one; r3 overhears that."""
    lan = square()
    wants_group(lan, "r3", "c")
    wants_group(lan, "r4", "d")
    lan.stream(SPARSE, "source", seconds=2)
    (row,) = rows(lan, name, pim_assert)
    assert row == {
        "vrf": "default",
        "interface": "lan",
        "source": "*",
        "group": "239.1.1.1",
        "state": state,
        "winner": "10.0.0.2",
        "rpt": True,
        "preference": 110,
        "metric": 10,
        "expires": 176.0 if state == "W" else 179.0,
    }


def test_a_dr_says_which_sources_it_registers_and_with_whom() -> None:
    lan = network()
    wants(lan)
    lan.tell("dr", DataArrived(interface="source", sg=SG))
    assert rows(lan, "dr", pim_register) == [
        {
            "vrf": "default",
            "state": "J",
            "rp": "192.0.2.100",
            "stopped": None,
            "source": "10.9.0.50",
            "group": "239.1.1.1",
        }
    ]


def test_an_rp_that_has_joined_the_source_stops_the_dr_for_a_while() -> None:
    lan = network()
    wants(lan)
    lan.stream(SG, "source", seconds=4)
    (row,) = rows(lan, "dr", pim_register)
    assert row["state"] == "P"
    assert row["stopped"] is not None


def test_each_link_of_a_bidirectional_domain_has_a_designated_forwarder() -> None:
    config = PimConfig(rps=(StaticRp(address=RPA, bidirectional=True),))
    lan = Lan()
    lan.rpf["r1"] = {RPA: Rpf("up", IPv4Address("10.0.1.1"), preference=110, metric=10)}
    lan.router("r1", config, down="10.0.2.2/24")
    lan.run(until=40.0)
    (row,) = rows(lan, "r1", pim_df)
    assert row == {
        "vrf": "default",
        "rpa": "10.9.0.1",
        "interface": "down",
        "state": "win",
        "df": "10.0.2.2",
        "preference": 110,
        "metric": 10,
        "uptime": row["uptime"],
    }
