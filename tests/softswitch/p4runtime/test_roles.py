"""Section "Role Config": several controllers, each with its part of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from finsy.proto import U128, p4r, stratum

from softswitch.p4runtime.arbitration import Arbitration
from softswitch.p4runtime.election import ClientId
from softswitch.p4runtime.role import Scope, read_scope
from softswitch.p4runtime.service import P4Runtime
from softswitch.p4runtime.status import Code, P4RuntimeError
from tests.softswitch.p4runtime.client import CONFIG
from tests.softswitch.p4runtime.control import (
    COUNTER,
    INSERT,
    PREFIX,
    STATION,
    TABLES,
    entry,
    forward,
    update,
)

A, B = ClientId(1), ClientId(2)
ID = U128.encode(7)
STATIONS, ROUTES = TABLES["stations"], TABLES["routes"]
STATION_ENTRY = p4r.Entity(table_entry=entry("stations", STATION, forward(3)))
ROUTE_ENTRY = p4r.Entity(table_entry=entry("routes", PREFIX, forward(3)))
GROUP = p4r.Entity(
    packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(
        multicast_group_entry=p4r.MulticastGroupEntry(multicast_group_id=5)
    )
)
PacketFilter = stratum.P4RoleConfig.PacketFilter


def role(name: str, config: stratum.P4RoleConfig | None = None) -> p4r.Role:
    message = p4r.Role(name=name)
    if config is not None:
        message.config.Pack(config)
    return message


def arrival(role: p4r.Role) -> p4r.MasterArbitrationUpdate:
    return p4r.MasterArbitrationUpdate(device_id=1, election_id=ID, role=role)


LAYER_2 = role(
    "layer 2",
    stratum.P4RoleConfig(
        exclusive_p4_ids=[STATIONS], shared_p4_ids=[COUNTER], receives_packet_ins=True
    ),
)
LAYER_3 = role("layer 3", stratum.P4RoleConfig(exclusive_p4_ids=[ROUTES], can_push_pipeline=True))


def refusal(arbitration: Arbitration, client: ClientId, role: p4r.Role) -> P4RuntimeError:
    with pytest.raises(P4RuntimeError) as caught:
        arbitration.update(client, arrival(role))
    return caught.value


class TestArbitration:
    @pytest.fixture
    def arbitration(self) -> Arbitration:
        return Arbitration(device_id=1, max_clients=3)

    def test_each_role_has_a_primary_of_its_own_with_the_same_election_id(
        self, arbitration: Arbitration
    ) -> None:
        arbitration.update(A, arrival(LAYER_2))
        [told] = arbitration.update(B, arrival(LAYER_3))
        assert (told.client, told.update.status.code) == (B, Code.OK)
        assert [client for client, _ in arbitration.primaries()] == [A, B]

    def test_all_of_a_role_and_nobody_else_are_told_with_its_config(
        self, arbitration: Arbitration
    ) -> None:
        third = ClientId(3)
        arbitration.update(A, arrival(LAYER_2))
        arbitration.update(B, arrival(LAYER_3))
        update = arrival(LAYER_3)
        update.election_id.CopyFrom(U128.encode(8))
        told = arbitration.update(third, update)
        roles = [(item.client, item.update.role) for item in told]
        assert roles == [(B, LAYER_3), (third, LAYER_3)]

    def test_a_backup_does_not_change_what_the_role_may(self, arbitration: Arbitration) -> None:
        arbitration.update(A, arrival(LAYER_2))
        backup = arrival(role("layer 2"))
        backup.election_id.CopyFrom(U128.encode(6))
        [told] = arbitration.update(B, backup)
        assert told.update.role == LAYER_2
        assert arbitration.scope("layer 2").ids == frozenset([STATIONS, COUNTER])

    def test_a_stream_cannot_change_its_role(self, arbitration: Arbitration) -> None:
        arbitration.update(A, arrival(LAYER_2))
        assert refusal(arbitration, A, LAYER_3).code is Code.FAILED_PRECONDITION

    @pytest.mark.parametrize(
        ("config", "what"),
        [
            (stratum.P4RoleConfig(exclusive_p4_ids=[STATIONS]), f"{STATIONS:#010x}"),
            (stratum.P4RoleConfig(shared_p4_ids=[STATIONS]), f"{STATIONS:#010x}"),
            (stratum.P4RoleConfig(exclusive_p4_ids=[COUNTER]), f"{COUNTER:#010x}"),
        ],
        ids=["exclusive twice", "shared here, exclusive there", "exclusive here, shared there"],
    )
    def test_what_one_role_has_for_itself_another_cannot_have(
        self, arbitration: Arbitration, config: stratum.P4RoleConfig, what: str
    ) -> None:
        arbitration.update(A, arrival(LAYER_2))
        error = refusal(arbitration, B, role("other", config))
        assert error.code is Code.INVALID_ARGUMENT
        assert error.message == f"roles 'other' and 'layer 2' both have {what}, one exclusively"
        with pytest.raises(P4RuntimeError, match="no role 'other' here"):
            arbitration.scope("other")

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            (p4r.Role(id=4), "roles go by name"),
            (role("", stratum.P4RoleConfig()), "the default role has full access"),
        ],
        ids=["a number", "a config for the default role"],
    )
    def test_a_bad_role_is_refused(
        self, arbitration: Arbitration, bad: p4r.Role, message: str
    ) -> None:
        error = refusal(arbitration, A, bad)
        assert error.code is Code.INVALID_ARGUMENT
        assert message in error.message

    def test_a_config_of_another_scheme_is_refused(self, arbitration: Arbitration) -> None:
        other = p4r.Role(name="x")
        other.config.Pack(p4r.Uint128())
        error = refusal(arbitration, A, other)
        assert error.message == "role 'x': its config must be a stratum.P4RoleConfig"


class TestRequests:
    """Of two controllers, one of which has the stations and one the routes."""

    @pytest.fixture
    def service(self) -> Iterator[P4Runtime]:
        service = P4Runtime(1, on_commit=lambda _: None)
        service.set_pipeline(p4r.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT, CONFIG)
        service.arbitration.update(A, arrival(LAYER_2))
        service.arbitration.update(B, arrival(LAYER_3))
        yield service
        service.close()

    def write(self, service: P4Runtime, role: str, *entities: p4r.Entity) -> None:
        updates = [update(INSERT, entity) for entity in entities]
        service.write(p4r.WriteRequest(device_id=1, role=role, election_id=ID, updates=updates))

    def test_a_role_writes_its_own_and_is_refused_the_rest(self, service: P4Runtime) -> None:
        with pytest.raises(P4RuntimeError) as caught:
            self.write(service, "layer 2", STATION_ENTRY, ROUTE_ENTRY, GROUP)
        codes = [error.canonical_code for error in caught.value.errors]
        assert codes == [Code.OK, Code.PERMISSION_DENIED, Code.PERMISSION_DENIED]

    def test_a_read_of_a_role_finds_what_belongs_to_it(self, service: P4Runtime) -> None:
        self.write(service, "layer 2", STATION_ENTRY)
        self.write(service, "layer 3", ROUTE_ENTRY)
        everything = p4r.Entity(table_entry=p4r.TableEntry())
        request = p4r.ReadRequest(device_id=1, entities=[everything])
        tables = {entity.table_entry.table_id for entity in service.read(request)}
        assert tables >= {STATIONS, ROUTES}
        request.role = "layer 3"
        assert list(service.read(request)) == [ROUTE_ENTRY]

    @pytest.mark.parametrize(
        ("name", "code"), [("layer 2", Code.PERMISSION_DENIED), ("unheard of", Code.NOT_FOUND)]
    )
    def test_a_role_without_the_right_does_not_set_the_pipeline(
        self, service: P4Runtime, name: str, code: Code
    ) -> None:
        request = p4r.SetForwardingPipelineConfigRequest(
            device_id=1,
            role=name,
            election_id=ID,
            action=p4r.SetForwardingPipelineConfigRequest.VERIFY,
            config=CONFIG,
        )
        with pytest.raises(P4RuntimeError) as caught:
            service.set_pipeline_request(request)
        assert caught.value.code is code
        request.role = "layer 3"
        service.set_pipeline_request(request)


@pytest.mark.parametrize(
    ("config", "gets"),
    [
        (None, True),
        (stratum.P4RoleConfig(), False),
        (stratum.P4RoleConfig(receives_packet_ins=True), True),
        (
            stratum.P4RoleConfig(
                receives_packet_ins=True, packet_in_filter=PacketFilter(metadata_id=2, value=b"\5")
            ),
            True,
        ),
        (
            stratum.P4RoleConfig(
                receives_packet_ins=True, packet_in_filter=PacketFilter(metadata_id=2, value=b"\6")
            ),
            False,
        ),
    ],
    ids=["no config", "no packet-ins", "all", "those with the value", "those with another"],
)
def test_a_role_gets_the_packet_ins_that_its_config_says(
    config: stratum.P4RoleConfig | None, gets: bool
) -> None:
    packet = p4r.PacketIn(
        metadata=[
            p4r.PacketMetadata(metadata_id=1, value=b"\6"),
            p4r.PacketMetadata(metadata_id=2, value=b"\5"),
        ]
    )
    assert read_scope(role("x", config)).receives(packet) is gets


def test_without_a_config_a_role_has_everything() -> None:
    assert read_scope(role("x")) == Scope()
    assert Scope().has(GROUP)
