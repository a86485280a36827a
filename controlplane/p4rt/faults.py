"""Faults of links, as values: what the embedded target makes of them, the simulator makes too.

The words are the target's own, so that they are the same on its command line, in a lab file and in
`mvpn lab fault`.
"""

from __future__ import annotations

from softswitch.faults import Direction, FaultError, Faults, fault_words, parse_faults

__all__ = ["Direction", "FaultError", "Faults", "fault_words", "parse_faults"]
