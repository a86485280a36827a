"""Why the data plane hands a packet to the CPU; the numbers are those of p4src/include/types.p4."""

from __future__ import annotations

from enum import IntEnum


class PuntReason(IntEnum):
    """Each reason is a class that is policed by itself."""

    ARP = 1
    """Any ARP frame."""
    LINK_LOCAL = 2
    """To 224.0.0.0/24, on an interface or, encapsulated, on a PMSI."""
    IGMP = 3
    """IP protocol 2 to any group: IGMPv2 reports go to the group that they join."""
    TO_ME = 4
    """Unicast to an address of this router."""
    TTL_EXPIRED = 5
    """Unicast whose TTL does not survive this hop."""
    GLEAN = 6
    """Unicast to a connected subnet, and no next hop known for it yet."""
    NO_MULTICAST_ROUTE = 7
    """Multicast without an (S,G) entry."""
    RPF_FAILED = 8
    """Multicast with an entry, on another interface than the expected one."""
    IP_OPTIONS = 9
    """IPv4 options: the pipeline does not read them."""
    ROUTING = 10
    """Unicast of a routing protocol to an address of this router: OSPF, and TCP or UDP of LDP."""
    BFD = 11
    """UDP of BFD to an address of this router (RFC 5881 4); late ones cost adjacencies."""
    NEW_SOURCE = 12
    """Multicast forwarded by (*,G) where PIM wants to hear of sources."""
    REGISTER = 13
    """A PIM Register to an address of this router that the data plane cannot take out itself."""
    TOO_LARGE = 14
    """Unicast that is longer than the MTU of its next hop's link, with DF: as it arrived."""
    TO_FRAGMENT = 15
    """A copy that is longer than the MTU of its link, without DF: as it would have left."""
    REGISTER_TAKEN = 16
    """A PIM Register that was taken out, of a tree whose sources PIM wants to hear of."""
