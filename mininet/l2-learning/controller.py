"""The controller of l2.p4: it makes entries of the stations that switches tell it.

A digest names a station and its port. Its answer is an entry in `destinations`, by which frames to
the station leave at this port alone, and one in `sources`, by which the switch tells it no more.
The list is acknowledged after that: a switch tells the same again only when it has been
acknowledged, or when ACK_TIMEOUT is over.

A station stays until it speaks at another port. There is no spanning tree: a loop is a storm.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

import finsy as fy
from topology import BRIDGES, PORTS, Bridge

HERE: Final = Path(__file__).parent
ALL_PORTS: Final = 1  # as in l2.p4
DIGEST: Final = "station_t"
LONGEST_LIST: Final = 100
LONGEST_WAIT: Final = 10_000_000  # ns
ACK_TIMEOUT: Final = 1_000_000_000  # ns


class Stations:
    """The stations of one switch: the port where each has last been heard."""

    def __init__(self, switch: fy.Switch) -> None:
        self._switch = switch
        self._ports: dict[int, int] = {}

    async def learn(self) -> None:
        async for stations in self._switch.read_digests(DIGEST):
            for station in stations:
                await self._hear(station["address"], station["port"])
            await self._switch.write([stations.ack()])

    async def _hear(self, address: int, port: int) -> None:
        before = self._ports.get(address)
        if before == port:
            return  # told twice, before its entries were there
        if before is None:
            await self._switch.insert([towards(address, port), known(address, port)])
        else:
            await self._switch.delete([known(address, before)])
            await self._switch.modify([towards(address, port)])
            await self._switch.insert([known(address, port)])
        self._ports[address] = port
        print(f"{self._switch.name}: {fy.MACAddress(address)} is at port {port}", flush=True)


def towards(address: int, port: int) -> fy.P4TableEntry:
    match = fy.P4TableMatch(destination=address)
    return fy.P4TableEntry(
        "destinations", match=match, action=fy.P4TableAction("forward", port=port)
    )


def known(address: int, port: int) -> fy.P4TableEntry:
    match = fy.P4TableMatch(source=address, ingress_port=port)
    return fy.P4TableEntry("sources", match=match, action=fy.P4TableAction("NoAction"))


async def ready(switch: fy.Switch) -> None:
    """Set up a switch that has its program; what an earlier controller learned is forgotten."""
    await switch.delete_all()
    switch.create_task(Stations(switch).learn())
    flooding = fy.P4MulticastGroupEntry(ALL_PORTS, replicas=PORTS)
    telling = fy.P4DigestEntry(
        DIGEST,
        max_list_size=LONGEST_LIST,
        max_timeout_ns=LONGEST_WAIT,
        ack_timeout_ns=ACK_TIMEOUT,
    )
    await switch.insert([flooding, telling])
    print(f"{switch.name}: learning", flush=True)


def switch_of(bridge: Bridge) -> fy.Switch:
    options = fy.SwitchOptions(
        p4info=HERE / "l2.p4info.txtpb",
        p4blob=HERE / "l2.json",
        device_id=bridge.device_id,
        ready_handler=ready,
    )
    return fy.Switch(bridge.name, bridge.address, options)


async def main() -> None:
    await fy.Controller([switch_of(bridge) for bridge in BRIDGES]).run()


if __name__ == "__main__":
    logging.getLogger("finsy").setLevel(logging.WARNING)
    fy.run(main())
