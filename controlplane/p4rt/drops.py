"""Why the data plane drops a packet; the numbers are those of p4src/include/types.p4."""

from __future__ import annotations

from enum import IntEnum


class DropReason(IntEnum):
    UNKNOWN_INTERFACE = 1
    """No interface on this port and VLAN."""
    NOT_MY_MAC = 2
    """A frame to somebody else."""
    UNKNOWN_ETHERTYPE = 3
    """Neither ARP nor IPv4 nor MPLS."""
    IPV4_MALFORMED = 4
    """Version, lengths, or cut short."""
    IPV4_CHECKSUM = 5
    """Of the header: RFC 1812 5.2.2."""
    MARTIAN = 6
    """An address that no packet on its way has: RFC 1812 5.3.7."""
    GROUP_FRAME = 7
    """Unicast in a frame to a group or to all: RFC 1812 5.3.4."""
    NO_UNICAST_ROUTE = 8
    DISCARDED = 9
    """A route says so."""
    TTL_EXPIRED = 10
    GLEANED = 11
    """The next hop's MAC address is not known yet."""
    NO_MULTICAST_ROUTE = 12
    RPF_FAILED = 13
    IP_OPTIONS = 14
    TUNNEL_MALFORMED = 15
    """At a tunnel's tail, and nothing there to be decapsulated."""
    SAME_INTERFACE = 16
    """The copy that would go back to where it came from."""
    NO_REWRITE = 17
    """A copy or next hop that the control plane has not described."""
    MPLS_NOT_ENABLED = 18
    """A label from where labels are not believed."""
    MPLS_MALFORMED = 19
    """The frame ends in the label stack."""
    UNKNOWN_LABEL = 20
    """RFC 3031 3.18."""
    NO_LABEL = 21
    """Labelled, and the next hop has given no label: RFC 3031 3.22."""
    LABELS_BELOW = 22
    """Below a label that says to look at IPv4."""
    MPLS_PAYLOAD = 23
    """Below the last label: not IPv4, or not unicast."""
    PE_OUT_OF_REACH = 24
    """No way leads to any PE that has the VPN route."""
    NO_TUNNEL_ROOT = 25
    """Out of a tunnel that PEs share, from one that is not known."""
    TOO_LARGE = 26
    """Longer than the MTU of where it was to leave: told, cut up by the CPU, or lost."""
