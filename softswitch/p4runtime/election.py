"""Who is primary for one role (section "Client Arbitration and Controller Replication").

Every controller says an election id on its stream. The primary is the live controller whose id
equals the highest one that this server has ever seen; with that one gone there is no primary until
somebody comes with the same id or a higher one. An unset id never wins. A stream that ends frees
its id, so a controller that lost its connection comes back with the id that it had.
"""

from __future__ import annotations

from typing import NewType

ClientId = NewType("ClientId", int)


class Election:
    """The live controllers of a role and the highest election id seen."""

    def __init__(self) -> None:
        self._ids: dict[ClientId, int | None] = {}
        self.highest: int | None = None

    @property
    def primary(self) -> ClientId | None:
        """The live client that holds the highest election id, if there is one."""
        if self.highest is None:
            return None
        holders = (client for client, held in self._ids.items() if held == self.highest)
        return next(holders, None)

    def holder(self, election_id: int) -> ClientId | None:
        """The live client with an election id."""
        return next((client for client, held in self._ids.items() if held == election_id), None)

    def stand(self, client: ClientId, election_id: int | None) -> list[ClientId]:
        """A client arrives, or says another election id; who has to be told of it, in order."""
        was_primary = self.primary == client
        self._ids[client] = election_id
        if election_id is not None and (self.highest is None or election_id >= self.highest):
            self.highest = election_id
            return self._all()
        return self._all() if was_primary else [client]

    def leave(self, client: ClientId) -> list[ClientId]:
        """A client is gone; who has to be told of it."""
        was_primary = self.primary == client
        self._ids.pop(client, None)
        return self._all() if was_primary else []

    def _all(self) -> list[ClientId]:
        """Backups first: the new primary learns of it when no other thinks that it is."""
        primary = self.primary
        backups = [client for client in self._ids if client != primary]
        return backups if primary is None else [*backups, primary]
