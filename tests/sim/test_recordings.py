"""The routers of the demo lab, recorded in the simulator: each recording replays exactly."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import ClassVar

import pytest

from controlplane.engine.time import Instant
from controlplane.lab.load import load
from controlplane.lab.recordings import recording_to
from controlplane.lab.sim_world import SimWorld
from controlplane.router import lives
from controlplane.router.events import Output, RouterInput
from controlplane.router.record import Header, RecordedRouter, WriteLine
from controlplane.router.replay import Replay

DEMO = Path(__file__).parents[2] / "mininet" / "labs" / "rosen-ssm.yaml"
GROUP, SOURCE = IPv4Address("232.1.1.1"), IPv4Address("10.1.1.10")


class Watched(RecordedRouter):
    """Keeps what it says, to be compared with what a replay says."""

    lives: ClassVar[dict[str, list[Watched]]] = {}

    def __init__(self, header: Header, write: WriteLine) -> None:
        super().__init__(header, write)
        self.outputs: list[tuple[Instant, list[Output]]] = []
        self.lives.setdefault(header.config.name, []).append(self)

    def _keep(self, now: Instant, outputs: list[Output]) -> list[Output]:
        self.outputs.append((now, outputs))
        return outputs

    def start(self, now: Instant) -> list[Output]:
        return self._keep(now, super().start(now))

    def advance(self, now: Instant) -> list[Output]:
        return self._keep(now, super().advance(now))

    def handle(self, event: RouterInput, now: Instant) -> list[Output]:
        return self._keep(now, super().handle(event, now))


def play(world: SimWorld) -> None:
    """Members come, a link breaks and is mended, a PE restarts, a member goes."""
    world.start()
    world.advance_to(2.0)
    for host in ("red-r2a", "red-r3", "blue-r1"):
        world.join(host, GROUP, SOURCE)
    world.advance_to(4.0)
    world.set_link("pe2-p2", up=False)
    world.advance_to(5.0)
    world.set_link("pe2-p2", up=True)
    world.advance_to(6.0)
    world.restart("pe2")
    world.advance_to(20.0)
    world.leave("red-r3", GROUP, SOURCE)
    world.advance_to(25.0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Watched]]]:
    """The folder of the recordings, and the routers by the names of their files."""
    folder = tmp_path_factory.mktemp("recordings")
    with pytest.MonkeyPatch.context() as patch, recording_to(folder) as record:
        patch.setattr(lives, "RecordedRouter", Watched)
        patch.setattr(Watched, "lives", {})
        world = SimWorld(load(DEMO).plan, record=record)
        try:
            play(world)
        finally:
            world.stop()
        routers = Watched.lives
        first = {name: of_it[0] for name, of_it in routers.items()}
        later = {
            f"{name}.{number}": router
            for name, of_it in routers.items()
            for number, router in enumerate(of_it[1:], start=2)
        }
        # Read while the files are open, as after a kill: every line is there already.
        yield folder, first | later


def test_there_is_a_file_for_each_life_of_a_router(
    recorded: tuple[Path, dict[str, Watched]],
) -> None:
    folder, routers = recorded
    assert {path.name for path in folder.iterdir()} == {f"{name}.jsonl" for name in routers}
    assert {"pe1", "pe2", "pe2.2", "red-ce1"} < set(routers)
    assert len(routers) == 13


def test_a_replay_gives_every_output_and_the_last_fib_again(
    recorded: tuple[Path, dict[str, Watched]],
) -> None:
    folder, routers = recorded
    for name, router in routers.items():
        with (folder / f"{name}.jsonl").open() as lines:
            replay = Replay(lines)
            outputs = [(step.at, outputs) for step, outputs in replay]
        assert outputs == router.outputs, name
        assert replay.router.fib == router.fib, name
    assert all(routers[name].fib.multicast for name in ("red-ce1", "pe2.2", "red-ce2"))
