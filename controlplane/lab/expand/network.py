"""The NetworkPlan: what a world builds."""

from __future__ import annotations

from controlplane.lab.expand.layout import Layout, PlacedEnd, PlacedLink
from controlplane.lab.expand.routers import router_config
from controlplane.lab.file.play import LinkCut, LinkFaults
from controlplane.lab.plan import HostPlan, LinkEnd, LinkPlan, NetworkPlan
from controlplane.lab.routes import RouteProvider
from controlplane.p4rt.faults import Faults


def network_plan(layout: Layout, name: str, captured: frozenset[str]) -> NetworkPlan:
    """The whole network; `captured` are the links that the lab judges by what is in the wire."""
    provider = RouteProvider(layout)
    return NetworkPlan(
        name=name,
        routers={router: router_config(layout, router) for router in layout.file.routers},
        hosts={host: _host(layout, host) for host in layout.file.hosts},
        links=_links(layout, captured),
        routes=provider.given(provider.routes()),
        frr=frozenset(name for name, router in layout.file.routers.items() if router.run == "frr"),
        seed=layout.file.seed,
    )


def _host(layout: Layout, name: str) -> HostPlan:
    spec, (end,) = layout.file.hosts[name], layout.ends[name]
    routers = {other.node: other for other in layout.neighbors(end)}
    gateway = routers[spec.gateway] if spec.gateway else next(iter(routers.values()))
    return HostPlan(
        name=name,
        interface=end.interface,
        mac=end.mac,
        address=end.address,
        gateway=gateway.address.ip,
        igmp_version=spec.igmp_version,
    )


def wire_of(layout: Layout) -> dict[str, str]:
    """The wire of each link by the name of its first link: VLANs of the same ports share one."""
    first: dict[frozenset[tuple[str, str]], str] = {}
    return {
        link.name: first.setdefault(frozenset((end.node, end.wire) for end in link.ends), link.name)
        for link in layout.links
    }


def _links(layout: Layout, captured: frozenset[str]) -> tuple[LinkPlan, ...]:
    wires = wire_of(layout)
    cut = {wires[event.link_cut] for event in layout.file.events if isinstance(event, LinkCut)}
    faulty = {
        wires[event.link_faults] for event in layout.file.events if isinstance(event, LinkFaults)
    }
    faults = {wires[link.name]: link.spec.faults for link in layout.links if link.spec.faults}
    caught = {
        wires[link.name] for link in layout.links if link.name in captured or link.spec.capture
    }
    return tuple(
        _wire(
            link,
            capture=link.name in caught,
            silently=link.name in cut,
            faults=faults.get(link.name),
            faulty=link.name in faulty or link.name in faults,
            mtu=max(one.ends[0].mtu for one in layout.links if wires[one.name] == link.name),
        )
        for link in layout.links
        if wires[link.name] == link.name
    )


def _wire(
    link: PlacedLink,
    *,
    capture: bool,
    silently: bool,
    mtu: int,
    faults: Faults | None,
    faulty: bool,
) -> LinkPlan:
    return LinkPlan(
        name=link.name,
        ends=tuple(_end(end) for end in link.ends),
        core=link.core,
        capture=capture,
        silently=silently,
        delay=link.spec.delay,
        mtu=mtu,
        faults=faults,
        faulty=faulty,
    )


def _end(end: PlacedEnd) -> LinkEnd:
    return LinkEnd(node=end.node, interface=end.wire, port=end.port)
