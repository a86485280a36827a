// IPv4 with options as a varbit, and a UDP checksum over the payload.
#include <core.p4>
#include <v1model.p4>

header ipv4_t {
    bit<4> version;
    bit<4> ihl;
    bit<8> tos;
    bit<16> total_length;
    bit<16> identification;
    bit<16> fragment;
    bit<8> ttl;
    bit<8> protocol;
    bit<16> checksum;
    bit<32> source;
    bit<32> destination;
    varbit<320> options;
}

header udp_t {
    bit<16> source;
    bit<16> destination;
    bit<16> length;
    bit<16> checksum;
}

struct headers_t {
    ipv4_t ipv4;
    udp_t udp;
}

struct metadata_t { }

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        bit<8> first = packet.lookahead<bit<8>>();
        verify(first[3:0] >= 5, error.ParserInvalidArgument);
        packet.extract(hdr.ipv4, ((bit<32>)first[3:0] - 5) * 32);
        transition select(hdr.ipv4.protocol) {
            17: udp;
            255: skip;
            default: accept;
        }
    }
    state skip {
        packet.advance(16);
        transition udp;
    }
    state udp {
        packet.extract(hdr.udp);
        transition accept;
    }
}

control VerifyBoth(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(true,
                        { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.total_length,
                          hdr.ipv4.identification, hdr.ipv4.fragment, hdr.ipv4.ttl,
                          hdr.ipv4.protocol, hdr.ipv4.source, hdr.ipv4.destination,
                          hdr.ipv4.options },
                        hdr.ipv4.checksum, HashAlgorithm.csum16);
    }
}

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    apply {
        standard_metadata.egress_spec = 1;
        if (standard_metadata.parser_error != error.NoError) {
            standard_metadata.egress_spec = 2;
        } else if (standard_metadata.checksum_error == 1) {
            standard_metadata.egress_spec = 3;
        }
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;
        if (hdr.ipv4.tos == 1) {
            hdr.ipv4.setInvalid();
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) {
    apply {
        if (hdr.ipv4.tos == 2) {
            hdr.udp.length = standard_metadata.packet_length[15:0];
        }
    }
}

control UpdateBoth(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.ipv4.isValid(),
                        { hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.total_length,
                          hdr.ipv4.identification, hdr.ipv4.fragment, hdr.ipv4.ttl,
                          hdr.ipv4.protocol, hdr.ipv4.source, hdr.ipv4.destination,
                          hdr.ipv4.options },
                        hdr.ipv4.checksum, HashAlgorithm.csum16);
        update_checksum_with_payload(hdr.udp.isValid(),
                                     { hdr.ipv4.source, hdr.ipv4.destination, 8w0,
                                       hdr.ipv4.protocol, hdr.udp.length, hdr.udp.source,
                                       hdr.udp.destination, hdr.udp.length },
                                     hdr.udp.checksum, HashAlgorithm.csum16);
    }
}

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.ipv4);
        packet.emit(hdr.udp);
    }
}

V1Switch(P(), VerifyBoth(), IngressControl(), EgressControl(), UpdateBoth(), Emit()) main;
