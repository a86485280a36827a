"""A protocol's name alone shows all that there is of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controlplane.cli.groups import GROUPS, group_text, nouns_of, unknown
from controlplane.cli.main import main
from controlplane.cli.nouns import NOUNS


@pytest.mark.parametrize(
    ("words", "nouns"),
    [
        (
            "ospf",
            (
                "ospf process",
                "ospf trouble",
                "ospf neighbor",
                "ospf interface",
                "ospf route",
                "ospf spf",
                "ospf database",
                "ospf log",
            ),
        ),
        (
            "ldp",
            ("ldp neighbor", "ldp discovery", "ldp interface", "ldp binding", "ldp log"),
        ),
        ("mpls", ("mpls forwarding",)),
        ("bfd", ("bfd neighbor", "bfd log")),
        (
            "pim",
            (
                "pim neighbor",
                "pim interface",
                "pim rp",
                "pim bsr",
                "pim assert",
                "pim register",
                "pim df",
                "pim log",
            ),
        ),
        ("ospf neighbor", ("ospf neighbor",)),
        ("mvpn", ("mvpn tunnel", "mvpn discovery", "mvpn data-mdt", "mvpn log")),
        ("mroute", ("mroute",)),
        ("ospf neighbour", ()),
        ("", ()),
    ],
)
def test_words_stand_for_a_noun_or_for_those_of_a_protocol(
    words: str, nouns: tuple[str, ...]
) -> None:
    assert nouns_of(words) == nouns


def test_every_noun_of_two_words_is_in_the_group_of_the_first() -> None:
    grouped = {noun for nouns in GROUPS.values() for noun in nouns}
    assert grouped == {noun for noun in NOUNS if " " in noun}


def test_each_noun_of_a_group_has_a_heading_of_its_own() -> None:
    told = {"vrf": "default", "age": 3.0, "text": "session with 10.0.1.1 up on eth1"}
    assert group_text({"bfd neighbor": [], "bfd log": [told]}).splitlines() == [
        "=== bfd neighbor ===",
        "nothing to show",
        "",
        "=== bfd log ===",
        "VRF default",
        "Ago       Told",
        "00:00:03  session with 10.0.1.1 up on eth1",
    ]


def test_what_does_not_exist_is_answered_with_the_nearest_and_all_that_does() -> None:
    assert unknown("osfp").splitlines() == [
        "nothing to show under 'osfp'; is it 'ospf'? There is:",
        "  arp",
        "  bfd [neighbor | log]",
        "  bgp [neighbor | unicast | vpnv4 | mvpn | mdt | multicast | targets | log]",
        "  counters",
        "  forwarding",
        "  igmp [groups]",
        "  ldp [neighbor | discovery | interface | binding | log]",
        "  mpls [forwarding]",
        "  mroute",
        "  mvpn [tunnel | discovery | data-mdt | log]",
        "  ospf [process | trouble | neighbor | interface | route | spf | database | log]",
        "  pim [neighbor | interface | rp | bsr | assert | register | df | log]",
        "  route",
        "  umh",
        "  vrf",
    ]


def test_nothing_near_is_not_guessed() -> None:
    assert unknown("xyzzy").startswith("nothing to show under 'xyzzy'; there is:\n")


class TestCommand:
    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The nouns that the lab is asked for; it has a row for none of them."""
        asked: list[str] = []

        def ask(_lab: str, _router: str, noun: str, _vrf: str | None) -> list[dict[str, Any]]:
            asked.append(noun)
            return []

        monkeypatch.setattr("controlplane.cli.show.ask", ask)
        return asked

    @pytest.mark.parametrize("protocol", GROUPS)
    def test_a_protocol_is_asked_for_noun_by_noun(
        self, protocol: str, asked: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["show", "pe1", protocol, "--lab", "x"]) == 0
        assert tuple(asked) == GROUPS[protocol]
        headings = [f"=== {noun} ===" for noun in GROUPS[protocol]]
        assert [line for line in capsys.readouterr().out.splitlines() if "=" in line] == headings

    def test_json_of_a_protocol_is_the_rows_by_noun(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["show", "pe1", "bfd", "--lab", "x", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"bfd neighbor": [], "bfd log": []}

    def test_an_unknown_noun_asks_nobody(
        self, asked: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as error:
            main(["show", "pe1", "osfp", "--lab", "x"])
        assert error.value.code == 2
        assert "is it 'ospf'?" in capsys.readouterr().err
        assert asked == []
