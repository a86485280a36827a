/* What a router must check of an IPv4 header before it forwards by it: RFC 1812 5.2.2 and 5.3.7. */
#ifndef MVPN_IPV4_VALIDATION_P4
#define MVPN_IPV4_VALIDATION_P4

// Against `octets`, which are there. (Scalars: p4c copies a header that a function is given.)
bool ipv4_malformed(in bit<4> version, in bit<4> ihl, in bit<16> total_length, in bit<16> octets) {
    bit<16> header_octets = (bit<16>)(ihl ++ 2w0);
    return version != IPV4_VERSION || ihl < IPV4_IHL_WITHOUT_OPTIONS
        || total_length < header_octets || total_length > octets;
}

// 0/8, 127/8, class E and broadcast.
bool martian_destination(in ipv4_address_t address) {
    return address[31:24] == 0 || address[31:24] == 127 || address[31:28] == 0xf;
}

// Loopback, groups, class E, broadcast. An IGMP report may come from 0.0.0.0 (RFC 3376 4.2.13).
bool martian_source(in ipv4_address_t address) {
    return address[31:24] == 127 || address[31:29] == 0b111;
}

bool is_multicast(in ipv4_address_t address) {
    return address[31:28] == 0xe;
}

// RFC 5771 4: 224.0.0.0/24 is never forwarded, whatever the TTL.
bool is_link_local(in ipv4_address_t address) {
    return address[31:8] == 0xe00000;
}

control Ipv4Validation(in headers_t hdr, inout local_metadata_t meta) {
    apply {
        if (ipv4_malformed(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.total_length,
                           meta.ip_octets)) {
            meta.drop_reason = DropReason.IPV4_MALFORMED;
        } else if (meta.checksum_error) {
            meta.drop_reason = DropReason.IPV4_CHECKSUM;
        } else if (martian_destination(hdr.ipv4.destination) || martian_source(hdr.ipv4.source)) {
            meta.drop_reason = DropReason.MARTIAN;
        }
    }
}

#endif
