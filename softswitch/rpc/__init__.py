"""A gRPC server on gRPC's core, of which grpcio is the binding (docs/adr/0035).

errors    how calls fail
call      one RPC: receive, send, finish
server    listens, takes calls, and runs what they wait for
"""
