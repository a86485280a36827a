/* Headers, in the order in which they leave. */
#ifndef MVPN_HEADERS_P4
#define MVPN_HEADERS_P4

#include "types.p4"

@controller_header("packet_in")
header packet_in_t {
    @id(1) bit<16> ingress_port;
    @id(2) bit<16> interface;     // a (PMSI, root PE) pair when it came out of a tunnel
    @id(3) bit<8>  reason;        // PuntReason
    @id(4) bit<16> excess;        // octets above the MTU, of what is TOO_LARGE
}

@controller_header("packet_out")
header packet_out_t {
    @id(1) bit<8>  form;          // PacketOutForm
    @id(2) bit<16> egress_port;   // of form PORT
    @id(3) bit<16> vrf;           // of form SUBMIT
    @id(4) bit<16> interface;     // of form SUBMIT
}

header ethernet_t {
    mac_t   destination;
    mac_t   source;
    bit<16> ether_type;
}

header vlan_tag_t {
    bit<3>    priority;
    bit<1>    drop_eligible;
    vlan_id_t vlan;
    bit<16>   ether_type;
}

// RFC 3032 2.1.
header mpls_t {
    label_t label;
    bit<3>  traffic_class;        // RFC 5462
    bit<1>  bottom_of_stack;
    bit<8>  ttl;
}

header ipv4_t {
    bit<4>         version;
    bit<4>         ihl;
    bit<6>         dscp;
    bit<2>         ecn;
    bit<16>        total_length;
    bit<16>        identification;
    bit<1>         reserved;
    bit<1>         dont_fragment;
    bit<1>         more_fragments;
    bit<13>        fragment_offset;
    bit<8>         ttl;
    bit<8>         protocol;
    bit<16>        checksum;
    ipv4_address_t source;
    ipv4_address_t destination;
}

header gre_t {
    bit<32> word;                 // GRE_IPV4
}

// RFC 7761 4.9.3.
header register_t {
    bit<4>  version;
    bit<4>  type;
    bit<8>  reserved;
    bit<16> checksum;
    bit<1>  border;
    bit<1>  null_register;
    bit<30> reserved2;
}

// What UDP and TCP begin with.
header transport_t {
    bit<16> source_port;
    bit<16> destination_port;
}

const int MOST_LABELS_BELOW = 3;

/* A packet is parsed into ipv4, and gre and inner_ipv4 where it is a tunnel's, register and
 * inner_ipv4 where it is a Register. The tunnel_ and registering_ headers are those of copies that
 * are encapsulated, so a customer's own GRE packets are encapsulated like any.
 * The top label is apart from those below it: a router acts on this one, whether it came or is put
 * on. An explicit null on top of another label says nothing, so the one below it is the top one. */
struct headers_t {
    packet_in_t  packet_in;
    packet_out_t packet_out;
    ethernet_t   ethernet;
    vlan_tag_t   vlan_tag;
    mpls_t       explicit_null;
    mpls_t       label;
    mpls_t[MOST_LABELS_BELOW] labels_below;
    ipv4_t       registering_ipv4;
    register_t   registering;
    ipv4_t       tunnel_ipv4;
    gre_t        tunnel_gre;
    ipv4_t       ipv4;
    transport_t  transport;
    gre_t        gre;
    register_t   pim_register;
    ipv4_t       inner_ipv4;
}

#endif
