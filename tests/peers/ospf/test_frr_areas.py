"""Area borders and AS boundaries, with FRR's ospfd on either side of each.

The cable is in area 1. The border router has its own networks in the backbone, the internal router
has them in area 1; each redistributes a route of its own where the area allows it.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

import pytest

from controlplane.protocols.ospf.events import BACKBONE, AreaKind, AreaSettings
from controlplane.wire.ospf.bodies import ExternalLsa
from tests.peers.ospf.pair import THEIR_EXTERNAL, Pair, Plan, own_networks
from tests.peers.ospf.tables import Table
from tests.peers.wire import eventually

pytestmark = pytest.mark.live

AREA = "0.0.0.1"
DEFAULT = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Kind:
    """How an area is configured here and there."""

    kind: AreaKind
    summaries: bool
    frr: str | None

    def settings(self) -> AreaSettings:
        return AreaSettings(id=IPv4Address(AREA), kind=self.kind, summaries=self.summaries)

    def process(self, is_border: bool) -> tuple[str, ...]:
        """`no-summary` is for the border router alone."""
        if self.frr is None:
            return ()
        words = self.frr if self.summaries or not is_border else f"{self.frr} no-summary"
        return (f"area {AREA} {words}",)


NORMAL = Kind(AreaKind.NORMAL, True, None)
STUB = Kind(AreaKind.STUB, True, "stub")
TOTALLY_STUBBY = Kind(AreaKind.STUB, False, "stub")
NSSA = Kind(AreaKind.NSSA, True, "nssa")
TOTALLY_NSSA = Kind(AreaKind.NSSA, False, "nssa")


def plan(kind: Kind, border: int) -> Plan:
    backbone = str(BACKBONE)
    return Plan(
        link_area=AREA,
        our_area=backbone if border == 1 else AREA,
        their_area=backbone if border == 2 else AREA,
        areas=(AreaSettings(id=BACKBONE), kind.settings()),
        process=(THEIR_EXTERNAL, *kind.process(border == 2)),
    )


def external(side: int) -> Table:
    """What a side redistributes, in the table of the other."""
    words = {1: "external 2 5 via 10.0.0.1", 2: "external 1 17 via 10.0.0.2"}
    return {f"192.168.{side}.0/24": words[side]}


def default(kind: Kind, border: int) -> Table:
    """The default route that a border router tells the area (RFC 2328 12.4.3.1, RFC 3101 2.7).

    Into an NSSA with summaries we tell it as type 7, as the RFC has it, and FRR as a summary.
    """
    if kind is NSSA and border == 1:
        return {DEFAULT: f"external 2 1 via 10.0.0.{border}"}
    return {DEFAULT: f"inter-area 11 via 10.0.0.{border}"}


def border_table(kind: Kind, border: int, internal: int) -> Table:
    own, of_internal = own_networks(border, internal)
    told = {} if kind.kind is AreaKind.STUB else external(internal)
    return own | of_internal | told


def internal_table(kind: Kind, border: int, internal: int) -> Table:
    own, of_border = own_networks(internal, border)
    table = dict(own)
    if kind.summaries:
        words = {prefix: of_border[prefix].replace("intra", "inter") for prefix in of_border}
        table |= words
    if kind.kind is not AreaKind.STUB:
        table |= external(border)
    if kind is not NORMAL:
        table |= default(kind, border)
    return table


@pytest.mark.parametrize("border", [1, 2], ids=["ours is the border", "FRR is the border"])
@pytest.mark.parametrize(
    "kind",
    [NORMAL, STUB, TOTALLY_STUBBY, NSSA, TOTALLY_NSSA],
    ids=["normal", "stub", "totally stubby", "NSSA", "totally NSSA"],
)
def test_each_side_of_a_border_learns_what_the_area_takes(
    stack: ExitStack, kind: Kind, border: int
) -> None:
    pair = Pair(stack, plan(kind, border))
    pair.tell_external()
    at_border = border_table(kind, border, 3 - border)
    inside = internal_table(kind, border, 3 - border)
    ours, theirs = (at_border, inside) if border == 1 else (inside, at_border)
    pair.reaches(ours, theirs)


class TestTranslation:
    """RFC 3101 3.2: the border router tells the other areas what the NSSA redistributes."""

    def test_we_tell_as_type_5_what_frr_told_as_type_7(self, stack: ExitStack) -> None:
        pair = Pair(stack, plan(NSSA, 1))
        eventually(lambda: ours_of_type_5(pair).get("192.168.2.0"), pair.wire)
        translated = ours_of_type_5(pair)["192.168.2.0"]
        assert (translated.metric, translated.type2) == (7, False)
        assert translated.forwarding_address in (
            IPv4Address("10.0.0.2"),
            IPv4Address("10.9.0.2"),
            IPv4Address("10.2.0.1"),
        )

    def test_frr_tells_as_type_5_what_we_told_as_type_7(self, stack: ExitStack) -> None:
        pair = Pair(stack, plan(NSSA, 2))
        pair.tell_external()
        eventually(lambda: "192.168.1.0/24" in theirs_of_type_5(pair), pair.wire)
        told = theirs_of_type_5(pair)["192.168.1.0/24"]
        assert (told["advertisedRouter"], told["metricType"], told["tag"]) == ("10.9.0.2", "E2", 77)


def ours_of_type_5(pair: Pair) -> dict[str, ExternalLsa]:
    return {
        str(view.header.link_state_id): view.body
        for database in pair.wire.engine.databases(pair.wire.now)
        if database.area is None
        for view in database.lsas
        if view.is_own and isinstance(view.body, ExternalLsa)
    }


def theirs_of_type_5(pair: Pair) -> dict[str, dict[str, Any]]:
    shown = pair.frr.json("show ip ospf database json").get("asExternalLinkStates", [])
    return {lsa["route"]: lsa for lsa in shown}
