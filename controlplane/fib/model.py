"""The desired state of a switch, as a value.

A Fib says what the switch shall do and nothing of how it is told: no table names, no group ids, no
protocol. It is made by a pure function of the RIBs (`fib/build.py`) and turned into P4Runtime
entities by `p4rt`. Equal Fibs are equal switches.

Routes do not hold their next hops: they name a group of them, by what it leads to (`way`). When the
core changes, the group changes, and none of the routes and labels that name it (RFC 3031 3.10 calls
a member an NHLFE, and several for one label or FEC are allowed by 3.11 and 3.12).

VRFs and interfaces are numbers here. VRF 0 is the provider's (or a CE's only) table. An interface
index also names what a decapsulated packet came in on: one (PMSI, root PE) pair is one `iif`, so
that the RPF check of a C-route tells a packet of the expected PE from another's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import Final, NamedTuple, TypeAlias

from controlplane.net.interface import ETHERNET_MTU
from controlplane.net.label import Label
from controlplane.net.mac import MacAddress
from controlplane.net.multicast import TreeName
from controlplane.net.punt import PuntReason

GLOBAL_VRF: Final = 0


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """A switch port and the VLAN on it; VLAN 0 is untagged."""

    port: int
    vlan: int = 0


@dataclass(frozen=True, slots=True)
class FibInterface:
    """What arrives on `at` for `mac` (or a group) belongs to this interface and its VRF.

    Labelled packets are taken where `mpls` is set, and nowhere else: a label is believed. What
    leaves has at most `mtu` octets behind its Ethernet header, labels included.
    """

    at: Port
    index: int
    vrf: int
    mac: MacAddress
    mpls: bool = False
    mtu: int = ETHERNET_MTU


@dataclass(frozen=True, slots=True)
class Adjacency:
    """A resolved neighbour: how a unicast frame to it is rewritten, and how long it may be."""

    at: Port
    source_mac: MacAddress
    destination_mac: MacAddress
    mtu: int = ETHERNET_MTU

    def __hash__(self) -> int:
        """Thousands of groups have it in them, so this is to be cheap."""
        return self.destination_mac.value ^ self.at.port


class Nhlfe(NamedTuple):
    """One next hop of a group: a neighbour, and the label that it wants to see on top.

    A packet that came with a label has it swapped, one that came without has it pushed.
    IMPLICIT_NULL has the label popped. None: the neighbour gave no label, so IPv4 packets go to it
    as they are, and labelled ones are dropped (RFC 3031 3.22).
    """

    adjacency: Adjacency
    label: Label | None = None


class NextHopGroup(NamedTuple):
    """Equal ways to one goal, chosen by the flow; packets to a group without members are gleaned.

    `way` names the goal for people too: "192.0.2.2/32", "10.0.0.2 on to-p1".
    """

    way: str
    members: frozenset[Nhlfe]


@dataclass(frozen=True, slots=True)
class Forward:
    """Action: send to a member of the group of this name."""

    way: str


@dataclass(frozen=True, slots=True)
class ForwardVpn:
    """Unicast action: push the label of the VPN path of this name, and go its way."""

    path: str


@dataclass(frozen=True, slots=True)
class VpnPath:
    """What routes through a PE share (RFC 4364 5): the PE's label, below that of the way to it.

    `way` is None while no PE of the path is in reach: packets are dropped. Where a route has
    backups they are part of the name, so that the death of a PE changes paths and no route.
    """

    name: str
    label: Label
    way: str | None


@dataclass(frozen=True, slots=True)
class PopAndLookUp:
    """Action of a label at the bottom of the stack: pop, and look the IPv4 header up in `vrf`."""

    vrf: int


@dataclass(frozen=True, slots=True)
class Receive:
    """Unicast action: it is addressed to this router."""


@dataclass(frozen=True, slots=True)
class Glean:
    """Unicast action: the neighbour's MAC address is not known yet; the CPU asks for it."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Unicast action: drop and count."""


UnicastAction: TypeAlias = Forward | ForwardVpn | Receive | Glean | Discard


@dataclass(frozen=True, slots=True)
class UnicastRoute:
    vrf: int
    prefix: IPv4Network
    action: UnicastAction

    def __hash__(self) -> int:
        """No two routes of a switch are of one prefix in one VRF."""
        return hash((self.vrf, self.prefix))


@dataclass(frozen=True, slots=True)
class LabelRoute:
    """An entry of the incoming label map (RFC 3031 3.11)."""

    label: Label
    action: Forward | PopAndLookUp

    def __hash__(self) -> int:
        """No two entries of a switch are of one label."""
        return self.label


class TtlMode(Enum):
    """RFC 3443: whether labels take the IPv4 TTL along, or the LSP counts as one hop."""

    UNIFORM = "uniform"
    PIPE = "pipe"


@dataclass(frozen=True, slots=True)
class InPlace:
    """Rewrite of a copy: forward the packet as it is (GRE and all), its outermost TTL less one.

    Of one that came in a Register, what was in it.
    """


@dataclass(frozen=True, slots=True)
class Onward:
    """InPlace, for packets that come out of this tunnel alone: the copies along its tree.

    For C-trees that accept packets from elsewhere, too.
    """

    tunnel: int


@dataclass(frozen=True, slots=True)
class Decapsulate:
    """Rewrite of a copy: take off what is around the VPN's packet, its own TTL less one.

    That is IPv4 and GRE, or a Register; or nothing, where it came from a CE.
    """


@dataclass(frozen=True, slots=True)
class Encapsulate:
    """Rewrite of a copy: inner TTL less one, then GRE and IPv4 from a PE's loopback to a P-group.

    `dont_fragment` is the DF bit of the outer header: RFC 6513 12.4.1 sets it, RFC 6037 4.8 clears.
    """

    source: IPv4Address
    group: IPv4Address
    ttl: int = 64
    dont_fragment: bool = True


@dataclass(frozen=True, slots=True)
class EncapsulateRegister:
    """Rewrite of a copy: inner TTL less one, then the PIM Register header and IPv4 to the RP.

    It leaves as the unicast packet that it is: to the next hop's MAC address, and under `labels`,
    the top one first, where the way to the RP leads through LSPs (RFC 7761 4.4.1, 4.9.3). In the
    Register is the packet of a `tunnel` where that is given, else the packet itself.
    """

    source: IPv4Address
    rp: IPv4Address
    destination_mac: MacAddress
    labels: tuple[Label, ...] = ()
    tunnel: Encapsulate | None = None


Rewrite: TypeAlias = InPlace | Onward | Decapsulate | Encapsulate | EncapsulateRegister


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a multicast packet: where it leaves, from which MAC address, in which form."""

    at: Port
    source_mac: MacAddress
    rewrite: Rewrite


@dataclass(frozen=True, slots=True)
class Tail:
    """A leaf of the P-tunnel: the inner packet is looked up in `vrf`, as if come in on `iif`.

    None, of a tree that PEs share: the outer source names the root PE (`TunnelRoot`).
    """

    vrf: int
    iif: int | None


@dataclass(frozen=True, slots=True)
class TunnelRoot:
    """What comes out of a shared tree of `vrf` from this PE counts as come in on `iif`."""

    vrf: int
    pe: IPv4Address
    iif: int


REGISTERS: Final = 0xFFFF
"""The interface index of what is taken out of PIM Registers, in every VRF."""


TAIL_TABLES: Final = range(0x8000, 1 << 16)
"""Their numbers; those of VRFs are lower."""


@dataclass(frozen=True, slots=True)
class TailTable:
    """A number beside those of VRFs, for what one selective tunnel brings into `vrf`.

    A `Tail` names it as its VRF, and so do the C-routes that are looked up there and nowhere else.
    """

    number: int
    vrf: int


@dataclass(frozen=True, slots=True)
class MulticastRoute:
    """A tree of a VRF: its packets are accepted on `iifs` only, and copied to `replicas`.

    A bidirectional tree accepts on several interfaces, and on REGISTERS an RP what came in them.
    The copy that would go back to where the packet came in is left out. With a `tail`, the replicas
    are those of packets that find no C-route behind the tunnel (the tree's onward copies). A
    C-route that is fed by a tunnel holds its tree's onward copies itself. `watch`: packets go to
    the CPU too, as PuntReason.NEW_SOURCE.
    """

    vrf: int
    tree: TreeName
    iifs: frozenset[int]
    replicas: frozenset[Replica]
    tail: Tail | None = None
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Policer:
    """How much of one punt class reaches the CPU: packets/s, and packets in one burst."""

    reason: PuntReason
    rate: int
    burst: int


@dataclass(frozen=True, slots=True)
class Fib:
    interfaces: frozenset[FibInterface] = field(default_factory=frozenset)
    unicast: frozenset[UnicastRoute] = field(default_factory=frozenset)
    groups: frozenset[NextHopGroup] = field(default_factory=frozenset)
    vpn_paths: frozenset[VpnPath] = field(default_factory=frozenset)
    labels: frozenset[LabelRoute] = field(default_factory=frozenset)
    multicast: frozenset[MulticastRoute] = field(default_factory=frozenset)
    tunnel_roots: frozenset[TunnelRoot] = field(default_factory=frozenset)
    tail_tables: frozenset[TailTable] = field(default_factory=frozenset)
    policers: frozenset[Policer] = field(default_factory=frozenset)
    ttl_mode: TtlMode = TtlMode.UNIFORM


@dataclass(frozen=True, slots=True)
class PacketIn:
    """A punted frame as it arrived; `interface` is an index, also of a (PMSI, root PE) pair.

    One that is TO_FRAGMENT is as it would have left, on `interface`. `excess` are the octets that
    it would then have above the MTU.
    """

    port: int
    interface: int
    reason: PuntReason
    frame: bytes
    excess: int = 0


@dataclass(frozen=True, slots=True)
class PacketOut:
    """Send this frame, whole, out of a port; the pipeline changes nothing."""

    port: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Submit:
    """Let the pipeline forward this frame as if it came in on an interface; no TTL is taken off.

    A frame with a label stack is switched by its top label.
    """

    vrf: int
    interface: int
    frame: bytes
