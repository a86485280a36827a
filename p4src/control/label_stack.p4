/* The labels that an IPv4 packet leaves with: of the way, and of a VPN below it. */
#ifndef MVPN_LABEL_STACK_P4
#define MVPN_LABEL_STACK_P4

// The class selector is the traffic class: of the mappings among which RFC 3270 3.4 lets the
// operator choose, the one that needs no configuration. Popping leaves the DSCP alone.
control LabelStack(inout headers_t hdr, in local_metadata_t meta, in bit<3> traffic_class,
                   in bit<8> ttl) {
    action push(bit<1> bottom_of_stack) {
        hdr.label.setValid();
        hdr.label.label = meta.outgoing_label;
        hdr.label.traffic_class = traffic_class;
        hdr.label.bottom_of_stack = bottom_of_stack;
        hdr.label.ttl = ttl;
    }

    action push_vpn_label() {
        hdr.labels_below[0].setValid();
        hdr.labels_below[0].label = meta.vpn_label;
        hdr.labels_below[0].traffic_class = traffic_class;
        hdr.labels_below[0].bottom_of_stack = 1;
        hdr.labels_below[0].ttl = ttl;
    }

    apply {
        bit<1> bottom_of_stack = 1;
        if (meta.vpn_labelled) {
            push_vpn_label();
            bottom_of_stack = 0;
        }
        if (meta.labelled) {
            push(bottom_of_stack);
        }
    }
}

#endif
