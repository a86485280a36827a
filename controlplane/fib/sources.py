"""What forwarding state is made of: the tables of a router, which change under their readers."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TypeAlias

from controlplane.fib.model import TtlMode
from controlplane.rib.labels import LabelTable
from controlplane.rib.mrib import Mrib
from controlplane.rib.rib import Rib
from controlplane.rib.tunnels import VpnTunnels
from controlplane.rib.vpn_labels import VpnLabelTable

Prefix: TypeAlias = tuple[str, IPv4Network]
"""A prefix of a VRF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mpls:
    """Labels of the provider's table, the interfaces where they are believed, and their TTL.

    `vpn_labels` are those that a PE gave the routes of its VRFs.
    """

    labels: LabelTable = field(default_factory=LabelTable)
    vpn_labels: VpnLabelTable | None = None
    interfaces: frozenset[str] = frozenset()
    ttl_mode: TtlMode = TtlMode.UNIFORM


@dataclass(frozen=True, slots=True, kw_only=True)
class VrfTables:
    """What the entries of one VRF are made of; `id` is its number in the data plane."""

    id: int
    rib: Rib
    mrib: Mrib
    tunnels: VpnTunnels | None = None
