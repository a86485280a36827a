"""The control plane: the protocols of PE, P and CE routers, and what they write to switches.

Imports point down: net <- wire <- engine <- protocols <- mvpn <- router. `rib` and `fib` stand
below the router, `p4rt` knows the fib and no protocol, `sim` and `live` drive routers, and only
`lab` and `cli` know those two.
"""
