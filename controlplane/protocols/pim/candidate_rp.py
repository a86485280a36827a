"""A router that would be an RP tells the Bootstrap Router so (RFC 5059 3.2).

As soon as a BSR is elected, and as often again as COUNT says, after a random C_RP_Adv_Backoff each;
then with each C_RP_Adv_Period. Each set of ranges that the operator gives goes in a message of its
own, unicast to the BSR from the RP's address, and is believed for 2.5 periods.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from controlplane.engine.time import Instant
from controlplane.net.multicast import ALL_PIM_ROUTERS
from controlplane.protocols.pim.config import CandidateRp
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.protocols.pim.timers import CandidateRpAdvertisementTimer
from controlplane.protocols.pim.unicast import send_unicast
from controlplane.wire.pim.address import EncodedGroup
from controlplane.wire.pim.bootstrap import CandidateRpAdvertisement

_ADVERTISEMENT_BACKOFF: Final = 3.0
"""C_RP_Adv_Backoff: a random part of it."""

_REPETITIONS: Final = 2
"""RFC 5059 3.2: "setting a counter to 2", so that the BSR is told three times."""

_HOLDTIME_FACTOR: Final = 2.5
"""RFC 5059 4.2, in C_RP_Adv_Periods."""

_TIMER: Final = CandidateRpAdvertisementTimer()


class CandidateRps:
    def __init__(self, instance: PimInstance) -> None:
        self._instance = instance
        self._bsr: IPv4Address | None = None
        self._repetitions = 0

    def bsr_is(self, bsr: IPv4Address | None, now: Instant) -> None:
        """Who is the BSR now; only another one than before must be told at once."""
        if not self._instance.config.candidate_rps or bsr == self._bsr:
            return
        self._bsr = bsr
        if bsr is None:
            self._instance.timers.cancel(_TIMER)
        else:
            self._repetitions = _REPETITIONS
            self._back_off(now)

    def advertise(self, now: Instant) -> tuple[CandidateRpAdvertisement, ...]:
        """CRPT expires: what to tell the BSR."""
        if self._repetitions:
            self._repetitions -= 1
            self._back_off(now)
        else:
            self._instance.timers.set(_TIMER, now + self._period)
        return tuple(map(self._advertisement, self._instance.config.candidate_rps))

    def send(self, advertisement: CandidateRpAdvertisement, bsr: IPv4Address) -> None:
        """To a BSR that is another router; none is sent while no route leads there."""
        route = self._instance.mrib(bsr, ALL_PIM_ROUTERS)
        if route is not None:
            send_unicast(
                self._instance,
                advertisement,
                Count.TX_CANDIDATE_RP,
                interface=route.interface,
                source=advertisement.rp_address,
                destination=bsr,
            )

    @property
    def _period(self) -> float:
        return self._instance.config.bootstrap_times.advertisement_period

    def _back_off(self, now: Instant) -> None:
        delay = self._instance.rng.uniform(0, _ADVERTISEMENT_BACKOFF)
        self._instance.timers.set(_TIMER, now + delay)

    def _advertisement(self, rp: CandidateRp) -> CandidateRpAdvertisement:
        return CandidateRpAdvertisement(
            rp_address=rp.address,
            priority=rp.priority,
            holdtime=int(_HOLDTIME_FACTOR * self._period),
            groups=tuple(EncodedGroup.of(g, bidirectional=rp.bidirectional) for g in rp.groups),
        )
