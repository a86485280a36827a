"""OPEN messages: what is proposed to a peer, what of its own is refused, what both agree on.

RFC 4271 6.2 has the checks that need the configuration; those that a message fails by itself are
the codec's. A peer that says nothing of families means IPv4 unicast (RFC 4760 8). Each end sends
what the other one understands, so what is agreed on is what both have said (RFC 5492 3).
"""

from __future__ import annotations

from typing import Final

from controlplane.protocols.bgp.instance import BgpInstance
from controlplane.protocols.bgp.negotiated import Negotiated, RestartTerms
from controlplane.protocols.bgp.peer import Peer
from controlplane.wire.bgp.capability import (
    Capability,
    EnhancedRouteRefresh,
    FourOctetAs,
    GracefulRestart,
    Multiprotocol,
    RouteRefresh,
    encode_capability,
)
from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.nlri import Family
from controlplane.wire.bgp.numbers import CapabilityCode, ErrorCode, OpenError
from controlplane.wire.bgp.open import Open
from controlplane.wire.bgp.terms import Terms

_KEEPALIVES_PER_HOLD: Final = 3
"""RFC 4271 4.4: "a reasonable maximum time ... would be one third of the Hold Time interval"."""


def own_open(instance: BgpInstance, peer: Peer, restart: GracefulRestart) -> Open:
    """What is proposed to a peer; `restart` is the own capability of graceful restart."""
    config = instance.config
    capabilities: tuple[Capability, ...] = (
        *_multiprotocol(peer),
        RouteRefresh(),
        EnhancedRouteRefresh(),
        FourOctetAs(config.asn),
        restart,
    )
    return Open(config.asn, round(peer.config.timers.hold), config.router_id, capabilities)


def check(instance: BgpInstance, peer: Peer, heard: Open) -> None:
    """BgpError for a peer that is not the configured one, or shares no family with us."""
    config = peer.config
    if heard.asn != config.remote_as:
        what = f"the peer is in AS {heard.asn}, not in AS {config.remote_as}"
        raise BgpError(ErrorCode.OPEN_MESSAGE, OpenError.BAD_PEER_AS, what)
    # RFC 6286 2.2: the identifier is unique within an AS, not beyond it.
    if peer.internal and heard.router_id == instance.config.router_id:
        what = f"the peer has this router's BGP identifier {heard.router_id}"
        raise BgpError(ErrorCode.OPEN_MESSAGE, OpenError.BAD_BGP_IDENTIFIER, what)
    if not _families(heard) & config.families:
        # RFC 5492 5: the Data field names the capabilities that the peer would have to have.
        data = b"".join(map(encode_capability, _multiprotocol(peer)))
        what = "the peer has no address family in common with us"
        raise BgpError(ErrorCode.OPEN_MESSAGE, OpenError.UNSUPPORTED_CAPABILITY, what, data)


def negotiate(peer: Peer, heard: Open) -> Negotiated:
    """What holds with a peer whose OPEN was acceptable."""
    timers = peer.config.timers
    families = _families(heard) & peer.config.families
    codes = {capability.code for capability in heard.capabilities}
    asn4 = CapabilityCode.FOUR_OCTET_AS in codes
    hold = min(float(round(timers.hold)), float(heard.hold_time))
    return Negotiated(
        router_id=heard.router_id,
        internal=peer.internal,
        families=families,
        asn4=asn4,
        refresh=CapabilityCode.ROUTE_REFRESH in codes,
        enhanced_refresh=CapabilityCode.ENHANCED_ROUTE_REFRESH in codes,
        hold=hold,
        keepalive=min(timers.keepalive, hold / _KEEPALIVES_PER_HOLD),
        restart=_restart_terms(heard) if peer.config.restart_time else None,
        terms=Terms(
            asn4=asn4,
            internal=peer.internal,
            families=families,
            peer_as=None if peer.internal else peer.config.remote_as,
        ),
    )


def _multiprotocol(peer: Peer) -> list[Multiprotocol]:
    by_number = sorted(peer.config.families, key=lambda family: family.value)
    return [Multiprotocol(family) for family in by_number]


def _families(heard: Open) -> frozenset[Family]:
    if all(capability.code != CapabilityCode.MULTIPROTOCOL for capability in heard.capabilities):
        return frozenset({Family.IPV4_UNICAST})
    capabilities = heard.capabilities
    return frozenset(one.family for one in capabilities if isinstance(one, Multiprotocol))


def _restart_terms(heard: Open) -> RestartTerms | None:
    """RFC 4724 3: "the receiver ... MUST ignore all but the last instance"."""
    told = [one for one in heard.capabilities if isinstance(one, GracefulRestart)]
    if not told:
        return None
    last = told[-1]
    return RestartTerms(
        restarted=last.restarted,
        time=float(last.time),
        families=frozenset(family for family, _ in last.families),
        kept=frozenset(family for family, kept in last.families if kept),
        notification=last.notification,
    )
