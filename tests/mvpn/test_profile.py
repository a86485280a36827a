"""Profiles are rows; one that cannot run is refused by what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.mvpn.options import DiscoveryOption, UpstreamOption
from controlplane.mvpn.profile import PROFILES, ProfileError, find_profile
from tests.mvpn.values import BOTH, local, mvpn

RUNNING = (
    "these run: pim-gre-ssm = 0, pim-gre-ssm-static, pim-gre-sm, pim-gre-bidir, pim-gre-ssm-ad = 3"
)


@pytest.mark.parametrize("text", ["0", "pim-gre-ssm"])
def test_a_profile_is_found_by_number_and_by_name(text: str) -> None:
    assert find_profile(text).name == "pim-gre-ssm"


@pytest.mark.parametrize(
    ("text", "discovery", "upstream"),
    [
        ("0", DiscoveryOption.MDT_SAFI, UpstreamOption.INSTALLED_ROUTE),
        ("3", DiscoveryOption.INTRA_AS, UpstreamOption.HIGHEST_ADDRESS),
        ("pim-gre-ssm-static", DiscoveryOption.STATIC_LIST, UpstreamOption.INSTALLED_ROUTE),
    ],
)
def test_an_mvpn_has_its_profiles_options(
    text: str, discovery: DiscoveryOption, upstream: UpstreamOption
) -> None:
    red = mvpn(local(text))
    assert (red.discovery, red.upstream) == (frozenset({discovery}), upstream)


def test_a_vpn_may_have_options_of_its_own() -> None:
    red = mvpn(local("0", discovery=BOTH, upstream=UpstreamOption.HASH))
    assert (red.discovery, red.upstream) == (BOTH, UpstreamOption.HASH)


@pytest.mark.parametrize(
    ("text", "needs"),
    [("0", "MDT-SAFI routes"), ("3", "Intra-AS I-PMSI A-D routes")],
)
def test_discovery_by_bgp_is_refused_where_bgp_does_not_run(text: str, needs: str) -> None:
    with pytest.raises(ProfileError) as caught:
        mvpn(local(text, asn=None))
    assert str(caught.value) == (
        f"VRF red finds other PEs by {needs}, which need BGP in the provider's table"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "profile 1 needs mLDP MP2MP P-tunnels"),
        ("12", "profile 12 needs mLDP P2MP P-tunnels and BGP C-multicast routes"),
    ],
)
def test_a_profile_without_an_option_is_refused_by_its_name(text: str, message: str) -> None:
    with pytest.raises(ProfileError) as caught:
        find_profile(text)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith(", which are not implemented")


@pytest.mark.parametrize("text", ["29", "None", "", "rosen"])
def test_an_unknown_profile_is_answered_with_those_that_exist(text: str) -> None:
    with pytest.raises(ProfileError, match=f"no profile '{text}'; {RUNNING}; not implemented: "):
        find_profile(text)


def test_no_two_profiles_share_a_name_or_number() -> None:
    names = [name for profile in PROFILES for name in profile.names()]
    assert len(names) == len(set(names))


def test_the_documentation_has_the_same_rows() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "mvpn.md").read_text().splitlines()
    cells = [line.split("|")[1:3] for line in lines if line.startswith("| `")]
    rows = [(name.strip(" `"), number.strip()) for name, number in cells]
    assert rows == [(p.name, "" if p.number is None else str(p.number)) for p in PROFILES]
