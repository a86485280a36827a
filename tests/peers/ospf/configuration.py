"""What FRR's ospfd is told: short timers, so that tests wait for seconds and not for minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HELLO: Final = 1
DEAD: Final = 3
BACKBONE: Final = "0.0.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrrInterface:
    """`key` is an MD5 key by its id; `more` are lines as they are."""

    name: str
    area: str = BACKBONE
    network: str = "point-to-point"
    cost: int = 10
    priority: int = 1
    key: tuple[int, str] | None = None
    passive: bool = False
    more: tuple[str, ...] = ()

    def lines(self) -> Iterable[str]:
        yield f"interface {self.name}"
        yield f" ip ospf area {self.area}"
        yield f" ip ospf network {self.network}"
        yield f" ip ospf cost {self.cost}"
        yield f" ip ospf priority {self.priority}"
        yield f" ip ospf hello-interval {HELLO}"
        yield f" ip ospf dead-interval {DEAD}"
        yield " ip ospf retransmit-interval 1"
        if self.key is not None:
            yield " ip ospf authentication message-digest"
            yield f" ip ospf message-digest-key {self.key[0]} md5 {self.key[1]}"
        if self.passive:
            yield " ip ospf passive"
        yield from (f" {line}" for line in self.more)
        yield "exit"


def ospfd(router_id: str, interfaces: Iterable[FrrInterface], *process: str) -> str:
    """A configuration; `process` are lines of `router ospf`."""
    lines = [line for interface in interfaces for line in interface.lines()]
    lines += [
        "router ospf",
        f" ospf router-id {router_id}",
        " timers throttle spf 0 50 200",
        " timers throttle lsa all 100",
        " timers lsa min-arrival 0",
        *(f" {line}" for line in process),
        "exit",
    ]
    return "\n".join(lines) + "\n"
