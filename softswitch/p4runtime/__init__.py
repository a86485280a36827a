"""What P4Runtime means, without gRPC: protobuf messages in, protobuf messages or an error out.

    status       canonical error codes and the one exception that carries them
    bytestring   integers as P4Runtime writes them (spec section "Bytestrings")
    p4info       the P4Info message as typed, indexed values
    device_config  the program's JSON out of a pipeline's config
    binding      whether a P4Info and a program belong together
    match        FieldMatch <-> the engine's keys
    action       Action <-> the engine's action arguments
    capacity     how much an action profile holds
    shared_actions  members and groups of an action profile that a controller makes
    action_set   actions with weights that an entry brings itself ("one shot")
    action_profile  both, as what tables take actions from and as entities
    resources    counters and meters <-> their messages
    store        what all kinds of entities have in common: write and read
    entry        one table entry and its message
    tables       entries and default entries of match-action tables
    plain_tables, plain_writes, plain_reads  entries that are written and read natively
    direct       counters and meters that belong to table entries
    replication  multicast groups and clone sessions
    cells        arrays of counters, meters and registers
    value_sets   what parser value sets hold
    digests, digest_types  lists of what the program learns, and their types
    idle         entries that no packet has hit for too long
    packet_io    packet-in and packet-out headers
    forwarding   one pipeline with everything that was written into it
    batch, undo  updates in their order, and taken back
    reconcile    carrying that over to another pipeline
    arbitration, election, role  who is primary, and who may do what
    service      the RPCs

Section names in comments are those of the P4Runtime specification 1.5.
"""
