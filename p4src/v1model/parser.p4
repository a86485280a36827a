/* What stands before a frame on the CPU port, then the frame; and everything back together. */
#ifndef MVPN_PARSER_P4
#define MVPN_PARSER_P4

parser MvpnParser(packet_in packet, out headers_t hdr, inout local_metadata_t meta,
                  inout standard_metadata_t standard) {
    IpParser() ip_parser;

    state start {
        transition select(standard.ingress_port) {
            CPU_PORT: parse_packet_out;
            default: parse_frame;
        }
    }

    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition parse_frame;
    }

    state parse_frame {
        ip_parser.apply(packet, hdr, meta);
        transition accept;
    }
}

control MvpnDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}

#endif
