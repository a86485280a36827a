/* Tables whose entries age, of three kinds, and one whose entries do not. A frame's destination is
 * its key in all of them; `mode` in its type says which it is looked up in. */
#include <core.p4>
#include <v1model.p4>

header ethernet_t {
    bit<48> dst;
    bit<48> src;
    bit<16> mode;
}

struct headers_t {
    ethernet_t ethernet;
}

struct metadata_t { }

parser idle_parser(packet_in packet, out headers_t hdr, inout metadata_t meta,
                   inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.ethernet);
        transition accept;
    }
}

control no_verify(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control ingress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    action_profile(8) ports;

    action drop() {
        mark_to_drop(std);
    }

    action forward(bit<9> port) {
        std.egress_spec = port;
    }

    table stations {
        key = { hdr.ethernet.dst: exact; }
        actions = { forward; drop; }
        default_action = drop();
        support_timeout = true;
        size = 1024;
    }

    table prefixes {
        key = { hdr.ethernet.dst: lpm; }
        actions = { forward; drop; }
        default_action = drop();
        support_timeout = true;
    }

    table shared_ports {
        key = { hdr.ethernet.dst: exact; }
        actions = { forward; drop; }
        implementation = ports;
        support_timeout = true;
    }

    table lasting {
        key = { hdr.ethernet.dst: exact; }
        actions = { forward; drop; }
        default_action = drop();
    }

    /* entries of the program */
    table modes {
        key = { hdr.ethernet.mode: exact; }
        actions = { NoAction; }
        const default_action = NoAction();
        const entries = {
            0x9000: NoAction();
        }
        support_timeout = true;
    }

    apply {
        modes.apply();
        if (hdr.ethernet.mode == 1) {
            prefixes.apply();
        } else if (hdr.ethernet.mode == 2) {
            shared_ports.apply();
        } else if (hdr.ethernet.mode == 3) {
            lasting.apply();
        } else {
            stations.apply();
        }
    }
}

control egress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t std) {
    apply { }
}

control no_update(inout headers_t hdr, inout metadata_t meta) {
    apply { }
}

control idle_deparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.ethernet);
    }
}

V1Switch(idle_parser(), no_verify(), ingress(), egress(), no_update(), idle_deparser()) main;
