"""Inputs and outputs of the S-PMSI engine beside the common ones (`engine/engine.py`).

From PIM of its VRF it hears of every C-tree (`TreeUpdate`, `TreeRemoved`): which flows go to other
PEs, and which come from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TypeAlias

from controlplane.engine.engine import DatagramReceived, SendDatagram
from controlplane.engine.notice import Notice
from controlplane.engine.time import Duration
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import TreeRemoved, TreeUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsCounted:
    """Input: octets of flows in the `seconds` that have passed since the last count.

    A flow of which nothing came is left out.
    """

    seconds: Duration
    octets: Mapping[SourceGroup, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootsChanged:
    """Input: the other PEs of the MVPN, whose tunnels this PE has joined, are now these."""

    roots: frozenset[IPv4Address]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMoved:
    """Output: an own flow is to be sent into this tree from now on; None for the inclusive one."""

    flow: SourceGroup
    tree: SourceGroup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafChanged:
    """Output: these flows are to be taken out of a remote tree; with none it is to be left."""

    tree: SourceGroup
    flows: frozenset[SourceGroup]


SPmsiInput: TypeAlias = DatagramReceived | TreeUpdate | TreeRemoved | FlowsCounted | RootsChanged
SPmsiOutput: TypeAlias = SendDatagram | FlowMoved | LeafChanged | Notice
