/* How labels and IPv4 share the TTL: RFC 3443, the uniform or the (short) pipe model.
 *
 * Uniform: one TTL that the headers pass on to each other, so that traceroute shows each router of
 * an LSP. Pipe: the label has one of its own, and an LSP costs its ends' two hops.
 */
#ifndef MVPN_TTL_MODE_P4
#define MVPN_TTL_MODE_P4

control TtlMode(inout local_metadata_t meta) {
    @name(".uniform")
    action uniform() {
        meta.uniform_ttl = true;
    }

    @name(".pipe")
    action pipe() {
        meta.uniform_ttl = false;
    }

    // Its default action is written from Fib.ttl_mode.
    @name(".ttl_mode")
    table ttl_mode {
        actions = {
            uniform;
            pipe;
        }
        default_action = uniform;
    }

    apply {
        ttl_mode.apply();
    }
}

#endif
