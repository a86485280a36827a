"""How fast the embedded target is: packets, against a bare copy loop; table writes; memory.

One sender fills a link with 100-byte frames of one stream. The switch runs the mVPN program, with
10,000 unicast routes over 1,000 groups of four next hops. A multicast stream is looked up,
replicated to four ports, and each copy encapsulated in GRE; a unicast stream finds its route, its
group, and there by the hash of the flow its next hop. The bare loop receives and sends with the
same system calls and does nothing else. All run in turns, on the same links, so that their ratios
say something on any machine.

Needs root (a network namespace) and a C compiler: `python bench/softswitch_rate.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from statistics import median

import finsy
import grpc
from finsy.proto import U128, p4r, p4r_grpc

from softswitch.build import compiler

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "p4src" / "build" / "mvpn.json"
P4INFO = ROOT / "p4src" / "build" / "mvpn.p4info.txtpb"

INPUT, OUTPUTS = 1, (2, 3, 4, 5)
ROUNDS = 5
SETTLE, MEASURE = 0.5, 1.5  # seconds
WRITES = 2000
ROUTES, GROUPS, BATCH = 10_000, 1_000, 1_000
ELECTION_ID = U128.encode(1)

ROUTER_MAC, HOST_MAC, GROUP_MAC = 0x02_00_00_00_00_FE, 0x02_00_00_00_00_01, 0x01_00_5E_01_01_01
SOURCE, GROUP = 0x0A_01_01_01, 0xE8_01_01_01
LOOPBACK, MDT_GROUP = 0xC0_00_02_01, 0xE8_FF_00_01
DESTINATION = 0x0B_00_00_01


def stream_frame(mac: int, destination: int) -> bytes:
    """100 bytes of UDP."""
    ip = bytearray(
        bytes.fromhex("4500 0056 0000 0000 4011 0000")
        + SOURCE.to_bytes(4, "big")
        + destination.to_bytes(4, "big")
    )
    total = sum(int.from_bytes(ip[i : i + 2], "big") for i in range(0, 20, 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    ip[10:12] = (total ^ 0xFFFF).to_bytes(2, "big")
    udp = bytes.fromhex("1388 1388 0042 0000") + bytes(58)
    return mac.to_bytes(6, "big") + HOST_MAC.to_bytes(6, "big") + b"\x08\x00" + ip + udp


class Client:
    """A controller that writes by the program's names."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._schema = finsy.P4Schema(P4INFO, PROGRAM)
        self._stub = p4r_grpc.P4RuntimeStub(channel)
        self._requests: SimpleQueue[p4r.StreamMessageRequest] = SimpleQueue()
        self._responses = iter(
            self._stub.StreamChannel(iter(self._requests.get, None), wait_for_ready=True)
        )
        arbitration = p4r.MasterArbitrationUpdate(device_id=1, election_id=ELECTION_ID)
        self._requests.put(p4r.StreamMessageRequest(arbitration=arbitration))
        next(self._responses)
        self._stub.SetForwardingPipelineConfig(
            p4r.SetForwardingPipelineConfigRequest(
                device_id=1,
                election_id=ELECTION_ID,
                action=p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT,
                config=p4r.ForwardingPipelineConfig(
                    p4info=self._schema.p4info, p4_device_config=PROGRAM.read_bytes()
                ),
            )
        )

    def insert(self, entity: finsy.P4TableEntry | finsy.P4MulticastGroupEntry) -> None:
        self._stub.Write(self.request(self.update(entity)))

    def update(self, entity: finsy.P4TableEntry | finsy.P4MulticastGroupEntry) -> p4r.Update:
        return p4r.Update(type=p4r.Update.INSERT, entity=entity.encode(self._schema))

    def request(self, *updates: p4r.Update) -> p4r.WriteRequest:
        return p4r.WriteRequest(device_id=1, election_id=ELECTION_ID, updates=updates)

    def write(self, request: p4r.WriteRequest) -> None:
        self._stub.Write(request)

    def table(self, name: str, match: dict[str, object], action: str, **args: int) -> None:
        self.insert(self.entry(name, match, action, **args))

    def entry(
        self, name: str, match: dict[str, object], action: str, **args: int
    ) -> finsy.P4TableEntry:
        return finsy.P4TableEntry(
            name, match=finsy.Match(match), action=finsy.Action(action, **args)
        )

    def group(self, number: int, next_hops: Sequence[int]) -> finsy.P4TableEntry:
        members = [(1, finsy.P4TableAction("via", next_hop=next_hop)) for next_hop in next_hops]
        return finsy.P4TableEntry(
            "next_hop_group",
            match=finsy.Match(group=number),
            action=finsy.P4IndirectAction(members),
        )


def program_switch(client: Client) -> None:
    """One customer stream into four copies, each in GRE."""
    client.table("interface", {"port": INPUT, "vlan": 0}, "set_interface",
                 index=1, vrf=1, mac=ROUTER_MAC, mpls=0)  # fmt: skip
    client.table("multicast_route", {"vrf": 1, "source": SOURCE, "group": GROUP},
                 "multicast_forward", interface=1, interfaces=0, group=1, watch=0)  # fmt: skip
    replicas = [(port, 1) for port in OUTPUTS]
    client.insert(finsy.P4MulticastGroupEntry(1, replicas=replicas))
    for port in OUTPUTS:
        client.table("replica_rewrite", {"port": port, "replica": 1}, "encapsulate",
                     source_mac=ROUTER_MAC, vlan=0, source=LOOPBACK, group=MDT_GROUP,
                     ttl=64, dont_fragment=0)  # fmt: skip
        client.table("egress_interface", {"port": port, "vlan": 0}, "set_egress_interface",
                     index=port, mtu=1500)  # fmt: skip


def routes(client: Client, first_octet: int, count: int) -> list[finsy.P4TableEntry]:
    prefixes = (f"{first_octet}.{i >> 8}.{i & 255}.0/24" for i in range(count))
    keys: list[dict[str, object]] = [{"vrf": 1, "destination": prefix} for prefix in prefixes]
    return [
        client.entry("unicast_route", key, "forward", group=1 + i % GROUPS)
        for i, key in enumerate(keys)
    ]


def program_routes(client: Client) -> float:
    """Routes over groups of four next hops; returns the seconds that their batches took."""
    for port in OUTPUTS:
        client.table("next_hop", {"next_hop": port}, "set_next_hop", port=port, vlan=0,
                     source_mac=ROUTER_MAC, destination_mac=HOST_MAC, mtu=1500)  # fmt: skip
    groups = [client.group(number, OUTPUTS) for number in range(1, GROUPS + 1)]
    entries = [*groups, *routes(client, DESTINATION >> 24, ROUTES)]
    requests = [
        client.request(*(client.update(entry) for entry in entries[i : i + BATCH]))
        for i in range(0, len(entries), BATCH)
    ]
    started = time.perf_counter()
    for request in requests:
        client.write(request)
    return time.perf_counter() - started


def writes_per_second(client: Client) -> float:
    """Single-entry writes, one after the other."""
    requests = [client.request(client.update(entry)) for entry in routes(client, 10, WRITES)]
    started = time.perf_counter()
    for request in requests:
        client.write(request)
    return WRITES / (time.perf_counter() - started)


def make_links() -> None:
    for number in (INPUT, *OUTPUTS):
        ends = (f"sw{number}", f"h{number}")
        subprocess.run(["ip", "link", "add", ends[0], "type", "veth", "peer", ends[1]], check=True)
        for end in ends:
            Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
            subprocess.run(["ip", "link", "set", end, "up", "arp", "off"], check=True)


@contextmanager
def running(
    command: Sequence[str], standard_input: bytes = b""
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(standard_input)
    process.stdin.close()
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def received() -> int:
    """Frames that have arrived at the far ends of the outputs."""
    far_ends = {f"h{number}" for number in OUTPUTS}
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    interfaces = (line.split(":") for line in lines)
    return sum(int(values.split()[1]) for name, values in interfaces if name.strip() in far_ends)


@dataclass(frozen=True)
class Rate:
    """Frames out, by the clock and by the processor time that the forwarder got."""

    a_second: float
    a_cpu_second: float


def measure(sender: Sequence[str], frame: bytes, forwarder: int) -> Rate:
    """What leaves while the sender fills the input; `forwarder` is the process in between."""
    with running(sender, frame):
        time.sleep(SETTLE)
        frames, used, started = received(), cpu_seconds(forwarder), time.perf_counter()
        time.sleep(MEASURE)
        frames, used = received() - frames, cpu_seconds(forwarder) - used
        return Rate(frames / (time.perf_counter() - started), frames / used)


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_switch(directory: Path) -> Iterator[tuple[Client, int]]:
    """A switch process that is ready for the stream, and its process id."""
    path = directory / "switch.sock"
    ports = [f"-i{number}@sw{number}" for number in (INPUT, *OUTPUTS)]
    target = ["--grpc-server-addr", f"unix:{path}", "--cpu-port", "510"]
    with running([sys.executable, "-m", "softswitch", "--no-p4", *ports, *target]) as process:
        while not path.exists():
            assert process.poll() is None, "the switch has not started"
            time.sleep(0.05)
        with grpc.insecure_channel(f"unix:{path}") as channel:
            client = Client(channel)
            program_switch(client)
            yield client, process.pid


def resident_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def build_tool(directory: Path) -> str:
    tool = directory / "softswitch_rate"
    source = Path(__file__).with_suffix(".c")
    subprocess.run([compiler(), "-O2", "-o", str(tool), str(source)], check=True)
    return str(tool)


def report(what: str, rates: Sequence[Rate]) -> None:
    seconds = [rate.a_second / 1e6 for rate in rates]
    cpu = median(rate.a_cpu_second for rate in rates) / 1e6
    span = f"{min(seconds):.3f} to {max(seconds):.3f}"
    print(f"{what:28} {median(seconds):6.3f} Mpps out ({span}), {cpu:6.3f} a CPU second")


def compare(what: str, switched: Sequence[Rate], bare: Sequence[Rate]) -> None:
    by_clock = median(s.a_second / b.a_second for s, b in zip(switched, bare, strict=True))
    by_cpu = median(s.a_cpu_second / b.a_cpu_second for s, b in zip(switched, bare, strict=True))
    print(f"{what:28} {by_clock:6.2f} by the clock, {by_cpu:.2f} by CPU time")


def main() -> None:
    bare: dict[int, list[Rate]] = {1: [], len(OUTPUTS): []}
    multicast, unicast = [], []
    to_group = stream_frame(GROUP_MAC, GROUP)
    to_host = stream_frame(ROUTER_MAC, DESTINATION)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        tool = build_tool(directory)
        make_links()
        send = [tool, "send", f"h{INPUT}"]
        for _ in range(ROUNDS):
            for count, rates in bare.items():
                outputs = [f"sw{number}" for number in OUTPUTS[:count]]
                with running([tool, "copy", f"sw{INPUT}", *outputs]) as process:
                    rates.append(measure(send, to_group, process.pid))
            with running_switch(directory) as (client, pid):
                loading = program_routes(client)
                multicast.append(measure(send, to_group, pid))
                unicast.append(measure(send, to_host, pid))
                writes = writes_per_second(client)
                memory = resident_megabytes(pid)
    report("bare copy loop, 1 to 4:", bare[len(OUTPUTS)])
    report("switch, GRE to 4 replicas:", multicast)
    compare("ratio, median of rounds:", multicast, bare[len(OUTPUTS)])
    report("bare copy loop, 1 to 1:", bare[1])
    report("switch, one of 4 next hops:", unicast)
    compare("ratio, median of rounds:", unicast, bare[1])
    print(f"{'routes and groups, batches:':28} {(ROUTES + GROUPS) / loading:6.0f} a second")
    print(f"{'single-entry writes:':28} {writes:6.0f} a second")
    print(f"{'memory of the switch:':28} {memory:6.1f} MB resident")


if __name__ == "__main__":
    if "--inside" not in sys.argv:
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv, "--inside"])
    main()
