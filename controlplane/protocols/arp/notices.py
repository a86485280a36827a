"""What ARP has to tell an operator."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from controlplane.engine.notice import Notice
from controlplane.net.mac import MacAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConflict(Notice):
    interface: str
    address: IPv4Address
    mac: MacAddress

    def words(self) -> str:
        return f"{self.mac} on {self.interface} uses this router's own address {self.address}"
