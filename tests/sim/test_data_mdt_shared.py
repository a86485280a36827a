"""Flows of sparse mode in data MDTs: leaves that know nothing of the source join them, too.

The network is that of `test_network_pim`. h1 sends, ce3 is the RP, and nobody leaves the shared
tree: so pe2, where h2 listens, has joined (*,G) alone, and takes what comes over the MDT from any
PE. The RP has joined the source across pe3; what the MDT brings pe2 is not for ce3.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from controlplane.lab.world import Stream
from tests.sim.test_network_pim import COUNTED, GROUP, H1, LAB, WordsWorld

DATA_MDT = (
    "data_mdt: {pool: 232.11.0.0/30, threshold: 150, return_below: 120, delay: 1, interval: 3,"
    " timeout: 8, holddown: 2, sampling: 1}"
)
WORDS = f"rp: ce3, spt: never, {DATA_MDT}"
FAST = 400
"""Packets a second: with those of the other stream, well over the threshold."""

TREE = ("192.0.2.1", "232.11.0.0")


class DataMdtWorld(WordsWorld):
    """A stream of h1's runs slowly from the beginning; another one may come beside it."""

    def __init__(self, folder: Path, words: str = WORDS, text: str = LAB) -> None:
        super().__init__(folder, words, text)
        self._number = 1
        self.join("h2")
        self.world.send(self._stream("slow", 1, 100, seconds=60))
        self.run(5)

    def speed_up(self, seconds: float, rate: int = FAST) -> None:
        self._number += 1
        self.world.send(self._stream(f"fast {self._number}", self._number, rate, seconds))
        self.run(seconds)

    def _stream(self, name: str, number: int, rate: int, seconds: float) -> Stream:
        return Stream(
            name=name,
            number=number,
            host="h1",
            destination=IPv4Address(GROUP),
            port=5000,
            rate=rate,
            count=round(rate * seconds),
            size=100,
        )

    def received(self, host: str = "h2", stream: str = "slow") -> list[int]:
        return list(self.world.received(host, stream).numbers)

    def joined_at(self, pe: str) -> set[str]:
        """The sources whose own trees a PE has joined."""
        rows = self.rows(pe, "mroute", "red")
        return {row["source"] for row in rows if row["state"] == "J" and row["source"] != "*"}

    def trees_joined(self, pe: str) -> set[tuple[str, str]]:
        """The data MDTs that a PE is a leaf of."""
        rows = self.rows(pe, "mvpn data-mdt", "red")
        return {(row["root"], row["mdt_group"]) for row in rows if row.get("joined")}

    def state_at_root(self) -> str | None:
        rows = self.rows("pe1", "mvpn data-mdt", "red")
        return next((row["state"] for row in rows if row["direction"] == "sent"), None)


def is_gapless(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[-1] + 1))


def test_no_packet_is_lost_or_doubled_across_the_switch_and_back(tmp_path: Path) -> None:
    world = DataMdtWorld(tmp_path)
    settled = len(world.received())
    assert world.state_at_root() == "inclusive"
    world.speed_up(8)
    assert world.state_at_root() == "selective"
    assert (world.trees_joined("pe2"), world.trees_joined("pe3")) == ({TREE}, set())
    world.run(10)
    assert world.state_at_root() == "inclusive"
    received = world.received()
    assert len(received) > settled + 1700
    assert is_gapless(received[settled:])
    assert world.joined_at("pe2") == set()


def test_a_group_that_is_joined_later_is_served_from_the_tree_at_once(tmp_path: Path) -> None:
    """pe2's binding has been waiting for it."""
    world = DataMdtWorld(tmp_path)
    world.world.leave("h2", IPv4Address(GROUP), None)
    world.world.join("h3", IPv4Address(GROUP), None)
    world.speed_up(8)
    assert world.trees_joined("pe2") == set()
    before = len(world.received())
    world.join("h2")
    assert world.trees_joined("pe2") == {TREE}
    world.run(2)
    again = world.received()[before:]
    assert len(again) > 250
    assert is_gapless(again)


@pytest.mark.parametrize("spt", ["immediate", "{threshold: 50}"])
def test_who_leaves_the_shared_tree_later_stays_in_the_data_mdt(tmp_path: Path, spt: str) -> None:
    """ce2 switches while the flow is in it; then pe2 has (S,G), of the same root."""
    world = DataMdtWorld(tmp_path, WORDS.replace("never", spt))
    world.world.leave("h2", IPv4Address(GROUP), None)
    world.world.join("h3", IPv4Address(GROUP), None)
    world.speed_up(8)
    settled = len(world.received())
    world.join("h2")
    world.run(15)
    assert world.joined_at("pe2") == {H1}
    assert is_gapless(world.received()[settled + 50 :])


def test_pes_count_what_a_data_mdt_brings_as_the_groups(tmp_path: Path) -> None:
    """A host on pe2 itself: it is the last hop, whose policy is a threshold that the flow passes
    when it is in the data MDT already."""
    text = LAB.replace("  - {ends: [ce2, h2], ", "  - {ends: [pe2, h2], vpn: red, ")
    world = DataMdtWorld(tmp_path, WORDS.replace("never", "{threshold: 300}"), text)
    world.speed_up(COUNTED, rate=100)
    assert world.trees_joined("pe2") == {TREE}
    assert world.joined_at("pe2") == set()
    world.speed_up(2 * COUNTED)
    assert world.joined_at("pe2") == {H1}
