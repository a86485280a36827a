"""Profiles are rows; one that cannot run is refused by what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.mvpn.profile import PROFILES, ProfileError, find_profile


@pytest.mark.parametrize("text", ["0", "pim-gre-ssm"])
def test_a_profile_is_found_by_number_and_by_name(text: str) -> None:
    assert find_profile(text).name == "pim-gre-ssm"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "profile 1 needs mLDP MP2MP P-tunnels"),
        ("pim-gre-ssm-mdt-safi", "profile pim-gre-ssm-mdt-safi needs MDT-SAFI routes"),
        ("11", "profile 11 needs Intra-AS I-PMSI A-D routes and BGP C-multicast routes"),
    ],
)
def test_a_profile_without_an_option_is_refused_by_its_name(text: str, message: str) -> None:
    with pytest.raises(ProfileError) as caught:
        find_profile(text)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith(", which are not implemented")


@pytest.mark.parametrize("text", ["29", "None", "", "rosen"])
def test_an_unknown_profile_is_answered_with_those_that_exist(text: str) -> None:
    with pytest.raises(ProfileError, match=f"no profile '{text}'; these run: pim-gre-ssm = 0; "):
        find_profile(text)


def test_no_two_profiles_share_a_name_or_number() -> None:
    names = [name for profile in PROFILES for name in profile.names()]
    assert len(names) == len(set(names))


def test_the_documentation_has_the_same_rows() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "mvpn.md").read_text().splitlines()
    cells = [line.split("|")[1:3] for line in lines if line.startswith("| `")]
    rows = [(name.strip(" `"), number.strip()) for name, number in cells]
    assert rows == [(p.name, "" if p.number is None else str(p.number)) for p in PROFILES]
