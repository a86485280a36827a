"""The Label Information Base (RFC 5036 2.6): which label each FEC has here, and from each peer.

A FEC with a route has a label of its own, which all peers are told (downstream unsolicited): at
once with independent control, with ordered control when this router is its egress or a next hop has
given a label. The egress asks for a pop: it has a reserved label. Whatever peers give is kept,
next hop or not (liberal retention).

A label that is withdrawn goes back to the label space when every peer that had it has released it
or is gone: nobody sends with it any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Final

from controlplane.engine.time import Instant
from controlplane.net.label import EXPLICIT_NULL, FIRST_LABEL, IMPLICIT_NULL, Label
from controlplane.protocols.ldp.allocation import Allocation
from controlplane.protocols.ldp.events import (
    BindingsChanged,
    Control,
    EgressLabel,
    FecBinding,
    FecNextHop,
    FecRoute,
)
from controlplane.protocols.ldp.fec import Fec
from controlplane.protocols.ldp.instance import LdpInstance
from controlplane.protocols.ldp.sender import Sender
from controlplane.protocols.ldp.session import Session
from controlplane.wire.ldp.fec import PrefixFec
from controlplane.wire.ldp.identifier import LdpId
from controlplane.wire.ldp.labels import LabelMapping, LabelWithdraw

_HOST: Final = 32

_EGRESS: Final = {
    EgressLabel.IMPLICIT_NULL: IMPLICIT_NULL,
    EgressLabel.EXPLICIT_NULL: EXPLICIT_NULL,
}


class Bindings:
    def __init__(self, instance: LdpInstance, sender: Sender, allocation: Allocation) -> None:
        self._instance = instance
        self._sender = sender
        self._allocation = allocation
        self._egress_label = _EGRESS[instance.config.egress_label]

    def fec(self, prefix: IPv4Network) -> Fec:
        """The entry of a FEC, made if there is none."""
        fec = self._instance.fecs.get(prefix)
        if fec is None:
            fec = self._instance.fecs[prefix] = Fec(prefix)
        return fec

    def routes_changed(self, changed: Iterable[FecRoute], withdrawn: Iterable[IPv4Network]) -> None:
        for route in changed:
            if route.prefix.prefixlen == _HOST or not self._instance.config.host_routes_only:
                self._set_route(self.fec(route.prefix), tuple(sorted(route.next_hops)))
        for prefix in withdrawn:
            if (known := self._instance.fecs.get(prefix)) is not None:
                self._set_route(known, None)

    def _set_route(self, fec: Fec, route: tuple[FecNextHop, ...] | None) -> None:
        if route != fec.route:
            fec.route = route
            self._instance.touch(fec)

    def settle(self, now: Instant) -> None:
        """Let every FEC that changed decide again, and tell what came of it."""
        told: dict[IPv4Network, FecBinding] = {}
        while self._instance.changed:
            changed, self._instance.changed = self._instance.changed, {}
            for fec in changed:
                self._decide(fec)
                self._publish(fec, told)
                self.clean(fec)
        if told:
            self._instance.outputs.append(BindingsChanged(bindings=tuple(told.values())))
        self._allocation.watch(now)

    def advertise_all(self, peer: LdpId, session: Session) -> None:
        """A session is operational; what its predecessor has not released is withdrawn again."""
        for fec in self._instance.fecs.values():
            for label, peers in fec.withdrawn.items():
                if peer in peers:
                    peers[peer] = 1
                    self._sender.send(session, LabelWithdraw((PrefixFec(fec.prefix),), label))
            if fec.local is not None:
                self.advertise(fec, fec.local, peer, session)

    def advertise(
        self,
        fec: Fec,
        label: Label,
        peer: LdpId,
        session: Session,
        request_id: int | None = None,
    ) -> None:
        fec.advertised.add(peer)
        if request_id is not None:
            answer = LabelMapping((PrefixFec(fec.prefix),), label, request_id)
            self._sender.send(session, answer)
            return
        if not fec.mapping:
            fec.mapping = LabelMapping((PrefixFec(fec.prefix),), label).encode()
        self._sender.send_encoded(session, LabelMapping.kind, fec.mapping)

    def released(self, fec: Fec, label: Label | None, peer: LdpId) -> None:
        """A peer does not use a label any more; without one, none that the FEC ever had."""
        for former in [label] if label is not None else list(fec.withdrawn):
            if peer in fec.withdrawn.get(former, ()):
                self._settled(fec, former, peer)
                if label is not None:
                    return
        if label in (None, fec.local):
            fec.advertised.discard(peer)

    def session_lost(self, peer: LdpId) -> None:
        """Requests end with their session; what the peer was told may outlive it."""
        for fec in self._instance.fecs.values():
            fec.requests.pop(peer, None)

    def forget_peer(self, peer: LdpId) -> None:
        """Nothing that a peer gave or was given counts any more."""
        for fec in list(self._instance.fecs.values()):
            fec.stale.discard(peer)
            fec.advertised.discard(peer)
            if fec.remote.pop(peer, None) is not None:
                self._instance.touch(fec)
            for label in [label for label, peers in fec.withdrawn.items() if peer in peers]:
                fec.withdrawn[label][peer] = 1
                self._settled(fec, label, peer)
            self.clean(fec)

    def mark_stale(self, peer: LdpId) -> None:
        for fec in self._instance.fecs.values():
            if peer in fec.remote:
                fec.stale.add(peer)

    def drop_stale(self, peer: LdpId) -> int:
        """Delete what was not advertised again; how many labels that were."""
        stale = [fec for fec in self._instance.fecs.values() if peer in fec.stale]
        for fec in stale:
            fec.stale.discard(peer)
            del fec.remote[peer]
            self._instance.touch(fec)
        return len(stale)

    def clean(self, fec: Fec) -> None:
        """Forget a FEC of which nothing is known."""
        if fec.is_empty and fec not in self._instance.changed:
            self._instance.fecs.pop(fec.prefix, None)

    def is_next_hop(self, fec: Fec, peer: LdpId) -> bool:
        """Whether a peer's label of the FEC is used; those of others are just kept."""
        owners = self._instance.owners
        for hop in fec.route or ():
            if peer in owners.get(hop.address, ()):
                return True
        return False

    def outgoing(self, fec: Fec) -> dict[FecNextHop, Label]:
        """The label of each next hop that gave one."""
        found, owners = {}, self._instance.owners
        for hop in fec.route or ():
            for peer in owners.get(hop.address, ()):
                if (label := fec.remote.get(peer)) is not None:
                    found[hop] = label
                    # Two that claim one address are a mistake somewhere; the first one has it.
                    break
        return found

    def _decide(self, fec: Fec) -> None:
        wanted = self._wanted(fec)
        if wanted != fec.local:
            self._withdraw(fec)
            fec.local, fec.mapping = wanted, b""
        elif not fec.requests:
            return
        if fec.local is not None:
            self._tell_peers(fec, fec.local)

    def _wanted(self, fec: Fec) -> Label | None:
        """The label that a FEC is to have: a new one only if it has none."""
        if fec.route is not None and self._is_egress(fec.route):
            self._allocation.needs_none(fec)
            return self._egress_label
        if fec.route is None or not self._may_have_label(fec):
            self._allocation.needs_none(fec)
            return None
        if fec.local is not None and fec.local >= FIRST_LABEL:
            return fec.local
        return self._allocation.allocate(fec)

    def _is_egress(self, route: Iterable[FecNextHop]) -> bool:
        """RFC 5036 2.6.1: own or attached, or "outside of the Label Switching Network"."""
        enabled = self._instance.enabled
        return not any([hop.interface in enabled for hop in route])

    def _may_have_label(self, fec: Fec) -> bool:
        if self._instance.config.control is Control.INDEPENDENT:
            return True
        return bool(self.outgoing(fec))

    def _withdraw(self, fec: Fec) -> None:
        if fec.local is None:
            return
        label, peers = fec.local, fec.advertised
        fec.local, fec.advertised = None, set()
        if not peers:
            self._allocation.release(label)
            return
        # RFC 3478: a peer whose session is lost may use the label on. It is told when it is back.
        fec.withdrawn.setdefault(label, Counter()).update(peers)
        for peer, session in self._instance.operational.items():
            if peer in peers:
                self._sender.send(session, LabelWithdraw((PrefixFec(fec.prefix),), label))

    def _tell_peers(self, fec: Fec, label: Label) -> None:
        for peer, session in self._instance.operational.items():
            request_id = fec.requests.pop(peer, None) if fec.requests else None
            if peer not in fec.advertised or request_id is not None:
                self.advertise(fec, label, peer, session, request_id)

    def _settled(self, fec: Fec, label: Label, peer: LdpId) -> None:
        peers = fec.withdrawn[label]
        peers[peer] -= 1
        if not peers[peer]:
            del peers[peer]
        if not peers:
            del fec.withdrawn[label]
            self._allocation.release(label)

    def _publish(self, fec: Fec, told: dict[IPv4Network, FecBinding]) -> None:
        binding = FecBinding(prefix=fec.prefix, local=fec.local, outgoing=self.outgoing(fec))
        is_nothing = binding.local is None and not binding.outgoing
        if binding == fec.published or (is_nothing and fec.published is None):
            return
        fec.published = None if is_nothing else binding
        told[fec.prefix] = binding
