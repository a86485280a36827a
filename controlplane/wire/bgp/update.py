"""What an UPDATE message says (RFC 4271 4.3), with what was wrong with it (RFC 7606)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from controlplane.wire.bgp.attributes import PathAttributes
from controlplane.wire.bgp.nlri import Announced, Family, NlriKey


@dataclass(frozen=True, slots=True)
class Reach:
    """Routes of one family with the same attributes, next hop among them."""

    family: Family
    attributes: PathAttributes
    nlri: tuple[Announced, ...]


@dataclass(frozen=True, slots=True)
class Unreach:
    """Routes that are no more."""

    family: Family
    keys: tuple[NlriKey, ...]


class Remedy(Enum):
    """RFC 7606 2: what an error costs, where it does not cost the session."""

    ATTRIBUTE_DISCARD = "attribute discarded"
    TREAT_AS_WITHDRAW = "routes treated as withdrawn"
    AFI_SAFI_DISABLE = "address family ignored from now on"


@dataclass(frozen=True, slots=True)
class UpdateFault:
    """An error that the session survives; `what` in words."""

    remedy: Remedy
    what: str
    family: Family | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Routes whose attributes are at fault stand in `unreach` already, as RFC 7606 asks.

    What is in both is reachable: `unreach` is to be taken first (RFC 4271 4.3).

    `end_of_rib` is the family of the marker (RFC 4724 2), for a message that is one.
    """

    reach: tuple[Reach, ...] = ()
    unreach: tuple[Unreach, ...] = ()
    faults: tuple[UpdateFault, ...] = ()
    end_of_rib: Family | None = None
