"""Linux under a live lab: namespaces, links, processes, hosts that send and receive, captures.

Nothing here knows a protocol or a router. Everything that is made ends with the process that made
it, however that ends: interfaces live in namespaces, namespaces live as long as their processes,
and processes get a signal when the lab's own dies (prctl(2), PR_SET_PDEATHSIG).
"""
