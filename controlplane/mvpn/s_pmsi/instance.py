"""What the parts of one S-PMSI engine share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from controlplane.engine.timers import Timers
from controlplane.mvpn.s_pmsi.config import SPmsiConfig
from controlplane.mvpn.s_pmsi.events import SPmsiOutput
from controlplane.mvpn.s_pmsi.timers import SPmsiTimer


@dataclass(slots=True, kw_only=True)
class SPmsiInstance:
    """`me` is this PE, `pmsi` the MI-PMSI, which takes packets of `mtu` octets."""

    me: IPv4Address
    pmsi: str
    mtu: int
    config: SPmsiConfig
    timers: Timers[SPmsiTimer] = field(default_factory=Timers)
    counters: Counter[str] = field(default_factory=Counter)
    outputs: list[SPmsiOutput] = field(default_factory=list)
