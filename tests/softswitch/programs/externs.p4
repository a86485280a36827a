// Counters, meters, registers, hashes, random numbers, assertions and log messages.
#include <core.p4>
#include <v1model.p4>

header request_t {
    bit<8> op;
    bit<32> index;
    bit<64> value;
    bit<32> answer;
}

header payload_t {
    bit<4> first;
    bit<12> second;
    bit<16> third;
}

struct headers_t {
    request_t request;
    payload_t payload;
}

struct metadata_t {
    bit<2> colour;
}

parser P(packet_in packet, out headers_t hdr, inout metadata_t meta,
         inout standard_metadata_t standard_metadata) {
    state start {
        packet.extract(hdr.request);
        packet.extract(hdr.payload);
        transition accept;
    }
}

control NoVerify(inout headers_t hdr, inout metadata_t meta) { apply { } }

control IngressControl(inout headers_t hdr, inout metadata_t meta,
                       inout standard_metadata_t standard_metadata) {
    counter(8, CounterType.packets_and_bytes) counts;
    meter(8, MeterType.packets) packet_meter;
    meter(8, MeterType.bytes) byte_meter;
    register<bit<64>>(8) cells;
    register<bit<100>>(4) wide_cells;
    direct_meter<bit<2>>(MeterType.packets) entry_meter;
    direct_counter(CounterType.packets) entry_counter;

    action police() {
        entry_counter.count();
        entry_meter.read(meta.colour);
    }
    table policed {
        key = { hdr.request.index: exact; }
        actions = { police; NoAction; }
        meters = entry_meter;
        counters = entry_counter;
    }

    apply {
        standard_metadata.egress_spec = 1;
        bit<2> colour = 0;
        if (hdr.request.op == 1) {
            counts.count(hdr.request.index);
        } else if (hdr.request.op == 2) {
            packet_meter.execute_meter(hdr.request.index, colour);
            hdr.request.answer = (bit<32>)colour;
        } else if (hdr.request.op == 3) {
            byte_meter.execute_meter(hdr.request.index, colour);
            hdr.request.answer = (bit<32>)colour;
        } else if (hdr.request.op == 4) {
            cells.write(hdr.request.index, hdr.request.value);
        } else if (hdr.request.op == 5) {
            cells.read(hdr.request.value, hdr.request.index);
        } else if (hdr.request.op == 6) {
            bit<100> wide;
            wide_cells.read(wide, hdr.request.index);
            wide_cells.write(hdr.request.index, wide + ((bit<100>)hdr.request.value << 30));
            hdr.request.answer = wide[99:68];
        } else if (hdr.request.op == 7) {
            policed.apply();
            hdr.request.answer = (bit<32>)meta.colour;
        } else if (hdr.request.op == 8) {
            random(hdr.request.answer, 10, 20);
        } else if (hdr.request.op == 9) {
            assert(hdr.request.index == 1);
            log_msg("index is {}", { hdr.request.index });
        } else if (hdr.request.op == 16) {
            hash(hdr.request.answer, HashAlgorithm.crc32, 32w0, { hdr.payload.first,
                 hdr.payload.second, hdr.payload.third }, 64w0x100000000);
        } else if (hdr.request.op == 17) {
            hash(hdr.request.answer, HashAlgorithm.crc16, 32w0, { hdr.payload.first,
                 hdr.payload.second, hdr.payload.third }, 64w0x100000000);
        } else if (hdr.request.op == 18) {
            hash(hdr.request.answer, HashAlgorithm.csum16, 32w0, { hdr.payload.first,
                 hdr.payload.second, hdr.payload.third }, 64w0x100000000);
        } else if (hdr.request.op == 19) {
            hash(hdr.request.answer, HashAlgorithm.xor16, 32w0, { hdr.payload.first,
                 hdr.payload.second, hdr.payload.third }, 64w0x100000000);
        } else if (hdr.request.op == 20) {
            hash(hdr.request.answer, HashAlgorithm.identity, 32w0, { hdr.payload.first,
                 hdr.payload.second, hdr.payload.third }, 64w0x100000000);
        } else if (hdr.request.op == 21) {
            // Fields of odd widths from two headers: nothing falls on an octet.
            hash(hdr.request.answer, HashAlgorithm.crc32, 32w1000, { hdr.payload.first,
                 hdr.request.index, hdr.payload.second }, 64w997);
        }
    }
}

control EgressControl(inout headers_t hdr, inout metadata_t meta,
                      inout standard_metadata_t standard_metadata) { apply { } }

control NoUpdate(inout headers_t hdr, inout metadata_t meta) { apply { } }

control Emit(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.request);
        packet.emit(hdr.payload);
    }
}

V1Switch(P(), NoVerify(), IngressControl(), EgressControl(), NoUpdate(), Emit()) main;
