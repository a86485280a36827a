"""Data MDTs of a VPN: the groups, which flows get one, and the timers."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from controlplane.lab.file.values import Interval, Model, Prefix, Seconds
from controlplane.mvpn.s_pmsi.config import (
    ANY,
    FlowFilter,
    SPmsiConfig,
    SPmsiTimers,
    Threshold,
)

_FASTEST: Final = 1_000_000_000

Rate: TypeAlias = Annotated[int, Field(ge=1, le=_FASTEST)]
"""In kbit/s."""

_RETURN_SHARE: Final = 0.8


class Flows(Model):
    """The flows of some groups, and of some sources where these are given."""

    group: Prefix
    source: Prefix = ANY


def _rate_or_immediate(value: object) -> object:
    is_rate = type(value) is int and 1 <= value <= _FASTEST
    if is_rate or value == "immediate":
        return value
    raise ValueError(f"{value} is neither `immediate` nor a rate in kbit/s")


def _flow_list(value: object) -> object:
    """A prefix is short for the flows of its groups, and one of them for a list."""
    items = value if isinstance(value, list) else [value]
    return [{"group": item} if isinstance(item, str) else item for item in items]


class DataMdt(Model):
    """S-PMSIs by S-PMSI Joins (RFC 6513 7.4.2); rates count packets as they come from the CE."""

    pool: Prefix
    threshold: Annotated[
        Rate | Literal["immediate"],
        BeforeValidator(_rate_or_immediate, json_schema_input_type=Rate | Literal["immediate"]),
    ] = "immediate"
    return_below: Rate | None = None
    """The rate at which a flow goes back, if not four fifths of the threshold."""
    flows: Annotated[
        list[Flows],
        BeforeValidator(_flow_list, json_schema_input_type=Prefix | Flows | list[Prefix | Flows]),
    ] = Field(default_factory=list)
    delay: Seconds = SPmsiTimers().delay
    timeout: Interval = SPmsiTimers().timeout
    holddown: Seconds = SPmsiTimers().holddown
    interval: Interval = SPmsiTimers().interval
    sampling: Interval = SPmsiTimers().sampling

    def config(self) -> SPmsiConfig:
        """As routers are told it."""
        return SPmsiConfig(
            pool=self.pool,
            threshold=self._threshold(),
            flows=tuple(FlowFilter(one.group, one.source) for one in self.flows),
            timers=SPmsiTimers(
                delay=self.delay,
                timeout=self.timeout,
                holddown=self.holddown,
                interval=self.interval,
                sampling=self.sampling,
            ),
        )

    def _threshold(self) -> Threshold | None:
        if self.threshold == "immediate":
            return None
        return Threshold(self.threshold, self.return_below or int(self.threshold * _RETURN_SHARE))
