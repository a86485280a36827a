"""Data MDTs: groups that are nobody else's, and rates and times that make sense together."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from controlplane.lab.errors import FieldPath, Problem
from controlplane.lab.file.data_mdt import DataMdt
from controlplane.lab.file.model import LabFile
from controlplane.net.multicast import SSM_RANGE

_MULTICAST: Final = IPv4Network("224.0.0.0/4")


def check_data_mdts(file: LabFile) -> Iterator[Problem]:
    """Each by itself, and their groups beside all others of the provider."""
    for name, data_mdt in _data_mdts(file).items():
        path: FieldPath = ("vpns", name, "data_mdt")
        if file.vpns[name].profile is None:
            yield Problem(path, "needs a `profile`")
        yield from _groups(path, data_mdt)
        yield from _numbers(path, data_mdt)
        yield from _default_groups(file, path, data_mdt)
    yield from _shared_pools(file)


def in_a_pool(file: LabFile, address: str) -> bool:
    """Whether this is a group of some data MDT; a host's name is none."""
    try:
        group = IPv4Address(address)
    except ValueError:
        return False
    return any(group in one.pool for one in _data_mdts(file).values())


def _data_mdts(file: LabFile) -> dict[str, DataMdt]:
    return {name: vpn.data_mdt for name, vpn in file.vpns.items() if vpn.data_mdt}


def _groups(path: FieldPath, data_mdt: DataMdt) -> Iterator[Problem]:
    """Draft-rosen-l3vpn-mvpn-profiles-00 2.5: "a PIM source tree in SSM mode"."""
    if not data_mdt.pool.subnet_of(SSM_RANGE):
        text = f"{data_mdt.pool} is not in {SSM_RANGE}, which source-specific trees are for"
        yield Problem((*path, "pool"), text)
    for at, flows in enumerate(data_mdt.flows):
        if not flows.group.subnet_of(_MULTICAST):
            yield Problem((*path, "flows", at, "group"), f"{flows.group} has no multicast groups")


def _numbers(path: FieldPath, data_mdt: DataMdt) -> Iterator[Problem]:
    below, threshold = data_mdt.return_below, data_mdt.threshold
    if below is not None and threshold == "immediate":
        yield Problem((*path, "return_below"), "needs a `threshold` in kbit/s")
    elif below is not None and isinstance(threshold, int) and below > threshold:
        yield Problem((*path, "return_below"), f"{below} is above the threshold, {threshold}")
    if data_mdt.interval >= data_mdt.timeout:
        text = f"bindings would time out: Joins come each {data_mdt.interval:g} s"
        yield Problem((*path, "timeout"), text)


def _default_groups(file: LabFile, path: FieldPath, data_mdt: DataMdt) -> Iterator[Problem]:
    for name, vpn in file.vpns.items():
        for group in vpn.default_mdt.values():
            if group in data_mdt.pool:
                text = f"{group} in {data_mdt.pool} is the group of {name}'s default MDT"
                yield Problem((*path, "pool"), text)


def _shared_pools(file: LabFile) -> Iterator[Problem]:
    """RFC 6037 6.3: "each MD needs to be assigned a set of these multicast P-addresses"."""
    pools = [(name, data_mdt.pool) for name, data_mdt in _data_mdts(file).items()]
    for at, (name, pool) in enumerate(pools):
        for other, earlier in pools[:at]:
            if pool.overlaps(earlier):
                text = f"{pool} and the pool of {other}, {earlier}, have groups in common"
                yield Problem(("vpns", name, "data_mdt", "pool"), text)
