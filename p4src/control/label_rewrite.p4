/* The labels of a unicast packet that leaves, and the TTLs of it and of what is below (RFC 3443).
 *
 * A packet that was forwarded by its IPv4 header loses the label that it came with, if any, and may
 * get others: the one of a VPN for the far PE, and above it the one of the way to that PE. One that
 * was forwarded by its label has it swapped, or popped.
 */
#ifndef MVPN_LABEL_REWRITE_P4
#define MVPN_LABEL_REWRITE_P4

control LabelRewrite(inout headers_t hdr, inout local_metadata_t meta) {
    LabelStack() label_stack;

    action swap() {
        hdr.label.label = meta.outgoing_label;
        hdr.label.ttl = meta.outgoing_ttl;
    }

    apply {
        hdr.explicit_null.setInvalid();
        if (!meta.by_label) {
            hdr.label.setInvalid();
            meta.spent_ttl = hdr.ipv4.ttl - meta.outgoing_ttl;
            bit<8> ttl = PIPE_TTL;
            if (meta.uniform_ttl) {
                ttl = meta.outgoing_ttl;
            }
            label_stack.apply(hdr, meta, hdr.ipv4.dscp[5:3], ttl);
        } else if (meta.labelled) {
            swap();
        } else {
            hdr.label.setInvalid();
            // RFC 3443 3.5, 3): in the pipe model what is exposed keeps its TTL. In the uniform one
            // it gets the label's, but never more than it had: whoever pushed may have used 255.
            if (hdr.labels_below[0].isValid()) {
                if (meta.uniform_ttl && meta.outgoing_ttl < hdr.labels_below[0].ttl) {
                    hdr.labels_below[0].ttl = meta.outgoing_ttl;
                }
            } else if (!hdr.ipv4.isValid()) {
                meta.drop_reason = DropReason.MPLS_PAYLOAD;
            } else if (meta.uniform_ttl && meta.outgoing_ttl < hdr.ipv4.ttl) {
                meta.spent_ttl = hdr.ipv4.ttl - meta.outgoing_ttl;
            }
        }
    }
}

#endif
