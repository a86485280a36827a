"""MPLS labels (RFC 3032 2.1): 20 bits, the first sixteen of them reserved."""

from __future__ import annotations

from typing import Final, TypeAlias

Label: TypeAlias = int

EXPLICIT_NULL: Final[Label] = 0
"""IPv4 explicit null: pop, and forward by the IPv4 header."""

ROUTER_ALERT: Final[Label] = 1

IMPLICIT_NULL: Final[Label] = 3
"""Never on the wire: who is told it pops instead of swapping (penultimate hop popping)."""

FIRST_LABEL: Final[Label] = 16
LAST_LABEL: Final[Label] = (1 << 20) - 1
