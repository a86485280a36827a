"""Rows of data MDTs: what IOS knows as `show ip pim vrf X mdt send` and `mdt receive`."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.mvpn.s_pmsi.show import ReceivedView, SentView
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds, text
from controlplane.router.vrf import Vrf


def data_mdt(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """Own flows and the bindings of other PEs; `direction` tells which."""
    if vrf.s_pmsi is None:
        return []
    sent = [_sent(vrf, view) for view in vrf.s_pmsi.sent(now)]
    return sent + [_received(vrf, view) for view in vrf.s_pmsi.received(now)]


def _sent(vrf: Vrf, view: SentView) -> Row:
    return {
        "vrf": vrf.name,
        "direction": "sent",
        "source": str(view.flow.source),
        "group": str(view.flow.group),
        "mdt_group": text(view.group),
        "state": view.state.value,
        "rate": view.rate,
        "flows_in_group": view.users,
        "uptime": seconds(view.uptime),
        "expires": seconds(view.expires),
        "next_join": seconds(view.next_join),
    }


def _received(vrf: Vrf, view: ReceivedView) -> Row:
    return {
        "vrf": vrf.name,
        "direction": "received",
        "root": str(view.root),
        "mdt_group": str(view.group),
        "source": str(view.flow.source),
        "group": str(view.flow.group),
        "joined": view.joined,
        "uptime": seconds(view.uptime),
        "expires": seconds(view.expires),
    }
