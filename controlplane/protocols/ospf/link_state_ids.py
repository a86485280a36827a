"""Link State IDs for LSAs that each describe a network (RFC 2328 appendix E).

The ID is the network's address, and the mask is in the LSA's body: so networks of one address and
different masks need other IDs, and may set host bits. The least specific one gets the address, the
others their broadcast address. A host route has no host bits: its address is kept for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from controlplane.protocols.ospf.prefix import Prefix, address_of, host_bits_of


def link_state_ids(networks: Iterable[Prefix]) -> dict[Prefix, IPv4Address]:
    """An ID for each network, all different; the same for the same set of networks."""
    ids: dict[Prefix, int] = {}
    taken: set[int] = set()
    for network in sorted(networks, key=_hosts_then_least_specific):
        ids[network] = next(number for number in _candidates(network) if number not in taken)
        taken.add(ids[network])
    return {network: IPv4Address(number) for network, number in ids.items()}


def _hosts_then_least_specific(network: Prefix) -> tuple[bool, int, Prefix]:
    host_bits = host_bits_of(network)
    return host_bits != 0, -host_bits, network


def _candidates(network: Prefix) -> Iterator[int]:
    """The address, then from the broadcast address downwards."""
    address, host_bits = address_of(network), host_bits_of(network)
    yield address
    yield from range(address + host_bits, address, -1)
