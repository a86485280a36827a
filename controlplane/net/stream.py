"""What a packet of a lab's stream says of itself."""

from __future__ import annotations

from struct import Struct
from typing import Final

NUMBERS: Final = Struct("!IQ")
"""How each payload starts: the stream's number in four octets, the packet's in eight.

`lab/testbed/host_agent.py` has the same once more, since it runs on the standard library alone.
"""
