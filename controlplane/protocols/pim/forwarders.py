"""Who is the Designated Forwarder of which link, as far as elections have told (RFC 5015 3.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class Link:
    """An interface, as seen from one RP address (RPA)."""

    rpa: IPv4Address
    interface: str


@dataclass(slots=True)
class Forwarders:
    """`left` are links that this router has stopped being the DF of since trees last asked."""

    _df: dict[Link, IPv4Address] = field(default_factory=dict)
    _mine: set[Link] = field(default_factory=set)
    left: set[Link] = field(default_factory=set)
    changed: bool = True

    def df(self, rpa: IPv4Address, interface: str) -> IPv4Address | None:
        """The DF of a link, None while there is none; on RPF_interface(RPA) it is RPF_DF(RPA)."""
        return self._df.get(Link(rpa, interface))

    def i_am_df(self, rpa: IPv4Address, interface: str) -> bool:
        """I_am_DF(RPA,I)."""
        return Link(rpa, interface) in self._mine

    def tell(self, link: Link, df: IPv4Address | None, *, mine: bool) -> None:
        """What an election knows now; nobody when it ends."""
        self.changed = True
        if df is None:
            self._df.pop(link, None)
        else:
            self._df[link] = df
        if mine:
            self._mine.add(link)
        elif link in self._mine:
            self._mine.remove(link)
            self.left.add(link)
