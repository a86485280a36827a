"""What crossed a link of the simulator, as a capture file that any tool reads."""

from __future__ import annotations

from pathlib import Path

from controlplane.engine.time import Instant

_ETHERNET_LINKTYPE = 1


class Capture:
    """Frames and the times at which they were sent."""

    def __init__(self) -> None:
        self._frames: list[tuple[Instant, bytes]] = []

    def add(self, at: Instant, frame: bytes) -> None:
        """Note a frame that was sent."""
        self._frames.append((at, frame))

    def write(self, path: Path) -> None:
        """Write all frames so far as a pcap file, with times of microseconds."""
        from scapy.utils import RawPcapWriter  # half a second to import, and few runs need it

        with RawPcapWriter(str(path), linktype=_ETHERNET_LINKTYPE, sync=False) as writer:
            writer.write_header(None)
            for at, frame in self._frames:
                seconds, fraction = divmod(round(at * 1_000_000), 1_000_000)
                writer.write_packet(frame, sec=seconds, usec=fraction)
