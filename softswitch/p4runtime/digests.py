"""Digests on their way to the controller (sections "DigestEntry", "Digest Messages").

A controller asks for a digest by writing its entry. From then on messages gather in a list until
it is full or old enough. What is in a list that is sent is not sent again until the controller has
acknowledged the list, or has not for so long that it must have lost it.

No clock: time is an argument, in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from finsy.proto import p4r

from softswitch.bmv2json.model import Pipeline
from softswitch.digests import DigestDecoder, Values
from softswitch.p4runtime.digest_types import Digest
from softswitch.p4runtime.p4info import P4Info, look_up
from softswitch.p4runtime.status import Code, P4RuntimeError, invalid
from softswitch.p4runtime.store import UpdateType


@dataclass(slots=True)
class _Learning:
    """One digest that is asked for."""

    digest: Digest
    config: p4r.DigestEntry.Config
    lists: int = 0
    pending: list[Values] = field(default_factory=list)
    due_us: int = 0
    sent: dict[int, tuple[int, frozenset[Values]]] = field(default_factory=dict)

    def add(self, values: Values, now_us: int) -> p4r.DigestList | None:
        """A message has come; the list if it is full."""
        if self._known(values, now_us):
            return None
        if not self.pending:
            self.due_us = now_us + self.config.max_timeout_ns // 1000
        self.pending.append(values)
        full = 0 < self.config.max_list_size <= len(self.pending)
        return self.flush(now_us) if full or not self.config.max_timeout_ns else None

    def _known(self, values: Values, now_us: int) -> bool:
        if not self.config.ack_timeout_ns:
            return False
        oldest = now_us - self.config.ack_timeout_ns // 1000
        self.sent = {number: item for number, item in self.sent.items() if item[0] > oldest}
        return values in self.pending or any(values in item for _, item in self.sent.values())

    def flush(self, now_us: int) -> p4r.DigestList:
        """What is pending, as a list."""
        self.lists += 1
        message = p4r.DigestList(
            digest_id=self.digest.id,
            list_id=self.lists,
            data=map(self.digest.to_data, self.pending),
            timestamp=now_us * 1000,
        )
        if self.config.ack_timeout_ns:
            self.sent[self.lists] = (now_us, frozenset(self.pending))
        self.pending.clear()
        return message


class Digests:
    """The store of digest entries, and the lists that they let through."""

    def __init__(self, info: P4Info, program: Pipeline) -> None:
        self._digests = info.digests
        self._decoder = DigestDecoder(program)
        self._by_list = _bind(info.digests, program)
        self._learning: dict[int, _Learning] = {}

    # -- entries -------------------------------------------------------------------------------

    def write(self, kind: UpdateType, message: p4r.DigestEntry) -> None:
        digest = look_up(self._digests, message.digest_id, "digest")
        exists = digest.id in self._learning
        if kind is UpdateType.INSERT and exists:
            raise P4RuntimeError(Code.ALREADY_EXISTS, f"digest {digest.name} has an entry already")
        if kind is not UpdateType.INSERT and not exists:
            raise P4RuntimeError(Code.NOT_FOUND, f"digest {digest.name} has no entry")
        if kind is UpdateType.DELETE:
            del self._learning[digest.id]
            return
        config = _checked(digest, message)
        if exists:
            self._learning[digest.id].config = config
        else:
            self._learning[digest.id] = _Learning(digest, config)

    def read(self, request: p4r.DigestEntry) -> Iterator[p4r.DigestEntry]:
        if request.digest_id:
            look_up(self._digests, request.digest_id, "digest")
        for number, learning in self._learning.items():
            if request.digest_id in (0, number):
                yield p4r.DigestEntry(digest_id=number, config=learning.config)

    # -- messages ------------------------------------------------------------------------------

    def learn(self, octets: bytes, now_us: int) -> list[p4r.DigestList]:
        """The pipeline has emitted a message: the lists to send."""
        found = self._decoder.decode(octets)
        learning = None if found is None else self._learning.get(self._by_list.get(found[0], 0))
        if found is None or learning is None:
            return []
        full = learning.add(found[1], now_us)
        return [] if full is None else [full]

    def due(self, now_us: int) -> list[p4r.DigestList]:
        """The lists that have waited long enough."""
        waiting = (item for item in self._learning.values() if item.pending)
        return [item.flush(now_us) for item in waiting if item.due_us <= now_us]

    def next_due(self) -> int | None:
        """When `due` has something to send."""
        times = (item.due_us for item in self._learning.values() if item.pending)
        return min(times, default=None)

    def acknowledge(self, ack: p4r.DigestListAck) -> None:
        """The controller has a list; its messages may come again."""
        learning = self._learning.get(ack.digest_id)
        if learning is not None:
            learning.sent.pop(ack.list_id, None)


def _checked(digest: Digest, message: p4r.DigestEntry) -> p4r.DigestEntry.Config:
    config = p4r.DigestEntry.Config()
    config.CopyFrom(message.config)
    if min(config.max_timeout_ns, config.max_list_size, config.ack_timeout_ns) < 0:
        raise invalid(f"digest {digest.name}: times and sizes cannot be negative")
    return config


def _bind(digests: Mapping[int, Digest], program: Pipeline) -> Mapping[int, int]:
    """P4Info's digest for each learn list of the program.

    p4c gives both the name of the struct; a tuple has none, and gets different ones: what no name
    binds stands in the same order in both.
    """
    by_name = {digest.name: digest.id for digest in digests.values()}
    lists = program.learn_lists.values()
    names = {list_.name for list_ in lists}
    rest = iter([digest.id for digest in digests.values() if digest.name not in names])
    return {list_.id: by_name.get(list_.name) or next(rest, 0) for list_ in lists}
