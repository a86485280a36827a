"""Labs of VPNs on live switches: FRR as CEs, a site on two PEs, trees of every kind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.live.played import assert_right, play

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

_TIMES: Final = {
    "l3vpn-frr": {"within: 5}": "within: 10}", "within: 6}": "within: 12}"},
    "frr-ce": {},
    "multihomed-site": {},
    "c-rp-at-customer": {},
    "rosen-bidir": {},
    "data-mdt": {},
}
"""FRR and we meet again, and tell each other the routes, when each has tried and been heard."""

NEEDS_FRR = pytest.mark.skipif(
    not Path("/usr/lib/frr/pimd").exists(), reason="FRR is not installed"
)


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
@pytest.mark.parametrize(
    ("lab", "count"),
    [
        pytest.param("l3vpn-frr", 17, marks=NEEDS_FRR),
        pytest.param("frr-ce", 29, marks=NEEDS_FRR),
        ("multihomed-site", 27),
        ("c-rp-at-customer", 22),
        ("rosen-bidir", 16),
        ("data-mdt", 22),
    ],
)
def test_every_expectation_of_a_vpn_lab_holds(lab: str, count: int, tmp_path: Path) -> None:
    rows = play(lab, "softswitch", tmp_path, _TIMES[lab])
    assert_right(rows, speed="receives .* within 1 s of")
    assert len(rows) == count
