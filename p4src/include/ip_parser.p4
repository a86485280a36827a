/* The parser behind the architecture's own part of it: Ethernet, one VLAN tag, labels, IPv4, and
 * GRE or a PIM Register around IPv4.
 *
 * GRE is looked into only where it is what our tunnels send: in an IPv4 packet without options that
 * is no fragment, without key, checksum or sequence number, around IPv4. So `gre` is valid exactly
 * in packets that can be decapsulated; `transport`, where there are ports to be told apart. Of PIM
 * messages the Registers are looked into; of Null-Registers it is told that they are Registers.
 *
 * A label does not say what it is on. What begins like IPv4 is read as IPv4, which is a guess (RFC
 * 4928 2) that only the choice among equal ways relies on, until a label of this router's own says
 * that it is. A packet that ends too early keeps what was read of it, as does one with more labels
 * than there is room for.
 */
#ifndef MVPN_IP_PARSER_P4
#define MVPN_IP_PARSER_P4

#include "headers.p4"
#include "metadata.p4"

parser IpParser(packet_in packet, inout headers_t hdr, inout local_metadata_t meta) {
    state start {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_VLAN: parse_vlan_tag;
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_MPLS: look_at_label;
            default: accept;
        }
    }

    state parse_vlan_tag {
        packet.extract(hdr.vlan_tag);
        meta.ingress_vlan = hdr.vlan_tag.vlan;
        transition select(hdr.vlan_tag.ether_type) {
            ETHERTYPE_IPV4: parse_ipv4;
            ETHERTYPE_MPLS: look_at_label;
            default: accept;
        }
    }

    state look_at_label {
        transition select(packet.lookahead<bit<24>>()) {
            EXPLICIT_NULL_ABOVE_LABEL &&& LABEL_AND_BOTTOM_OF_STACK: parse_explicit_null;
            default: parse_label;
        }
    }

    // RFC 4182: it may stand anywhere in the stack, and is popped.
    state parse_explicit_null {
        packet.extract(hdr.explicit_null);
        transition parse_label;
    }

    state parse_label {
        packet.extract(hdr.label);
        transition select(hdr.label.bottom_of_stack) {
            1: look_below_labels;
            default: parse_label_below;
        }
    }

    state parse_label_below {
        packet.extract(hdr.labels_below.next);
        transition select(hdr.labels_below.last.bottom_of_stack) {
            1: look_below_labels;
            default: parse_label_below;
        }
    }

    state look_below_labels {
        transition select(packet.lookahead<bit<4>>()) {
            IPV4_VERSION: parse_ipv4;
            default: accept;
        }
    }

    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        transition select(hdr.ipv4.ihl, hdr.ipv4.more_fragments, hdr.ipv4.fragment_offset,
                          hdr.ipv4.protocol) {
            (IPV4_IHL_WITHOUT_OPTIONS, 0, 0, PROTOCOL_GRE): look_at_gre;
            (IPV4_IHL_WITHOUT_OPTIONS, 0, 0, PROTOCOL_PIM): look_at_pim;
            (IPV4_IHL_WITHOUT_OPTIONS, 0, 0, PROTOCOL_TCP): parse_transport;
            (IPV4_IHL_WITHOUT_OPTIONS, 0, 0, PROTOCOL_UDP): parse_transport;
            default: accept;
        }
    }

    state parse_transport {
        packet.extract(hdr.transport);
        transition accept;
    }

    state look_at_gre {
        transition select(packet.lookahead<bit<32>>()) {
            GRE_IPV4: parse_gre;
            default: accept;
        }
    }

    state parse_gre {
        packet.extract(hdr.gre);
        transition parse_inner_ipv4;
    }

    state look_at_pim {
        transition select(packet.lookahead<bit<8>>()) {
            PIM_VERSION ++ PIM_REGISTER: parse_register;
            default: accept;
        }
    }

    state parse_register {
        packet.extract(hdr.pim_register);
        transition select(hdr.pim_register.null_register) {
            0: parse_inner_ipv4;
            default: accept;
        }
    }

    state parse_inner_ipv4 {
        packet.extract(hdr.inner_ipv4);
        transition accept;
    }
}

#endif
