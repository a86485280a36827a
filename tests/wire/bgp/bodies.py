"""Bodies of UPDATE messages: what is sent, and what is put together by hand."""

from __future__ import annotations

from typing import Final

from controlplane.wire.bgp.framing import MessageBuffer
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import MessageType
from controlplane.wire.bgp.terms import Terms
from controlplane.wire.bgp.update import Reach
from controlplane.wire.bgp.update_encoding import encode_updates

TERMS: Final = Terms(internal=True, families=frozenset(Family))


def bodies(messages: bytes) -> list[bytes]:
    read = list(MessageBuffer().feed(messages))
    assert all(one.type is MessageType.UPDATE for one in read)
    return [one.body for one in read]


def announced(reach: Reach, terms: Terms = TERMS) -> bytes:
    """The body of the one message that it goes into."""
    (body,) = bodies(b"".join(encode_updates(reach, terms)))
    return body


def body(withdrawn: str = "", attributes: str = "", nlri: str = "") -> bytes:
    first, second = bytes.fromhex(withdrawn), bytes.fromhex(attributes)
    lengths = [len(part).to_bytes(2, "big") for part in (first, second)]
    return lengths[0] + first + lengths[1] + second + bytes.fromhex(nlri)
