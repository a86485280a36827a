"""Paths: what the tables of BGP are made of.

A route of the wire is a key with attributes. Many keys come with the same attributes from the same
peer, so what hangs on those alone stands in one `Announcement`, and a `Path` is little more than a
reference to it: a hundred thousand routes cost a hundred thousand paths and a few announcements.

    Destination    a key, all paths to it, and the one that won         (an entry of a Loc-RIB)
    Path           one way to it: an announcement and a label
    ImportedPath   the same, of a VPN route that this VRF imports
    Announcement   who says it, with which attributes, through which next hop
    NextHop        an address, and how far it is now

Destinations are compared by identity: as long as anybody knows a key, it has just one of them. So
the dictionaries of all peers hash them at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address

from controlplane.net.label import Label
from controlplane.protocols.bgp.events import PathSource, Rule
from controlplane.protocols.bgp.peer import Peer
from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.communities import ExtendedCommunity, route_target, targets_among
from controlplane.wire.bgp.nlri import NlriKey, VpnPrefix


@dataclass(slots=True, eq=False)
class NextHop:
    """`metric` None: nothing leads there, or nobody has said yet (`is_answered`).

    `users` counts the announcements through it.
    """

    address: IPv4Address
    metric: int | None = None
    is_answered: bool = False
    users: int = 0


class Heard:
    """Attributes as they came, with the rule of the import policy that matched.

    A key of dictionaries: to hash attributes takes as long as all the rest that is done with a
    route, so it is done once.
    """

    __slots__ = ("_hash", "attributes", "rule")

    def __init__(self, attributes: PathAttributes, rule: Rule | None = None) -> None:
        self.attributes = attributes
        self.rule = rule
        self._hash = hash((attributes, rule))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Heard):
            return NotImplemented
        return (self.attributes, self.rule) == (other.attributes, other.rule)


@dataclass(slots=True, eq=False, kw_only=True)
class Announcement:
    """`attributes` are those after the import policy, `excluded` says why it may not compete.

    `router_id` is that of who brought the route into the AS, as far as known (RFC 4456 9), and
    `address` that of the peer, or of the PE of an imported route. `users` counts the paths.
    `heard` is what it was made of; None for an imported one. Such a one has no next hop but a
    `distance`, which comes with it, and `vrf` is the one of this router that it comes from, if any.
    `exports` remembers what it becomes for whom (`advertisement.py`), if it does for anybody.
    """

    source: PathSource
    attributes: PathAttributes
    peer: Peer | None = None
    hop: NextHop | None = None
    excluded: str = ""
    local_pref: int
    as_length: int
    neighbor_as: int | None
    router_id: IPv4Address
    address: IPv4Address
    targets: frozenset[bytes] = frozenset()
    users: int = 0
    heard: Heard | None = None
    distance: int = 0
    vrf: str | None = None
    exports: dict[tuple[int, Rule | None], PathAttributes | None] | None = None


@dataclass(slots=True, eq=False)
class Path:
    announcement: Announcement
    label: Label | None = None

    @property
    def metric(self) -> int | None:
        """How far its next hop is; None when nothing leads there."""
        announcement = self.announcement
        return announcement.distance if announcement.hop is None else announcement.hop.metric

    @property
    def is_usable(self) -> bool:
        """RFC 4271 9.1.2: what may compete has a next hop that can be reached, and no loop."""
        announcement = self.announcement
        if announcement.excluded:
            return False
        return announcement.hop is None or announcement.hop.metric is not None

    @property
    def via(self) -> IPv4Address | None:
        """What it stands and falls with: its next hop, or PE. None for a route of our own."""
        hop = self.announcement.hop
        return None if hop is None else hop.address


@dataclass(slots=True, eq=False)
class ImportedPath(Path):
    """`origin` is the VPN route."""

    origin: VpnPrefix = field(kw_only=True)

    @property
    def via(self) -> IPv4Address:
        return self.announcement.address


@dataclass(slots=True, eq=False)
class Destination:
    """`holders` counts the peers that were told a path to it.

    Nearly all have one path and no backup. So a path that is alone is held as it is, not in a
    tuple, and so is the best one without a backup.
    """

    key: NlriKey
    _held: Path | tuple[Path, ...] = ()
    _chosen: Path | tuple[Path, Path] | None = None
    holders: int = 0

    @property
    def best(self) -> Path | None:
        """What won when it was decided last."""
        chosen = self._chosen
        return chosen[0] if isinstance(chosen, tuple) else chosen

    @property
    def backup(self) -> Path | None:
        """What would have won without the best one and its next hop."""
        chosen = self._chosen
        return chosen[1] if isinstance(chosen, tuple) else None

    def choose(self, best: Path | None, backup: Path | None) -> None:
        self._chosen = (best, backup) if best is not None and backup is not None else best

    @property
    def paths(self) -> tuple[Path, ...]:
        held = self._held
        return held if isinstance(held, tuple) else (held,)

    def replace(self, old: Path | None, new: Path | None) -> None:
        """One path takes the place of another, either of which may be none."""
        left = [path for path in self.paths if path is not old]
        if new is not None:
            left.append(new)
        self._held = left[0] if len(left) == 1 else tuple(left)

    @property
    def is_forgotten(self) -> bool:
        """Nobody knows of it any more."""
        return not (self._held or self._chosen or self.holders)


def targets_of(attributes: PathAttributes) -> frozenset[bytes]:
    """The route targets, as octets of their extended communities."""
    return _octets_of(attributes.extended_communities)


@lru_cache(maxsize=4096)
def _octets_of(communities: frozenset[ExtendedCommunity]) -> frozenset[bytes]:
    """One set for all routes with the same ones, which are many."""
    return frozenset(route_target(one).octets for one in targets_among(communities))


def announcement(
    source: PathSource,
    attributes: PathAttributes,
    *,
    default_local_pref: int,
    router_id: IPv4Address,
    address: IPv4Address,
    peer: Peer | None = None,
) -> Announcement:
    """With what the decision asks for again and again."""
    as_path, local_pref = attributes.as_path, attributes.local_pref
    return Announcement(
        source=source,
        attributes=attributes,
        peer=peer,
        local_pref=default_local_pref if local_pref is None else local_pref,
        as_length=as_path.length,
        neighbor_as=as_path.first,
        router_id=attributes.originator_id or router_id,
        address=address,
        targets=targets_of(attributes),
    )
