"""What `show` says of the engines of `tests/protocols/pim/lan.py`: VRFs with little but PIM."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from random import Random
from typing import Any, TypeAlias

from controlplane.engine.time import Instant
from controlplane.fib.model import GLOBAL_VRF
from controlplane.net.interface import DEFAULT_VRF, Interface, InterfaceKind
from controlplane.protocols.arp.engine import ArpEngine
from controlplane.protocols.bfd.engine import BfdEngine
from controlplane.protocols.pim.config import PimConfig
from controlplane.rib.rib import Rib
from controlplane.rib.route import Local, Route, RouteProtocol
from controlplane.router.config import InterfaceConfig, Role, RouterConfig
from controlplane.router.router import Router
from controlplane.router.show import Row
from controlplane.router.vrf import Vrf
from tests.protocols.pim.lan import Lan

Noun: TypeAlias = Callable[[Router, Vrf, Instant], list[Row]]
AnyRow: TypeAlias = dict[str, Any]
"""What a row is to a test, which knows what is in it."""

_LOOPBACK = IPv4Interface("198.51.100.1/32")


def rows(
    lan: Lan, name: str, noun: Noun, *own: IPv4Address, config: PimConfig | None = None
) -> list[AnyRow]:
    """The rows of a noun at a router that has these addresses, and was configured so."""
    return noun(_router(config or PimConfig()), _vrf(lan, name, own), lan.now)


def _router(config: PimConfig) -> Router:
    loopback = Interface(
        name="lo0", index=100, kind=InterfaceKind.LOOPBACK, address=_LOOPBACK, vrf=DEFAULT_VRF
    )
    return Router(
        RouterConfig(
            name="r",
            role=Role.P,
            router_id=_LOOPBACK.ip,
            interfaces=(InterfaceConfig(interface=loopback),),
            pim=config,
        ),
        Random(0),
    )


def _vrf(lan: Lan, name: str, own: tuple[IPv4Address, ...]) -> Vrf:
    vrf = Vrf(
        name=DEFAULT_VRF,
        id=GLOBAL_VRF,
        rib=Rib(lambda _: True),
        pim=lan.engines[name],
        arp=ArpEngine(rng=Random(0)),
        bfd=BfdEngine(rng=Random(0)),
    )
    vrf.rib.replace(RouteProtocol.CONNECTED, map(_local, own))
    for update in lan.routes.get(name, {}).values():
        vrf.mrib.apply(update)
    return vrf


def _local(address: IPv4Address) -> Route:
    return Route(
        prefix=IPv4Network(address),
        protocol=RouteProtocol.CONNECTED,
        next_hops=(Local("lo0"),),
    )
