/* Which interface a packet leaves on, and how much that carries in one frame. */
#ifndef MVPN_EGRESS_INTERFACE_P4
#define MVPN_EGRESS_INTERFACE_P4

control EgressInterface(inout local_metadata_t meta) {
    @name(".set_egress_interface")
    action set_egress_interface(interface_t index, bit<16> mtu) {
        meta.egress_interface = index;
        meta.mtu = mtu;
    }

    // A port of which the control plane has said nothing.
    @name(".no_egress_interface")
    action no_egress_interface() {
        meta.egress_interface = NO_INTERFACE;
        meta.mtu = NO_MTU;
    }

    // Written from Fib.interfaces.
    @name(".egress_interface")
    table egress_interface {
        key = {
            meta.egress_port: exact @name("port");
            meta.egress_vlan: exact @name("vlan");
        }
        actions = {
            set_egress_interface;
            @defaultonly no_egress_interface;
        }
        const default_action = no_egress_interface;
        size = INTERFACES;
    }

    apply {
        egress_interface.apply();
    }
}

#endif
