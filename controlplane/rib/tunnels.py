"""The P-tunnels of one MVPN at one PE.

Each PE encapsulates into an inclusive tree and is a leaf of all others'. What comes out of a remote
root's tree is looked up in the VRF as if it came in on an interface of its own, one for each root,
so that a C-route accepts its upstream PE's packets alone (RFC 6513 9.1.1). A bidirectional C-tree
takes those of all PEs that are neighbours: one that is none yet has no part in the election of the
DF, and may think that it is it, as another PE does (RFC 5015 3.5).

PIM-SSM gives each PE a tree of its own. Of PIM-SM and BIDIR-PIM the tree of the group is shared by
all PEs, and the outer source says whose packet it is; of the former there are trees of single PEs,
too, as soon as routers have switched to them.

Beside it a PE may be the root of selective trees, which it moves flows of the customer to, and a
leaf of others' (RFC 6513 3.2). All trees of a root have one interface: whichever of them brings a
packet, it comes from that PE. But each has a look-up of its own (`table`). A leaf that is also a
branching point sends packets on along the tree that brought them, so a flow that is about to change
trees has an entry for each of the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from controlplane.net.multicast import SourceGroup, TreeName


@dataclass(frozen=True, slots=True)
class RemoteTunnel:
    """Another PE's tree; `index` is the data plane's number of the (PMSI, root PE) pair."""

    tree: TreeName
    index: int


@dataclass(frozen=True, slots=True)
class SelectiveLeaf:
    """What this PE takes out of another PE's selective tree.

    `table` is the data plane's number of the look-up behind it.
    """

    table: int
    flows: frozenset[SourceGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnTunnels:
    """`pmsi` is the VRF's PMSI interface, `own` the outer addresses of what this PE sends.

    `dont_fragment` is the DF bit beside them. `remote` has the tunnels of the PEs that are known
    now: it changes as they come and go. Where the trees are `shared`, theirs are (*,G) of one
    group, which is that of `own`. `selective` has the flows that this PE sends into trees of their
    own, `leaves` the selective trees of remote roots, by their names. `neighbors` are the PEs that
    PIM has as neighbours on the PMSI.
    """

    pmsi: str
    own: SourceGroup
    shared: bool = False
    dont_fragment: bool = True
    remote: dict[IPv4Address, RemoteTunnel] = field(default_factory=dict)
    selective: dict[SourceGroup, SourceGroup] = field(default_factory=dict)
    leaves: dict[SourceGroup, SelectiveLeaf] = field(default_factory=dict)
    neighbors: set[IPv4Address] = field(default_factory=set)
