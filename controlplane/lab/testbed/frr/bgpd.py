"""What bgpd is told: the sessions of a RouterConfig in FRR's words."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.protocols.bgp.events import BgpConfig, PeerConfig
from controlplane.router.config import RouterConfig


def bgpd_configuration(config: RouterConfig) -> Iterator[str]:
    """The lines of bgpd.conf."""
    bgp = config.bgp
    if bgp is None:
        return
    yield f"router bgp {bgp.asn}"
    yield f" bgp router-id {bgp.router_id}"
    yield " no bgp ebgp-requires-policy"
    for peer in bgp.peers:
        yield from (f" neighbor {peer.address} {words}" for words in _session(peer))
    yield " address-family ipv4 unicast"
    yield "  redistribute connected"
    yield from _unicast(bgp)
    yield " exit-address-family"


def _session(peer: PeerConfig) -> Iterator[str]:
    timers = peer.timers
    yield f"remote-as {peer.remote_as}"
    yield f"timers {max(1, round(timers.keepalive))} {round(timers.hold)}"
    yield f"timers connect {max(1, round(timers.connect_retry))}"
    if timers.min_advertisement is not None:
        yield f"advertisement-interval {round(timers.min_advertisement)}"
    if peer.md5_key is not None:
        yield f"password {peer.md5_key.decode()}"
    if peer.gtsm:
        yield "ttl-security hops 1"


def _unicast(bgp: BgpConfig) -> Iterator[str]:
    for peer in bgp.peers:
        if peer.allow_own_as:
            yield f"  neighbor {peer.address} allowas-in {peer.allow_own_as}"
