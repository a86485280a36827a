"""A whole exchange between two engines of ours, on a cable, as tshark reads it.

Of families that it does not read (tests/wire/bgp) there is nothing here. Without route target
constraint, a target that is wanted later costs a ROUTE-REFRESH.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Final

import pytest

from controlplane.net.vpn import RouteDistinguisher, RouteTarget
from controlplane.protocols.bgp.events import Originated, PeerConfig, TargetsWanted
from controlplane.protocols.bgp.notices import SessionDown
from controlplane.wire.bgp.attributes import (
    Aggregator,
    AsPath,
    Connector,
    Origin,
    PathAttributes,
    Segment,
    SegmentKind,
    UnknownAttribute,
)
from controlplane.wire.bgp.communities import (
    LargeCommunity,
    route_origin,
    route_target,
    source_as,
    vrf_route_import,
)
from controlplane.wire.bgp.nlri import (
    Family,
    IntraAsIPmsi,
    NlriKey,
    SharedTreeJoin,
    SourceActive,
    SourceTreeJoin,
    SPmsi,
)
from controlplane.wire.bgp.numbers import Cease, ErrorCode
from controlplane.wire.bgp.pmsi_tunnel import PimSsmTree, PmsiTunnel
from tests.peers.bgp.speaker import (
    QUICK,
    Speaker,
    own,
    own_vpn,
    routes,
    speaker_config,
    vpn_prefix,
    withdrawn,
)
from tests.peers.namespace import Namespace, cable
from tests.peers.tap import Tap, write
from tests.peers.wire import Wire, eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("rights")]

ASN = 65000
PE, REFLECTOR = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.3")
TARGETS = frozenset({RouteTarget.parse("65000:100"), RouteTarget.parse("192.0.2.1:5")})
RD = RouteDistinguisher.parse("65000:1")
SOURCE, GROUP, MDT_GROUP = map(IPv4Address, ("10.1.1.10", "232.1.1.1", "239.1.1.1"))
LIMIT: Final = 50

ALL_ATTRIBUTES = PathAttributes(
    origin=Origin.EGP,
    as_path=AsPath(
        (
            Segment(SegmentKind.AS_SEQUENCE, (65001, 4_200_000_000)),
            Segment(SegmentKind.AS_SET, (65002, 65003)),
        )
    ),
    med=7,
    local_pref=300,
    atomic_aggregate=True,
    aggregator=Aggregator(4_200_000_000, PE),
    communities=frozenset({65000 << 16 | 1, 65000 << 16 | 2}),
    large_communities=frozenset({LargeCommunity(4_200_000_000, 1, 2)}),
    extended_communities=frozenset(
        {
            *map(route_target, TARGETS),
            route_origin(RouteTarget.parse("65000:7")),
            source_as(ASN),
            vrf_route_import(PE, 3),
        }
    ),
    connector=Connector(PE),
    unknown=(UnknownAttribute(0xE0, 233, b"abc"),),
)
A_D = PathAttributes(
    extended_communities=frozenset(map(route_target, TARGETS)),
    pmsi_tunnel=PmsiTunnel(tunnel=PimSsmTree(PE, MDT_GROUP)),
)
MULTICAST: dict[Family, tuple[NlriKey, ...]] = {
    Family.MCAST_VPN: (
        IntraAsIPmsi(RD, PE),
        SPmsi(RD, SOURCE, GROUP, PE),
        SPmsi(RD, None, None, PE),
        SourceActive(RD, SOURCE, GROUP),
        SharedTreeJoin(RD, ASN, SOURCE, GROUP),
        SourceTreeJoin(RD, ASN, SOURCE, GROUP),
    ),
}
FAMILIES = frozenset({Family.IPV4_UNICAST, Family.VPNV4, *MULTICAST})


@pytest.fixture(scope="module")
def capture(rights: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What crossed the cable: routes told and withdrawn, a refresh, and a Cease at the end."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not on PATH (Debian package tshark)")
    path = tmp_path_factory.mktemp("tshark") / "bgp.pcap"
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(Namespace()) for _ in range(2))
        cable(ours, theirs, "eth0", "eth0")
        tap = stack.enter_context(Tap(ours, "eth0"))
        reflector = stack.enter_context(speaks(theirs, REFLECTOR, PE, client=True))
        pe = stack.enter_context(speaks(ours, PE, REFLECTOR))
        play(pe, reflector)
        write(path, tap)
        yield path


def speaks(
    namespace: Namespace, local: IPv4Address, remote: IPv4Address, *, client: bool = False
) -> Wire[Speaker]:
    peer = PeerConfig(
        address=remote,
        local=local,
        remote_as=ASN,
        families=FAMILIES,
        timers=QUICK,
        reflector_client=client,
        passive=client,  # of two connections one would end in a NOTIFICATION more
        maximum_prefixes=LIMIT if client else None,
        restart_time=60.0,
    )
    wire = Wire(Speaker(speaker_config(ASN, local, peer)), namespace)
    wire.up("eth0", f"{local}/24")
    return wire


def play(pe: Wire[Speaker], reflector: Wire[Speaker]) -> None:
    """Both wires have said all when it ends."""
    heard = reflector.engine
    pe.tell(routes(Originated(key=IPv4Network("10.1.0.0/16"), attributes=ALL_ATTRIBUTES)))
    labelled = Originated(
        key=vpn_prefix("65000:1", "10.1.0.0/16"), attributes=ALL_ATTRIBUTES, label=77
    )
    short = own_vpn("192.0.2.1:7", "0.0.0.0/0", 1_048_575, "65000:100")
    pe.tell(routes(labelled, short, family=Family.VPNV4))
    for family, keys in MULTICAST.items():
        pe.tell(routes(*(Originated(key=key, attributes=A_D) for key in keys), family=family))
    everything = {family: len(keys) for family, keys in MULTICAST.items()}
    everything |= {Family.IPV4_UNICAST: 1, Family.VPNV4: 2}
    eventually(
        lambda: {family: len(heard.best(family)) for family in everything} == everything,
        pe,
        reflector,
    )
    pe.tell(TargetsWanted(targets=TARGETS))
    for family, keys in MULTICAST.items():
        pe.tell(withdrawn(*keys, family=family))
    pe.tell(withdrawn(labelled.key, family=Family.VPNV4))
    eventually(
        lambda: len(heard.best(Family.VPNV4)) == 1 and not heard.best(Family.MCAST_VPN),
        pe,
        reflector,
    )
    pe.tell(routes(*(own(f"10.2.{number}.0/24") for number in range(LIMIT + 1))))
    eventually(
        lambda: [notice for notice in pe.notices if isinstance(notice, SessionDown)], pe, reflector
    )


def read(capture: Path, field: str) -> list[str]:
    command = ["tshark", "-r", str(capture), "-T", "fields", "-e", field, "-Y", f"bgp && {field}"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return [value for line in done.stdout.splitlines() for value in line.split(",")]


def test_tshark_objects_to_nothing(capture: Path) -> None:
    assert read(capture, "_ws.malformed") == []
    assert read(capture, "_ws.expert.message") == []


def test_there_is_every_message(capture: Path) -> None:
    assert {*read(capture, "bgp.type")} == {"1", "2", "3", "4", "5"}


def test_there_is_every_family_both_ways(capture: Path) -> None:
    assert {*read(capture, "bgp.update.path_attribute.mp_reach_nlri.safi")} == {"5", "128"}
    assert {*read(capture, "bgp.update.path_attribute.mp_unreach_nlri.safi")} == {"5", "128"}


def test_there_is_every_attribute(capture: Path) -> None:
    codes = {int(code) for code in read(capture, "bgp.update.path_attribute.type_code")}
    assert codes == {1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 20, 22, 32, 233}


def test_the_cease_says_why(capture: Path) -> None:
    """The last one does: a connection that took too long to come up may have ended before."""
    assert read(capture, "bgp.notify.major_error")[-1] == "6"
    assert read(capture, "bgp.notify.minor_error_cease")[-1] == str(int(Cease.HARD_RESET))
    within = bytes((ErrorCode.CEASE, Cease.MAXIMUM_NUMBER_OF_PREFIXES_REACHED))
    assert read(capture, "bgp.notify.minor_data")[-1].startswith(within.hex())
