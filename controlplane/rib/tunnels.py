"""The P-tunnels of one MVPN at one PE.

Each PE is the root of one tree: it encapsulates into its own and is a leaf of all others'. What
comes out of a remote root's tree is looked up in the VRF as if it came in on an interface of its
own, one for each root, so that a C-route accepts its upstream PE's packets alone (RFC 6513 9.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from controlplane.net.multicast import SourceGroup


@dataclass(frozen=True, slots=True)
class RemoteTunnel:
    """Another PE's tree; `index` is the data plane's number of the (PMSI, root PE) pair."""

    tree: SourceGroup
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnTunnels:
    """`pmsi` is the VRF's PMSI interface, `own` the tree that this PE is the root of.

    `remote` has the tunnels of the PEs that are known now: it changes as they come and go.
    """

    pmsi: str
    own: SourceGroup
    remote: dict[IPv4Address, RemoteTunnel] = field(default_factory=dict)
