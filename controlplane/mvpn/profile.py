"""Profiles: one option for each layer, a row for each profile.

draft-rosen-l3vpn-mvpn-profiles-00 1: "each profile contains a single option at each layer". Rows
with a number are Cisco's of that number. A profile is refused by name while an option of it has no
class in its layer's module.

A profile without A-D routes discovers by MDT-SAFI where its trees are source-specific, as those of
Cisco do. A VPN may have other options of discovery and of upstream hops than its profile: both
kinds of routes while it migrates from one to the other, or the static list in a network without
BGP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.discovery import DISCOVERIES
from controlplane.mvpn.options import (
    DiscoveryOption,
    PmsiOption,
    SignallingOption,
    TunnelOption,
    UpstreamOption,
)
from controlplane.mvpn.pmsi import PMSIS
from controlplane.mvpn.signalling import SIGNALLINGS
from controlplane.mvpn.tunnel import TUNNELS
from controlplane.mvpn.upstream import UPSTREAM_HOPS

_LIST, _MDT_SAFI, _A_D, _NO_A_D = (
    DiscoveryOption.STATIC_LIST,
    DiscoveryOption.MDT_SAFI,
    DiscoveryOption.INTRA_AS,
    DiscoveryOption.NONE,
)
_PIM, _BGP = SignallingOption.PIM_OVER_PMSI, SignallingOption.BGP
_MI, _MS = PmsiOption.MULTIDIRECTIONAL_INCLUSIVE, PmsiOption.PARTITIONED
_INSTALLED, _HIGHEST = UpstreamOption.INSTALLED_ROUTE, UpstreamOption.HIGHEST_ADDRESS


class ProfileError(ValueError):
    """A profile that does not exist, or whose options are not all there: one line for people."""


@dataclass(frozen=True, slots=True)
class Profile:
    """`number` is the vendor's; a profile can be asked for by either."""

    name: str
    number: int | None
    discovery: DiscoveryOption
    tunnel: TunnelOption
    pmsi: PmsiOption
    signalling: SignallingOption
    upstream: UpstreamOption

    def names(self) -> tuple[str, ...]:
        return (self.name,) if self.number is None else (self.name, str(self.number))

    def options(self) -> Iterator[Enum]:
        yield from (self.discovery, self.tunnel, self.pmsi, self.signalling, self.upstream)


PROFILES: Final = (
    Profile("pim-gre-ssm", 0, _MDT_SAFI, TunnelOption.PIM_SSM, _MI, _PIM, _INSTALLED),
    Profile("pim-gre-ssm-static", None, _LIST, TunnelOption.PIM_SSM, _MI, _PIM, _INSTALLED),
    Profile("pim-gre-sm", None, _NO_A_D, TunnelOption.PIM_SM, _MI, _PIM, _INSTALLED),
    Profile("pim-gre-bidir", None, _NO_A_D, TunnelOption.BIDIR_PIM, _MI, _PIM, _INSTALLED),
    Profile("pim-mp2mp", 1, _NO_A_D, TunnelOption.MLDP_MP2MP, _MI, _PIM, _INSTALLED),
    Profile("pim-mp2mp-partitioned", 2, _NO_A_D, TunnelOption.MLDP_MP2MP, _MS, _PIM, _INSTALLED),
    Profile("pim-gre-ssm-ad", 3, _A_D, TunnelOption.PIM_SSM, _MI, _PIM, _HIGHEST),
    Profile("pim-mp2mp-ad", 9, _A_D, TunnelOption.MLDP_MP2MP, _MI, _PIM, _HIGHEST),
    Profile("bgp-gre-ssm-ad", 11, _A_D, TunnelOption.PIM_SSM, _MI, _BGP, _HIGHEST),
    Profile("bgp-p2mp-ad", 12, _A_D, TunnelOption.MLDP_P2MP, _MI, _BGP, _HIGHEST),
    Profile("pim-p2mp-ad", 17, _A_D, TunnelOption.MLDP_P2MP, _MI, _PIM, _HIGHEST),
    Profile("pim-ir-ad", 19, _A_D, TunnelOption.INGRESS_REPLICATION, _MI, _PIM, _HIGHEST),
    Profile("pim-rsvp-te-ad", 20, _A_D, TunnelOption.RSVP_TE_P2MP, _MI, _PIM, _HIGHEST),
)

_BUILT: Final[frozenset[Enum]] = frozenset(
    {*DISCOVERIES, *TUNNELS, *PMSIS, *SIGNALLINGS, *UPSTREAM_HOPS}
)
"""The options that have a class."""


def find_profile(text: str) -> Profile:
    """The profile of a name or number; ProfileError when there is none, or it cannot run."""
    for profile in PROFILES:
        if text in profile.names():
            _require_built(profile, text)
            return profile
    raise ProfileError(f"no profile {text!r}; {_offer()}")


def choose_discovery(profile: Profile, local: LocalMvpn) -> frozenset[DiscoveryOption]:
    """How PEs find each other; ProfileError when that needs BGP and there is none."""
    chosen = local.config.discovery or frozenset({profile.discovery})
    by_bgp = [one.value for one in DISCOVERIES if one in chosen and DISCOVERIES[one].family]
    if by_bgp and local.asn is None:
        text = f"VRF {local.vrf} finds other PEs by {' and '.join(by_bgp)}"
        raise ProfileError(f"{text}, which need BGP in the provider's table")
    return chosen


def _missing(profile: Profile) -> list[str]:
    """The options of it that have no class."""
    return [option.value for option in profile.options() if option not in _BUILT]


def _require_built(profile: Profile, text: str) -> None:
    if missing := _missing(profile):
        needs = " and ".join(missing)
        raise ProfileError(f"profile {text} needs {needs}, which are not implemented")


def _offer() -> str:
    """All profiles by name and number, those that run first."""
    running = [" = ".join(one.names()) for one in PROFILES if not _missing(one)]
    others = [" = ".join(one.names()) for one in PROFILES if _missing(one)]
    return f"these run: {', '.join(running)}; not implemented: {', '.join(others)}"
