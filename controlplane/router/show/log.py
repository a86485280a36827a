"""Rows of what protocols have told: who came, who went, and why."""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds
from controlplane.router.vrf import Vrf


def ospf_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "ospf", now)


def ldp_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "ldp", now)


def bfd_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "bfd", now)


def pim_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "pim", now)


def bgp_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "bgp", now)


def mvpn_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "mvpn", now)


def _log(router: Router, vrf: Vrf, engine: str, now: Instant) -> list[Row]:
    """The newest last."""
    return [
        {"vrf": vrf.name, "age": seconds(now - one.at), "text": one.notice.words()}
        for one in router.log.of(vrf.name, engine)
    ]
