"""Data MDTs in lab files: what is a mistake, what routers are told, and the lab that shows them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from controlplane.cli.main import main
from controlplane.lab.load import Lab
from controlplane.mvpn.s_pmsi.config import FlowFilter, SPmsiConfig, SPmsiTimers, Threshold
from tests.lab.mistakes import mistakes

LoadText = Callable[[str], Lab]

LAB = Path(__file__).parents[2] / "mininet" / "labs" / "data-mdt.yaml"
AT_5000 = Path(__file__).with_name("data-mdt-5000.yaml")
"""5,000 packets a second across the switch and back."""
POOL = IPv4Network("232.10.1.0/28")


def with_data_mdt(small: str, data_mdt: str) -> str:
    default = "default_mdt: 232.10.0.1"
    return small.replace(default, f"{default}, data_mdt: {data_mdt}")


def told(lab: Lab, router: str) -> SPmsiConfig:
    (vrf,) = lab.plan.routers[router].vrfs
    assert vrf.mvpn is not None
    return vrf.mvpn.s_pmsi


@pytest.mark.parametrize(
    ("data_mdt", "config"),
    [
        ("{pool: 232.10.1.0/28}", SPmsiConfig(pool=POOL)),
        ("{pool: 232.10.1.0/28, threshold: immediate}", SPmsiConfig(pool=POOL)),
        (
            "{pool: 232.10.1.0/28, threshold: 1000}",
            SPmsiConfig(pool=POOL, threshold=Threshold(1000, 800)),
        ),
        (
            "{pool: 232.10.1.0/28, threshold: 1000, return_below: 1}",
            SPmsiConfig(pool=POOL, threshold=Threshold(1000, 1)),
        ),
        (
            "{pool: 232.10.1.0/28, flows: 232.1.0.0/16}",
            SPmsiConfig(pool=POOL, flows=(FlowFilter(IPv4Network("232.1.0.0/16")),)),
        ),
        (
            "{pool: 232.10.1.0/28, flows: [232.1.0.0/16, {group: 232.2.0.0/16, "
            "source: 10.1.0.0/16}]}",
            SPmsiConfig(
                pool=POOL,
                flows=(
                    FlowFilter(IPv4Network("232.1.0.0/16")),
                    FlowFilter(IPv4Network("232.2.0.0/16"), IPv4Network("10.1.0.0/16")),
                ),
            ),
        ),
        (
            "{pool: 232.10.1.0/28, delay: 1, timeout: 9, holddown: 0, interval: 3, sampling: 0.5}",
            SPmsiConfig(
                pool=POOL,
                timers=SPmsiTimers(delay=1, timeout=9, holddown=0, interval=3, sampling=0.5),
            ),
        ),
    ],
)
def test_every_pe_of_the_vpn_is_told_of_its_data_mdts(
    load_text: LoadText, small: str, data_mdt: str, config: SPmsiConfig
) -> None:
    lab = load_text(with_data_mdt(small, data_mdt))
    assert [told(lab, pe) for pe in ("pe1", "pe2")] == [config, config]


def test_without_a_pool_a_pe_sends_none(load_text: LoadText, small: str) -> None:
    assert told(load_text(small), "pe1") == SPmsiConfig()


@pytest.mark.parametrize(
    ("data_mdt", "expected"),
    [
        ("{}", "vpns.red.data_mdt.pool: is missing"),
        ("{pool: 232.10.1.0/28, tresh: 1}", "vpns.red.data_mdt.tresh: unknown key"),
        ("{pool: 239.1.0.0/28}", "vpns.red.data_mdt.pool: 239.1.0.0/28 is not in 232.0.0.0/8"),
        (
            "{pool: 232.10.0.0/24}",
            "vpns.red.data_mdt.pool: 232.10.0.1 in 232.10.0.0/24 is the group of red's default",
        ),
        (
            "{pool: 232.10.1.0/28, flows: 10.0.0.0/8}",
            "vpns.red.data_mdt.flows[0].group: 10.0.0.0/8 has no multicast groups",
        ),
        ("{pool: 232.10.1.0/28, threshold: 0}", "vpns.red.data_mdt.threshold: 0 is neither"),
        ("{pool: 232.10.1.0/28, threshold: soon}", "vpns.red.data_mdt.threshold: soon is neither"),
        (
            "{pool: 232.10.1.0/28, return_below: 5}",
            "vpns.red.data_mdt.return_below: needs a `threshold` in kbit/s",
        ),
        (
            "{pool: 232.10.1.0/28, threshold: 4, return_below: 5}",
            "vpns.red.data_mdt.return_below: 5 is above the threshold, 4",
        ),
        (
            "{pool: 232.10.1.0/28, interval: 200}",
            "vpns.red.data_mdt.timeout: bindings would time out: Joins come each 200 s",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_field(
    load_text: LoadText, small: str, data_mdt: str, expected: str
) -> None:
    found = mistakes(load_text, with_data_mdt(small, data_mdt))
    assert any(line.startswith(expected) for line in found), found


def test_two_vpns_have_no_groups_in_common(load_text: LoadText, small: str) -> None:
    blue = "{rd: 65000:2, profile: 0, default_mdt: 232.10.0.2, data_mdt: {pool: 232.10.1.8/29}}"
    text = with_data_mdt(small, "{pool: 232.10.1.0/28}")
    text = text.replace("vpns:\n", f"vpns:\n  blue: {blue}\n")
    expected = "vpns.red.data_mdt.pool: 232.10.1.0/28 and the pool of blue, 232.10.1.8/29, have"
    assert any(line.startswith(expected) for line in mistakes(load_text, text))


def test_data_mdts_need_a_profile(load_text: LoadText, small: str) -> None:
    text = with_data_mdt(small, "{pool: 232.10.1.0/28}").replace("profile: 0, ", "")
    assert "vpns.red.data_mdt: needs a `profile`" in mistakes(load_text, text)


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize(("path", "count"), [(LAB, 22), (AT_5000, 14)], ids=["lab", "5000/s"])
def test_every_expectation_of_a_lab_holds(
    capsys: pytest.CaptureFixture[str], path: Path, count: int
) -> None:
    code = main(["lab", "check", str(path), "--target", "sim", "--json"])
    verdict = json.loads(capsys.readouterr().out)
    assert [row for row in verdict["rows"] if not row["ok"]] == []
    assert (code, len(verdict["rows"])) == (0, count)


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ("flows: 232.1.1.0/24", "flows: 232.1.0.0/16", "red-news once on"),
        ("return_below: 500", "return_below: 1", "GRE pe1 → 232.10.0.1, after 20 s"),
    ],
)
def test_the_lab_fails_without_what_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, fails: str
) -> None:
    text = LAB.read_text()
    assert old in text
    path = tmp_path / "lab.yaml"
    path.write_text(text.replace(old, new))
    assert main(["lab", "check", str(path), "--target", "sim", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert any(fails in row["expectation"] for row in rows if not row["ok"])
