"""A small lab to take apart, and the demo lab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from controlplane.lab.load import Lab, load

DEMO = Path(__file__).parents[2] / "mininet" / "labs" / "rosen-ssm.yaml"

SMALL = """\
routers:
  pe1: {role: pe}
  pe2: {role: pe}
  p1: {role: p}
  ce1: {role: ce}
  ce2: {role: ce}
hosts:
  src: {}
  rcv: {}
links:
  - {ends: [pe1, p1]}
  - {ends: [p1, pe2]}
  - {ends: [pe1, ce1], vpn: red}
  - {ends: [pe2, ce2], vpn: red}
  - {name: lan1, ends: [ce1, src]}
  - {name: lan2, ends: [ce2, rcv]}
vpns:
  red: {rd: 65000:1, profile: 0, default_mdt: 232.10.0.1}
"""


@pytest.fixture
def load_text(tmp_path: Path) -> Callable[[str], Lab]:
    """Load a lab from the text of its file, `lab.yaml`."""

    def load_it(text: str) -> Lab:
        path = tmp_path / "lab.yaml"
        path.write_text(dedent(text))
        return load(path)

    return load_it


@pytest.fixture
def small() -> str:
    """Two PEs, a P, a site at each PE, and nothing happens."""
    return SMALL


@pytest.fixture(scope="session")
def demo() -> Lab:
    return load(DEMO)


@pytest.fixture
def demo_path() -> Path:
    return DEMO
