/* Types of the data plane, and the numbers that it shares with the control plane.
 *
 * PuntReason is controlplane/net/punt.py, DropReason controlplane/p4rt/drops.py; a test compares.
 */
#ifndef MVPN_TYPES_P4
#define MVPN_TYPES_P4

typedef bit<9>  port_id_t;
typedef bit<12> vlan_id_t;      // 0: untagged, or priority-tagged
typedef bit<48> mac_t;
typedef bit<32> ipv4_address_t;
typedef bit<16> vrf_t;          // 0: the provider's own, or the only one of a CE
typedef bit<16> interface_t;    // also a (PMSI, root PE) pair; 0: none
typedef bit<16> interface_set_t; // of which a tree accepts packets; 0: of one interface
typedef bit<16> next_hop_t;
typedef bit<16> next_hop_group_t;
typedef bit<16> vpn_path_t;
typedef bit<20> label_t;
typedef bit<16> group_t;        // multicast group of the replication engine; 0: no copies
typedef bit<16> replica_t;      // which rewrite on its port a copy gets; 0: not a copy

const next_hop_group_t NO_NEXT_HOP_GROUP = 0;
const vpn_path_t NO_VPN_PATH = 0;
const interface_t NO_INTERFACE = 0;
const bit<16> NO_MTU = 0xffff;      // more than IPv4 can be long
const interface_set_t NO_INTERFACE_SET = 0;

// What comes out of PIM Registers comes in on this interface, in every VRF: REGISTERS in
// controlplane/fib/model.py.
const interface_t REGISTERS = 0xffff;

const port_id_t CPU_PORT = 510;
const bit<32> CPU_CLONE_SESSION = 1;

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP  = 0x0806;
const bit<16> ETHERTYPE_VLAN = 0x8100;
const bit<16> ETHERTYPE_MPLS = 0x8847;   // RFC 5332 4: of every frame with a label of ours on top

const bit<8> PROTOCOL_IGMP = 2;
const bit<8> PROTOCOL_TCP  = 6;
const bit<8> PROTOCOL_UDP  = 17;
const bit<8> PROTOCOL_GRE  = 47;
const bit<8> PROTOCOL_OSPF = 89;
const bit<8> PROTOCOL_PIM  = 103;

const bit<16> PORT_BGP          = 179;
const bit<16> PORT_LDP          = 646;
const bit<16> PORT_BFD          = 3784;   // RFC 5881 4
const bit<16> PORT_MULTIHOP_BFD = 4784;   // RFC 5883 5

const bit<4> IPV4_VERSION = 4;
const bit<4> IPV4_IHL_WITHOUT_OPTIONS = 5;

// RFC 2784 2: no checksum, version 0, IPv4 inside. It says all that we read and write of GRE:
// a key would name the VPN a second time, after the P-group (RFC 6513 12.1.1).
const bit<32> GRE_IPV4 = 0x00000800;
const bit<16> TUNNEL_OCTETS = 24;   // an IPv4 and a GRE header

// RFC 7761 4.9.3. The checksum is over these eight octets alone, so it is always the same one.
const bit<4> PIM_VERSION = 2;
const bit<4> PIM_REGISTER = 1;
const bit<16> PIM_REGISTER_CHECKSUM = 0xdeff;
const bit<16> REGISTER_OCTETS = 28;  // an IPv4 and a Register header
// RFC 7761 4.9.3: "the system's normal unicast TTL", which RFC 1700 page 64 recommends to be 64.
const bit<8> REGISTER_TTL = 64;

const bit<16> LABEL_OCTETS = 4;

// What a label stack entry begins with: label, traffic class, bottom of stack (RFC 3032 2.1).
const bit<24> LABEL_AND_BOTTOM_OF_STACK = 20w0xfffff ++ 3w0 ++ 1w1;
const bit<24> EXPLICIT_NULL_ABOVE_LABEL = 0;
const bit<8> PIPE_TTL = 255;        // RFC 3443 3.6

// RFC 1112 6.4: 01-00-5e, a zero, and the low 23 bits of the group.
const bit<25> IPV4_MULTICAST_MAC = 24w0x01005e ++ 1w0;

enum bit<8> PuntReason {
    NONE               = 0,
    ARP                = 1,
    LINK_LOCAL         = 2,
    IGMP               = 3,
    TO_ME              = 4,
    TTL_EXPIRED        = 5,
    GLEAN              = 6,
    NO_MULTICAST_ROUTE = 7,
    RPF_FAILED         = 8,
    IP_OPTIONS         = 9,
    ROUTING            = 10,
    BFD                = 11,
    NEW_SOURCE         = 12,
    REGISTER           = 13,
    TOO_LARGE          = 14,
    TO_FRAGMENT        = 15,
    REGISTER_TAKEN     = 16
}

enum bit<8> DropReason {
    NONE               = 0,
    UNKNOWN_INTERFACE  = 1,   // no interface on this port and VLAN
    NOT_MY_MAC         = 2,   // a frame to somebody else
    UNKNOWN_ETHERTYPE  = 3,   // neither ARP nor IPv4 nor MPLS
    IPV4_MALFORMED     = 4,   // version, lengths, or cut short
    IPV4_CHECKSUM      = 5,   // RFC 1812 5.2.2: header checksum
    MARTIAN            = 6,   // RFC 1812 5.3.7: an address that no packet on its way has
    GROUP_FRAME        = 7,   // RFC 1812 5.3.4: unicast in a frame to a group or to all
    NO_UNICAST_ROUTE   = 8,
    DISCARDED          = 9,   // a route says so
    TTL_EXPIRED        = 10,
    GLEANED            = 11,  // the next hop's MAC address is not known yet
    NO_MULTICAST_ROUTE = 12,
    RPF_FAILED         = 13,
    IP_OPTIONS         = 14,
    TUNNEL_MALFORMED   = 15,  // at a tunnel's tail, and nothing there to be decapsulated
    SAME_INTERFACE     = 16,  // the copy that would go back to where it came from
    NO_REWRITE         = 17,  // a copy or next hop that the control plane has not described
    MPLS_NOT_ENABLED   = 18,  // a label from where labels are not believed
    MPLS_MALFORMED     = 19,  // the frame ends in the label stack
    UNKNOWN_LABEL      = 20,  // RFC 3031 3.18
    NO_LABEL           = 21,  // RFC 3031 3.22: labelled, and the next hop has given no label
    LABELS_BELOW       = 22,  // below a label that says to look at IPv4
    MPLS_PAYLOAD       = 23,  // below the last label: not IPv4, or not unicast
    PE_OUT_OF_REACH    = 24,  // no way leads to any PE that has the VPN route
    NO_TUNNEL_ROOT     = 25,  // out of a tunnel that PEs share, from one that is not known
    TOO_LARGE          = 26   // longer than the MTU of where it is to leave; here nothing is cut
}

// What becomes of a packet: ingress decides, egress obeys.
enum bit<8> Disposition {
    DROP        = 0,
    UNICAST     = 1,
    MULTICAST   = 2,
    AS_IT_IS    = 3,          // a packet-out that names its port
    TO_CPU      = 4           // a punted copy
}

enum bit<8> PacketOutForm {
    PORT   = 0,               // straight to a port
    SUBMIT = 1                // through the pipeline, as if come in on an interface
}

#endif
