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

    @name(".count_interface_out")
    action count_interface_out(interface_t index) {
        interface_out.count(index);
    }

    // Written from Fib.interfaces.
    @name(".egress_interface")
    table egress_interface {
        key = {
            meta.egress_port: exact @name("port");
            meta.egress_vlan: exact @name("vlan");
        }
        actions = {
            count_interface_out;
            @defaultonly NoAction;
        }
        const default_action = NoAction;
        size = INTERFACES;
    }

    apply {
        if (meta.drop_reason != DropReason.NONE) {
            drops.count((bit<8>)meta.drop_reason);
        } else {
            egress_interface.apply();
        }
    }
}

// The CPU's share of the packets: each reason is a class that is policed by itself. Meters are
// written from Fib.policers, the clone session by the session at its start.
control Punt(in local_metadata_t meta) {
    @name(".punt_policer")
    meter<bit<8>>(PUNT_REASONS, MeterType.packets) policer;
    @name(".punted")
    counter<bit<8>>(PUNT_REASONS, CounterType.packets_and_bytes) punted;
    @name(".policed")
    counter<bit<8>>(PUNT_REASONS, CounterType.packets_and_bytes) policed;

    apply {
        if (meta.punt_reason != PuntReason.NONE) {
            bit<8> reason = (bit<8>)meta.punt_reason;
            bit<2> colour = V1MODEL_METER_COLOR_GREEN;
            policer.execute_meter(reason, colour);
            if (colour == V1MODEL_METER_COLOR_GREEN) {
                punted.count(reason);
                clone_preserving_field_list(CloneType.I2E, CPU_CLONE_SESSION, PUNT_FIELDS);
            } else {
                policed.count(reason);
            }
        }
    }
}

#endif
