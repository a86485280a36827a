/* The architecture's counters, meters and clones, and the controls that do nothing but use them. */
#ifndef MVPN_EXTERNS_P4
#define MVPN_EXTERNS_P4

#define ROUTE_COUNTER(name) direct_counter(CounterType.packets_and_bytes) name
#define FLOW_SELECTOR(name, members) action_selector(HashAlgorithm.crc32, members, 32w32) name

// What came in on an interface, and what was dropped on the way to the egress.
control IngressCounters(in local_metadata_t meta) {
    @name(".interface_in")
    counter<interface_t>(INTERFACE_IDS, CounterType.packets_and_bytes) interface_in;
    @name(".ingress_drops")
    counter<bit<8>>(DROP_REASONS, CounterType.packets_and_bytes) drops;

    apply {
        if (meta.interface != 0 && !meta.submitted && meta.drop_reason != DropReason.NOT_MY_MAC) {
            interface_in.count(meta.interface);
        }
        if (meta.drop_reason != DropReason.NONE) {
            drops.count((bit<8>)meta.drop_reason);
        }
    }
}

// What left on an interface, and the copies that were dropped on the way out.
control EgressCounters(in local_metadata_t meta) {
    @name(".interface_out")
    counter<interface_t>(INTERFACE_IDS, CounterType.packets_and_bytes) interface_out;
    @name(".egress_drops")
    counter<bit<8>>(DROP_REASONS, CounterType.packets_and_bytes) drops;

    apply {
        if (meta.drop_reason != DropReason.NONE) {
            drops.count((bit<8>)meta.drop_reason);
        } else if (meta.egress_interface != NO_INTERFACE) {
            interface_out.count(meta.egress_interface);
        }
    }
}

// The CPU's share of the packets: each reason is a class that is policed by itself. Meters are
// written from Fib.policers, the clone session by the session at its start.
@name(".punt_policer")
meter<bit<8>>(PUNT_REASONS, MeterType.packets) policer;
@name(".punted")
counter<bit<8>>(PUNT_REASONS, CounterType.packets_and_bytes) punted;
@name(".policed")
counter<bit<8>>(PUNT_REASONS, CounterType.packets_and_bytes) policed;

control Police(in PuntReason punt_reason, out bool passed) {
    apply {
        bit<8> reason = (bit<8>)punt_reason;
        bit<2> colour = V1MODEL_METER_COLOR_GREEN;
        policer.execute_meter(reason, colour);
        passed = colour == V1MODEL_METER_COLOR_GREEN;
        if (passed) {
            punted.count(reason);
        } else {
            policed.count(reason);
        }
    }
}

// A packet as it arrived.
control Punt(in local_metadata_t meta) {
    Police() police;

    apply {
        if (meta.punt_reason != PuntReason.NONE) {
            bool passed;
            police.apply(meta.punt_reason, passed);
            if (passed) {
                clone_preserving_field_list(CloneType.I2E, CPU_CLONE_SESSION, PUNT_FIELDS);
            }
        }
    }
}

// A copy as it would have left.
control PuntCopy(in local_metadata_t meta) {
    Police() police;

    apply {
        if (meta.drop_reason == DropReason.TOO_LARGE
                && meta.punt_reason == PuntReason.TO_FRAGMENT) {
            bool passed;
            police.apply(meta.punt_reason, passed);
            if (passed) {
                clone_preserving_field_list(CloneType.E2E, CPU_CLONE_SESSION, PUNT_FIELDS);
            }
        }
    }
}

#endif
