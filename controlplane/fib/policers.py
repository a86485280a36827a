"""How much of each punt class reaches the CPU, and why that much.

A class is policed by itself, so a flood of one kind never starves another. The rates leave room
for a PE with 10,000 customer (S,G), and are far below what a control plane can take.
"""

from __future__ import annotations

from typing import Final

from controlplane.fib.model import Policer
from controlplane.net.punt import PuntReason

DEFAULT_POLICERS: Final = frozenset(
    {
        # A LAN's hosts all ask at once after a power cut; each asks again within a second.
        Policer(PuntReason.ARP, rate=500, burst=250),
        # PIM of 1,000 PEs on each of many PMSIs: hellos each 30 s, joins each 60 s, in bursts.
        Policer(PuntReason.LINK_LOCAL, rate=2000, burst=1000),
        # Reports to one query are spread over its response time, 10 s; 10,000 of them fit.
        Policer(PuntReason.IGMP, rate=2000, burst=1000),
        # ICMP echo for people.
        Policer(PuntReason.TO_ME, rate=1000, burst=500),
        # 10,000 label mappings or routes of a peer are some 300 full segments, and as many
        # acknowledgements the other way: ten peers that start at once fit the burst.
        Policer(PuntReason.ROUTING, rate=5000, burst=5000),
        # 100 sessions at 50 ms; the burst is what they send in a detection time of three.
        Policer(PuntReason.BFD, rate=2000, burst=300),
        # RFC 1812 4.3.2.8 limits ICMP errors anyway: no more is worth the way to the CPU.
        Policer(PuntReason.TTL_EXPIRED, rate=100, burst=50),
        Policer(PuntReason.TOO_LARGE, rate=100, burst=50),
        # A whole datagram of 64 kB is 45 of them, in copies for some interfaces. Who sends more a
        # second than this has to send smaller packets.
        Policer(PuntReason.TO_FRAGMENT, rate=500, burst=250),
        # One packet starts the resolution; the others of the flow are dropped until it ends.
        Policer(PuntReason.GLEAN, rate=200, burst=100),
        # The first packet of a source makes PIM act (RFC 7761 4.2), the others are samples. A
        # packet that is lost here has the next one of its source to stand in for it.
        Policer(PuntReason.NO_MULTICAST_ROUTE, rate=200, burst=100),
        Policer(PuntReason.RPF_FAILED, rate=200, burst=100),
        Policer(PuntReason.NEW_SOURCE, rate=200, burst=100),
        # DRs send each packet of a source in one until they are told to stop; null ones of 10,000
        # sources come each minute.
        Policer(PuntReason.REGISTER, rate=500, burst=250),
        Policer(PuntReason.REGISTER_TAKEN, rate=500, burst=250),
        # The CPU drops what is not for itself.
        Policer(PuntReason.IP_OPTIONS, rate=20, burst=10),
    }
)
