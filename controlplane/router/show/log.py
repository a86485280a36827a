"""Rows of what protocols have told: who came, who went, and why."""

from __future__ import annotations

from heapq import merge

from controlplane.engine.notice import TimedNotice
from controlplane.engine.time import Instant
from controlplane.router.router import Router
from controlplane.router.show.row import Row, seconds
from controlplane.router.vrf import Vrf


def ospf_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "ospf", now=now)


def ldp_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "ldp", now=now)


def bfd_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "bfd", now=now)


def pim_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "pim", now=now)


def bgp_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    return _log(router, vrf, "bgp", now=now)


def mvpn_log(router: Router, vrf: Vrf, now: Instant) -> list[Row]:
    """Of PEs that come and go, and of data MDTs."""
    return _log(router, vrf, "mvpn", "s-pmsi", now=now)


def _log(router: Router, vrf: Vrf, *engines: str, now: Instant) -> list[Row]:
    """The newest last."""
    told = merge(*(router.log.of(vrf.name, engine) for engine in engines), key=_at)
    return [
        {"vrf": vrf.name, "age": seconds(now - one.at), "text": one.notice.words()} for one in told
    ]


def _at(one: TimedNotice) -> Instant:
    return one.at
