"""Random simulation of multicast VPNs: networks, events and faults from seeds, and what must hold.

network      a small random network in every mode of tree
script       what happens to it, and what its links do to packets meanwhile
copies       each data packet on each link, read off the wire
play         a script in the simulator, and where it stands
wires        what must hold of packets, state: of routers; docs/testing.md has the reasons
verdict      one seed from beginning to end: turmoil, rest, and what must hold
__main__     thousands of seeds: `python -m tests.sim.seeds FROM TO`
"""
