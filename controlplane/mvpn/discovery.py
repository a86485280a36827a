"""Layer auto-discovery: which PEs belong to the MVPN, and which P-tunnels they are the roots of.

RFC 6513 4: a PE has to know the other PEs of an MVPN before it can join their trees. Two kinds of
BGP routes tell: the Intra-AS I-PMSI A-D route (RFC 6514 9.1) and the older MDT-SAFI route (RFC 6037
4.4). A PE that runs both originates both and takes either; where both speak of a PE, the first
one counts. What a PE needs to join a tree is in the route, so P-tunnels come and go with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import ClassVar, Final

from controlplane.mvpn.claims import Claim, Judgement, Rank, Refusal
from controlplane.mvpn.config import DiscoveredPe, LocalMvpn
from controlplane.mvpn.options import DiscoveryOption
from controlplane.mvpn.tunnel import Tunnel, TunnelRefused
from controlplane.protocols.bgp.events import BestPath, Originated
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import WellKnown, route_target, targets_among
from controlplane.wire.bgp.nlri import Family, IntraAsIPmsi, MdtKey


class Discovery:
    """An option of the layer. What it does not say otherwise, it does not do."""

    family: ClassVar[Family | None] = None
    """That of its routes."""

    precedence: ClassVar[int] = 0
    """Of two options that speak of the same PE, the lower one counts."""

    def __init__(self, local: LocalMvpn, tunnel: Tunnel) -> None:
        self._local = local
        self._tunnel = tunnel

    def configured(self) -> tuple[Claim, ...]:
        """Of the other PEs that no route needs to tell of."""
        return ()

    def originated(self) -> Originated | None:
        """The route that tells others of this PE."""
        return None

    def judge(self, path: BestPath) -> Judgement | None:
        """What a route of its family says, None when it is not of this MVPN, or this PE's own."""
        return None

    def heard(self, pe: IPv4Address) -> Claim | None:
        """What it says of a PE that it is a PIM neighbour on the PMSI."""
        return None


class NoDiscovery(Discovery):
    """Trees that a group or a configured root suffices to join: shared ones.

    Who else is there, a PE hears in the tree itself: by PIM's Hellos on the PMSI (`heard`).
    """

    precedence = 3

    def heard(self, pe: IPv4Address) -> Claim:
        known = DiscoveredPe(address=pe, group=self._local.config.default_group)
        return Claim(known, "PIM Hello on the PMSI", Rank(self.precedence))


class StaticList(Discovery):
    """The operator's own list, for networks without BGP."""

    precedence = 2

    def configured(self) -> tuple[Claim, ...]:
        rank = Rank(self.precedence)
        # One list serves all PEs of an MVPN, so this PE may be on it.
        others = (pe for pe in self._local.config.discovered if pe.address != self._local.me)
        return tuple(Claim(pe, "static list", rank) for pe in others)


class IntraAs(Discovery):
    """Intra-AS I-PMSI A-D routes, which carry the unicast routes' targets and a PMSI Tunnel."""

    family = Family.MCAST_VPN

    def originated(self) -> Originated:
        """RFC 6514 9.1.1; NO_EXPORT keeps it in the AS, as it says."""
        local = self._local
        attributes = PathAttributes(
            next_hop=local.me,
            communities=frozenset({WellKnown.NO_EXPORT}),
            extended_communities=frozenset(map(route_target, local.export_targets)),
            pmsi_tunnel=self._tunnel.announcement(),
        )
        return Originated(key=IntraAsIPmsi(local.rd, local.me), attributes=attributes)

    def judge(self, path: BestPath) -> Judgement | None:
        """RFC 6514 9.1.2."""
        key = path.key
        if not isinstance(key, IntraAsIPmsi) or key.originator == self._local.me:
            return None
        targets = targets_among(path.attributes.extended_communities)
        if not targets & self._local.import_targets:
            return None
        said_by = f"Intra-AS I-PMSI A-D route, RD {key.rd}"
        try:
            pe = self._announced(key.originator, path.attributes)
        except TunnelRefused as refused:
            return Refusal(key.originator, said_by, str(refused))
        is_foreign = targets.isdisjoint(self._local.export_targets)
        return Claim(pe, said_by, Rank(self.precedence, is_foreign, key.rd))

    def _announced(self, pe: IPv4Address, attributes: PathAttributes) -> DiscoveredPe:
        if attributes.pmsi_tunnel is None:
            raise TunnelRefused("it announces no P-tunnel")
        return self._tunnel.announced(pe, attributes.pmsi_tunnel)


class MdtSafi(Discovery):
    """MDT-SAFI routes (RFC 6037 4.4.1): without targets, the group says which MVPN they are of."""

    family = Family.MDT
    precedence = 1

    def originated(self) -> Originated:
        """Without targets, as draft-rosen-l3vpn-mvpn-profiles-00 2.8.2 and RFC 6037 4.4.1 say."""
        local = self._local
        key = MdtKey(local.rd, local.me, local.config.default_group)
        return Originated(key=key, attributes=PathAttributes(next_hop=local.me))

    def judge(self, path: BestPath) -> Judgement | None:
        """RFC 6037 4.4: targets, where there are any, else the group."""
        key = path.key
        if not isinstance(key, MdtKey) or key.pe == self._local.me:
            return None
        own_group = self._local.config.default_group
        targets = targets_among(path.attributes.extended_communities)
        is_ours = targets & self._local.import_targets if targets else key.group == own_group
        if not is_ours:
            return None
        said_by = f"MDT-SAFI route, RD {key.rd}"
        if key.group != own_group:
            # RFC 6037 4.4.1: "All PEs attached to a given MVPN MUST specify the same group address"
            why = f"its group {key.group} is not our {own_group}, as MDT-SAFI demands"
            return Refusal(key.pe, said_by, why)
        pe = DiscoveredPe(address=key.pe, group=key.group)
        return Claim(pe, said_by, Rank(self.precedence, False, key.rd))


DISCOVERIES: Final[Mapping[DiscoveryOption, type[Discovery]]] = {
    DiscoveryOption.INTRA_AS: IntraAs,
    DiscoveryOption.MDT_SAFI: MdtSafi,
    DiscoveryOption.STATIC_LIST: StaticList,
    DiscoveryOption.NONE: NoDiscovery,
}
