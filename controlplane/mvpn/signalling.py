"""Layer C-multicast signalling: how PEs tell each other what their customers joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from controlplane.engine.engine import InterfaceUp
from controlplane.mvpn.config import LocalMvpn
from controlplane.mvpn.options import SignallingOption
from controlplane.net.interface import Interface
from controlplane.protocols.pim.events import PimEnabled, PimInput


class Signalling(Protocol):
    def __init__(self, local: LocalMvpn, /) -> None: ...

    def start(self, pmsi: Interface) -> tuple[PimInput, ...]:
        """What the VRF's PIM is told when the MVPN comes up."""


class PimOverPmsi:
    """The customer's PIM sees a LAN: hellos, joins, overrides (RFC 6513 5.2)."""

    def __init__(self, local: LocalMvpn) -> None:
        self._settings = local.config.pim

    def start(self, pmsi: Interface) -> tuple[PimInput, ...]:
        return (
            InterfaceUp(interface=pmsi),
            PimEnabled(interface=pmsi.name, settings=self._settings),
        )


SIGNALLINGS: Final[Mapping[SignallingOption, type[Signalling]]] = {
    SignallingOption.PIM_OVER_PMSI: PimOverPmsi
}
