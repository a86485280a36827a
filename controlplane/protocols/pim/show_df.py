"""Designated Forwarders as `show` commands print them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.time import Duration, Instant
from controlplane.protocols.pim.df_election import DfElection
from controlplane.protocols.pim.df_elections import DfElections
from controlplane.protocols.pim.timers import DfTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class DfView:
    """One election. `df` is None while there is none; preference and metric are those of the DF."""

    rpa: IPv4Address
    interface: str
    state: str
    df: IPv4Address | None
    preference: int | None
    metric: int | None
    uptime: Duration | None


def designated_forwarders(elections: DfElections, now: Instant) -> tuple[DfView, ...]:
    """All elections, by RP address and interface."""
    known = sorted(
        elections.elections.items(), key=lambda known: (known[0].rpa, known[0].interface)
    )
    return tuple(_view(name, election, now) for name, election in known)


def _view(name: DfTimer, election: DfElection, now: Instant) -> DfView:
    df = election.df
    return DfView(
        rpa=name.rpa,
        interface=name.interface,
        state=election.state.value,
        df=df.address if df else None,
        preference=df.metric.preference if df else None,
        metric=df.metric.metric if df else None,
        uptime=now - election.since if df else None,
    )
