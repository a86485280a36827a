"""From the routes of an UPDATE message to paths: marks, loops, the import policy, next hops.

What comes of attributes is worked out once for all routes that have them, and remembered as long as
one of those is there.
"""

from __future__ import annotations

from controlplane.protocols.bgp import customers
from controlplane.protocols.bgp.adj_rib_in import AdjRibIn
from controlplane.protocols.bgp.counters import Count
from controlplane.protocols.bgp.events import PathSource, Rule
from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.next_hops import NextHops
from controlplane.protocols.bgp.path import Announcement, Heard, announcement, targets_of
from controlplane.protocols.bgp.peer import Peer
from controlplane.protocols.bgp.policy import applied, denial, is_accepted, rule_for
from controlplane.protocols.bgp.reflection import loop
from controlplane.protocols.bgp.targets import Interest
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.update import Reach


class Acceptance:
    def __init__(self, instance: BgpInstance, next_hops: NextHops, interest: Interest) -> None:
        self._instance = instance
        self._next_hops = next_hops
        self._interest = interest

    def take(self, peer: Peer, adj_rib_in: AdjRibIn, reach: Reach) -> None:
        """Routes came from a peer."""
        heard = reach.attributes
        if not reach.nlri:
            return
        if not self._interest.keeps(reach.family, targets_of(heard)):
            self._instance.counters[Count.FILTERED] += len(reach.nlri)
            adj_rib_in.withdraw(key for key, _ in reach.nlri)
            return
        policy = peer.config.import_policy
        if not policy.rules:
            said = self._announcement(peer, adj_rib_in, heard, None)
            for key, label in reach.nlri:
                adj_rib_in.learn(key, label, said)
            return
        for key, label in reach.nlri:
            rule = rule_for(policy, key, heard)
            adj_rib_in.learn(key, label, self._announcement(peer, adj_rib_in, heard, rule))

    def _announcement(
        self, peer: Peer, adj_rib_in: AdjRibIn, heard: PathAttributes, rule: Rule | None
    ) -> Announcement:
        """The one that there is for these attributes, or a new one."""
        name = Heard(heard, rule)
        known = adj_rib_in.announcements.get(name)
        if known is not None:
            return known
        negotiated, config = peer.negotiated, self._instance.config
        assert negotiated is not None, "who tells routes has a session"
        family = adj_rib_in.rib.family
        said = announcement(
            PathSource.IBGP if peer.internal else PathSource.EBGP,
            self._accepted(peer, family, heard, rule),
            default_local_pref=config.local_pref,
            router_id=negotiated.router_id,
            address=peer.address,
            peer=peer,
        )
        said.heard = name
        said.excluded = self._exclusion(peer, family, heard, rule)
        if not said.excluded and family is not Family.ROUTE_TARGET and heard.next_hop is not None:
            said.hop = self._next_hops.hop(heard.next_hop)
        return said

    def _accepted(
        self, peer: Peer, family: Family, heard: PathAttributes, rule: Rule | None
    ) -> PathAttributes:
        attributes = heard
        if family is Family.IPV4_UNICAST and not peer.internal:
            attributes = customers.from_customer(attributes)
        if peer.config.site is not None:
            attributes = customers.marked(attributes, peer.config.site)
        return applied(rule, attributes, self._instance.config.asn)

    def _exclusion(
        self, peer: Peer, family: Family, heard: PathAttributes, rule: Rule | None
    ) -> str:
        """Why the route may not compete, in words; empty if it may.

        Loops of ASes are looked for where routes come into the AS: what an internal peer has let in
        (`allow_own_as`) is good for all of us.
        """
        config = self._instance.config
        if peer.internal:
            looped = loop(heard, config.router_id, config.cluster_id or config.router_id)
        else:
            looped = customers.own_as_loop(heard.as_path, config.asn, peer.config.allow_own_as)
        if looped:
            return looped
        if not is_accepted(peer.config.import_policy, rule):
            return denial(peer.config.import_policy, rule)
        if family is not Family.ROUTE_TARGET:
            return self._bad_next_hop(peer, heard)
        return ""

    def _bad_next_hop(self, peer: Peer, heard: PathAttributes) -> str:
        """RFC 4271 6.3: it "MUST NOT be the IP address of the receiving speaker", and from an
        external peer on a common link it has to be on that link."""
        next_hop, config = heard.next_hop, peer.config
        if next_hop is None:
            return "no next hop"
        if next_hop in (config.local, self._instance.config.router_id):
            return "its next hop is this router"
        link = self._instance.up.get(config.interface) if config.interface else None
        if peer.internal or link is None or next_hop in link.address.network:
            return ""
        return f"its next hop is not on the link to the peer, {link.name}"
