"""What the connection to a switch has to tell an operator."""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.engine.notice import Notice


@dataclass(frozen=True, slots=True)
class SwitchConnected(Notice):
    """Connected, primary, and the switch runs our program; `entities` were there already."""

    address: str
    pipeline_set: bool
    entities: int

    def words(self) -> str:
        program = "program loaded" if self.pipeline_set else "program was running"
        return f"{self.address}: connected, {program}, {self.entities} entities found"


@dataclass(frozen=True, slots=True)
class SwitchLost(Notice):
    """No connection, and why; tried again until it succeeds. Forwarding goes on meanwhile."""

    address: str
    reason: str

    def words(self) -> str:
        return f"{self.address}: not connected: {self.reason}"


@dataclass(frozen=True, slots=True)
class StandingBy(Notice):
    """Another controller is primary; we take over when it goes."""

    address: str

    def words(self) -> str:
        return f"{self.address}: another controller is primary, standing by"


@dataclass(frozen=True, slots=True)
class Programmed(Notice):
    """The switch does what the newest Fib says."""

    updates: int

    def words(self) -> str:
        return f"{self.updates} updates written"


@dataclass(frozen=True, slots=True)
class UpdateRefused(Notice):
    """The switch did not do one update; tried again later."""

    address: str
    update: str
    reason: str

    def words(self) -> str:
        return f"{self.address}: refused: {self.update}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TooMuchWanted(Notice):
    """The forwarding state does not fit into the numbers that there are; the old one stays."""

    address: str
    reason: str

    def words(self) -> str:
        return f"{self.address}: not written: {self.reason}"
