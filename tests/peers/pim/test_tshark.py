"""What FRR and our routers have said to each other on the site, as tshark reads it.

Alone, that is how they met; after the others of this folder, all that these had them say.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from controlplane.lab.judge.capture import read_captures
from tests.peers.pim.site import Site
from tests.peers.tap import write

pytestmark = pytest.mark.live


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not on PATH")
def test_no_message_is_malformed(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "site.pcap"
    write(path, *site.taps)
    capture = read_captures({"site": path}, frozenset())["site"]
    assert not capture.malformed
    assert capture.frames > 0
