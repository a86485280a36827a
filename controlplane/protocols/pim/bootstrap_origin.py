"""What the elected BSR itself says: its RP-Set, with BS_Period, or soon after it changed.

RFC 5059 3.3: between two of its messages there must be BS_Min_Interval at least.
"""

from __future__ import annotations

from controlplane.engine.time import Instant
from controlplane.protocols.pim.bootstrap_candidates import CandidateRpSet
from controlplane.protocols.pim.bootstrap_fragments import fragments
from controlplane.protocols.pim.bootstrap_machine import Weight
from controlplane.protocols.pim.bootstrap_sender import BootstrapSender
from controlplane.protocols.pim.config import CandidateBsr
from controlplane.protocols.pim.counters import Count
from controlplane.protocols.pim.instance import PimInstance
from controlplane.wire.pim.bootstrap import Bootstrap, CandidateRpAdvertisement


class BootstrapOrigin:
    """`candidates` is the C-RP-Set while this router is the BSR."""

    def __init__(
        self, instance: PimInstance, sender: BootstrapSender, candidate: CandidateBsr
    ) -> None:
        self._instance = instance
        self._sender = sender
        self._candidate = candidate
        self._times = instance.config.bootstrap_times
        self._sent: Instant | None = None
        self.candidates = CandidateRpSet(instance.timers, self._times)

    @property
    def weight(self) -> Weight:
        return Weight(self._candidate.priority, self._candidate.address)

    def originate(self, now: Instant) -> tuple[Bootstrap, ...]:
        """Send the RP-Set: the message in its fragments, none when the last one was just sent."""
        if self._sent is not None and now < self._sent + self._times.minimum_interval:
            return ()
        self._sent = now
        messages = self._messages(now)
        for message in messages:
            self._sender.flood(message)
        return messages

    def next_time(self, now: Instant) -> Instant:
        """When the next message is due, the last one sent now or held back."""
        if self._sent is None or self._sent == now:
            return now + self._times.period
        return self._sent + self._times.minimum_interval

    def receive(self, message: CandidateRpAdvertisement, now: Instant) -> bool:
        """Take an advertisement; whether the RP-Set is another one now."""
        if self._candidate.accepts(message.rp_address):
            return self.candidates.receive(message, now)
        self._instance.counters[Count.DROP_CANDIDATE_RP_REFUSED] += 1
        return False

    def _messages(self, now: Instant) -> tuple[Bootstrap, ...]:
        message = Bootstrap(
            fragment_tag=self._instance.rng.getrandbits(16),
            hash_mask_length=self._candidate.hash_mask_length,
            bsr_priority=self._candidate.priority,
            bsr_address=self._candidate.address,
            ranges=self.candidates.announce(now),
        )
        mtu = self._sender.smallest_mtu()
        return (message,) if mtu is None else fragments(message, mtu)
