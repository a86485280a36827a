"""What a program says of its packets, put into words (codegen/logs.py has the form of a message).

A message is its level, as Python numbers them, and its text; in the text stands for each value a
zero, the number of its octets in two octets, and the value in two's complement.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

# Where the switch emits them; ports have nine bits (runtime/switch.h).
LOG_PORT = 513

_log = logging.getLogger(__name__)


def say(message: bytes) -> None:
    """Write a message to the log; what a controller lets go to that port may be empty."""
    if message:
        _log.log(message[0], "%s", text(message))


def text(message: bytes) -> str:
    """The text of a message with its values in decimal, as BMv2 has them."""
    return "".join(_pieces(message))


def _pieces(message: bytes) -> Iterator[str]:
    at = 1
    while at < len(message):
        place = message.find(b"\0", at)
        end = len(message) if place < 0 else place
        yield message[at:end].decode(errors="replace")
        at = end
        if place >= 0:
            value = place + 3
            at = value + int.from_bytes(message[place + 1 : value], "big")
            yield str(int.from_bytes(message[value:at], "big", signed=True))
