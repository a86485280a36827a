"""What the trees of `show mroute` have to do with MDTs.

    multicast tunnel    of the provider's table: what it brings is looked at in a VRF         Z
    data MDT joined     of a VRF: the flow comes in a data MDT that this PE has joined        Y
    data MDT sent       of a VRF: this PE sends the flow in a data MDT, or is about to        y

The letters are IOS's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from controlplane.engine.time import Instant
from controlplane.net.multicast import AnySource, TreeName
from controlplane.protocols.pim.show import OutgoingView
from controlplane.router.router import Router
from controlplane.router.vrf import Vrf

MdtFlags: TypeAlias = Mapping[TreeName, list[str]]
"""By tree; none for most."""


def mdt_flags(router: Router, vrf: Vrf, now: Instant) -> MdtFlags:
    """Those of the trees of a customer's VRF, or of the provider's."""
    found: defaultdict[TreeName, list[str]] = defaultdict(list)
    if vrf.mvpn is None:
        for tree in _tunnels(router, vrf, now):
            found[tree].append("multicast tunnel")
    if vrf.s_pmsi is not None:
        for received in vrf.s_pmsi.received(now):
            if received.joined:
                found[received.flow].append("data MDT joined")
        for sent in vrf.s_pmsi.sent(now):
            if sent.group is not None:
                found[sent.flow].append("data MDT sent")
    return found


def _tunnels(router: Router, vrf: Vrf, now: Instant) -> Iterator[TreeName]:
    """The trees that a PMSI is a leaf of."""
    pmsis = {one.mvpn.interface.name for one in router.vrfs.values() if one.mvpn is not None}
    trees: Iterable[tuple[TreeName, tuple[OutgoingView, ...]]] = (
        *((AnySource.of(tree.group), tree.outgoing) for tree in vrf.pim.shared_trees(now)),
        *((tree.sg, tree.outgoing) for tree in vrf.pim.trees(now)),
    )
    for name, outgoing in trees:
        if any(view.interface in pmsis for view in outgoing):
            yield name
