"""Faults of a running switch's links. P4Runtime knows none; the target has an RPC beside it."""

from __future__ import annotations

from softswitch.fault_rpc import FaultReport, ask_faults

__all__ = ["FaultReport", "ask_faults"]
