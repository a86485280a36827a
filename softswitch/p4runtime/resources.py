"""Counters and meters as the engine has them <-> P4Runtime's messages.

The same values serve the direct resources of table entries and the cells of arrays.
"""

from __future__ import annotations

from finsy.proto import p4r

from softswitch.engine import CounterValue, MeterConfig
from softswitch.p4runtime.status import invalid


def read_counter(message: p4r.CounterData) -> CounterValue:
    """A counter's new value."""
    if message.packet_count < 0 or message.byte_count < 0:
        raise invalid("a counter cannot be negative")
    return CounterValue(message.packet_count, message.byte_count)


def write_counter(value: CounterValue) -> p4r.CounterData:
    """A counter's value for a reader; signed 64 bits wide there."""
    limit = (1 << 63) - 1
    return p4r.CounterData(
        packet_count=min(value.packets, limit), byte_count=min(value.bytes, limit)
    )


def read_meter(message: p4r.MeterConfig) -> MeterConfig:
    """A meter's new configuration (RFC 2698: the peak rate is not below the committed one)."""
    if message.eburst:
        raise invalid("eburst is for single-rate meters, this is a two-rate one")
    config = MeterConfig(message.cir, message.cburst, message.pir, message.pburst)
    if min(config.cir, config.cburst, config.pir, config.pburst) < 0:
        raise invalid("a meter's rates and bursts cannot be negative")
    if config.pir < config.cir:
        raise invalid(f"a meter's peak rate ({config.pir}) is below its committed ({config.cir})")
    return config


def write_meter(config: MeterConfig) -> p4r.MeterConfig:
    """A meter's configuration for a reader."""
    return p4r.MeterConfig(
        cir=config.cir, cburst=config.cburst, pir=config.pir, pburst=config.pburst
    )
