/* What is known and decided about a packet; all zero at the start. */
#ifndef MVPN_METADATA_P4
#define MVPN_METADATA_P4

#include "types.p4"

#define PUNT_FIELDS 1

struct local_metadata_t {
    // Where it came in.
    @field_list(PUNT_FIELDS)
    port_id_t    ingress_port;
    vlan_id_t    ingress_vlan;
    interface_t  interface;
    vrf_t        vrf;
    bool         mpls;             // labels are believed on its interface
    bool         submitted;        // by the CPU: it loses no TTL here
    bit<16>      ip_octets;        // of the frame behind its Ethernet headers
    bool         checksum_error;   // of the outer IPv4 header

    // What becomes of it. Both reasons are independent of each other: a packet may be punted and
    // forwarded, and a drop may concern only what a tunnel's tail would have taken out.
    Disposition  disposition;
    DropReason   drop_reason;
    @field_list(PUNT_FIELDS)
    PuntReason   punt_reason;
    @field_list(PUNT_FIELDS)
    interface_t  punt_interface;   // in whose name it is punted
    @field_list(PUNT_FIELDS)
    bit<16>      excess;           // octets above the MTU of where it leaves

    // Unicast, labelled or not. RFC 3443 2.3 calls the TTLs iTTL and oTTL.
    bool         uniform_ttl;      // labels and IPv4 share one TTL; or an LSP is one hop
    bool         by_label;         // it is forwarded by its label; else by its IPv4 header
    bit<8>       incoming_ttl;     // of what it is forwarded by
    bit<8>       outgoing_ttl;
    vpn_path_t   vpn_path;
    bool         vpn_labelled;     // it leaves with this label at the bottom, for the far PE
    label_t      vpn_label;
    next_hop_group_t next_hop_group;
    bool         labelled;         // it leaves with this label on top, swapped or pushed
    label_t      outgoing_label;
    mac_t        source_mac;
    mac_t        next_hop_mac;

    // Multicast.
    group_t      group;
    interface_t  expected_interface;
    interface_set_t expected_interfaces; // of a tree that accepts packets of several
    bool         watched;          // PIM wants to hear of the tree's sources
    bool         at_tail;          // this router is a leaf of the tunnel that it came through
    bool         out_of_register;  // of PIM, which this router is the RP for
    vrf_t        tail_vrf;
    interface_t  tail_interface;
    bool         inner_forwarded;  // the inner packet's route chose the group

    // Where it leaves.
    port_id_t    egress_port;
    vlan_id_t    egress_vlan;
    interface_t  egress_interface;
    bit<16>      mtu;              // of that interface: labels and IPv4
    replica_t    replica;
    bit<8>       spent_ttl;        // by the IPv4 header, on this hop
}

#endif
