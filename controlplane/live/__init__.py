"""Routers on real switches: an event loop that moves inputs and outputs, and nothing else.

`driver` is for one router what `sim.switch` is on the virtual clock; `loop` runs the drivers of
many routers in one thread.
"""
