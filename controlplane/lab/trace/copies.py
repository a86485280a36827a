"""What a multicast copy looks like when it leaves, in words and as a packet.

It depends on what the packet came out of, as in the egress of the P4 program (replica_rewrite.p4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from controlplane.fib.model import (
    Decapsulate,
    Encapsulate,
    EncapsulateRegister,
    InPlace,
    Onward,
    Replica,
)
from controlplane.lab.trace.model import Packet
from controlplane.net.interface import Interface
from controlplane.net.multicast import SourceGroup
from controlplane.protocols.pim.events import Registering


@dataclass(frozen=True, slots=True)
class Came:
    """How a packet came to a router: on an interface; perhaps in a Register that ends here, or in
    the tunnel of this interface index, whose C-route takes it."""

    on: str
    out_of_register: bool = False
    out_of_tunnel: int | None = None


def rewritten(
    replica: Replica, leaves: Interface, packet: Packet, came: Came
) -> tuple[str, Packet] | None:
    """None where the copy is not made."""
    if _is_spared(replica, leaves, came):
        return None
    bare = Packet(packet.inner)
    match replica.rewrite:
        case InPlace() | Onward() if came.out_of_register:
            return "out of the Register", replace(packet, register=None, labels=())
        case InPlace() | Onward():
            return "in GRE" if packet.gre else "as it is", packet
        case Decapsulate() if came.out_of_register:
            return "out of the Register", bare
        case Decapsulate():
            return "out of GRE" if packet.gre else "as it is", bare
        case Encapsulate() as tunnel:
            return _tunnel_words(tunnel), replace(bare, gre=_outer(tunnel))
        case EncapsulateRegister() as register:
            return _registered(register, packet)


def _is_spared(replica: Replica, leaves: Interface, came: Came) -> bool:
    match replica.rewrite:
        case Onward(tunnel):
            return came.out_of_tunnel != tunnel
        case Encapsulate() | EncapsulateRegister():
            return came.out_of_tunnel is not None
        case InPlace() | Decapsulate():
            return leaves.name == came.on and not came.out_of_register


def _registered(rewrite: EncapsulateRegister, packet: Packet) -> tuple[str, Packet]:
    tunnel = rewrite.tunnel
    words = f"into a Register {rewrite.source} > {rewrite.rp}"
    if tunnel is not None:
        words, packet = f"{_tunnel_words(tunnel)}, {words}", Packet(packet.inner, _outer(tunnel))
    if rewrite.labels:
        words += f", push {'/'.join(map(str, rewrite.labels))}"
    outer = Registering(rewrite.source, rewrite.rp)
    return words, replace(packet, register=outer, labels=rewrite.labels)


def _outer(tunnel: Encapsulate) -> SourceGroup:
    return SourceGroup(tunnel.source, tunnel.group)


def _tunnel_words(tunnel: Encapsulate) -> str:
    return f"into GRE {tunnel.source} > {tunnel.group}"
