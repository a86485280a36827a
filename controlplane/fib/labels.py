"""The incoming label map (RFC 3031 3.11): what becomes of packets that come with our labels.

The label of a VRF has what is below looked up there (RFC 4364 4.3.2). That of one prefix says all
by itself, so the packet goes to the neighbours that the route leads to without another look-up;
where these are whoever is on a subnet, or this router, it is looked up after all.
"""

from __future__ import annotations

from typing import Final

from controlplane.fib.model import GLOBAL_VRF, LabelRoute, PopAndLookUp
from controlplane.fib.unicast import Goal, forward
from controlplane.net.label import EXPLICIT_NULL, FIRST_LABEL, Label
from controlplane.protocols.ldp.events import FecBinding


def incoming_label(binding: FecBinding | None) -> Label | None:
    """The label that packets of a FEC come with.

    FECs that end here have reserved ones, if any: EXPLICIT_NULL_ROUTE is there without them.
    """
    if binding is None or binding.local is None or binding.local < FIRST_LABEL:
        return None
    return binding.local


def fec_label_route(label: Label | None, goal: Goal | None) -> LabelRoute | None:
    """The entry of a FEC that has a label of ours and is reached through neighbours."""
    return LabelRoute(label, forward(goal.way)) if label is not None and goal else None


def prefix_label_route(label: Label, vrf: int, goal: Goal | None) -> LabelRoute:
    """The entry of a VRF's prefix that has a label; `goal` is where its neighbours are, if any."""
    return LabelRoute(label, forward(goal.way) if goal else PopAndLookUp(vrf))


EXPLICIT_NULL_ROUTE: Final = LabelRoute(EXPLICIT_NULL, PopAndLookUp(GLOBAL_VRF))
"""RFC 3032 2.1: label 0 asks for a look-up of the IPv4 header."""
