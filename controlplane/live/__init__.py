"""Routers on real switches: an event loop that moves inputs and outputs, and nothing else.

`driver` is for one router what `sim.switch` is on the virtual clock. `controllers` has the drivers
of all routers of a lab, in one event loop (`loop`) and on one clock (`clock`). `host_stack` is the
TCP of a VRF, which the kernel runs; `ports` hears of links.
"""
