"""Layer PMSI: which service the P-tunnels together give to a VRF.

RFC 6513 3.1: a PMSI takes a packet at one PE and delivers it to others of the MVPN. The inclusive
multidirectional one (MI-PMSI) delivers to all, from any: to the customer's PIM it is a LAN.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Interface
from typing import Final, Protocol

from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.options import PmsiOption
from controlplane.net.interface import Interface, InterfaceKind


class Pmsi(Protocol):
    def __init__(self, local: LocalMvpn, /) -> None: ...

    def interface(self, index: int, overhead: int) -> Interface:
        """The VRF's interface to the other PEs; its tunnels add `overhead` octets to a packet."""


class MiPmsi:
    """One interface for all PEs of the MVPN, with the PE's loopback as its address.

    RFC 6513 5.2.1: PIM messages between PEs carry the address that the VPN routes name the PE by.
    """

    def __init__(self, local: LocalMvpn) -> None:
        self._local = local

    def interface(self, index: int, overhead: int) -> Interface:
        return Interface(
            name=f"mdt-{self._local.vrf}",
            index=index,
            kind=InterfaceKind.PMSI,
            address=IPv4Interface(self._local.me),
            vrf=self._local.vrf,
            mtu=self._local.core_mtu - overhead,
        )


PMSIS: Final[Mapping[PmsiOption, type[Pmsi]]] = {PmsiOption.MULTIDIRECTIONAL_INCLUSIVE: MiPmsi}
