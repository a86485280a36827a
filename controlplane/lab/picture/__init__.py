"""A picture of a lab as SVG: the topology, and the trees that grew in it."""

from __future__ import annotations

from pathlib import Path

from controlplane.lab.errors import LabError
from controlplane.lab.load import Lab
from controlplane.lab.picture.drawing import draw
from controlplane.lab.snapshot import Snapshot


def write_picture(lab: Lab, snapshot: Snapshot | None, path: Path) -> None:
    """Draw the lab into a file; without a snapshot, the topology alone."""
    try:
        path.write_text(draw(lab, snapshot), encoding="utf-8")
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None
