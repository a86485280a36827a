"""The control plane's names are the P4 program's, in the same order."""

from __future__ import annotations

import pytest

from controlplane.p4rt import names
from controlplane.p4rt.pipeline import load_pipeline

P4INFO = load_pipeline().p4info
ACTIONS = {action.preamble.name: action for action in P4INFO.actions}
ACTION_NAMES = {action.preamble.id: action.preamble.name for action in P4INFO.actions}
WRITTEN = {
    names.INTERFACE: {names.SET_INTERFACE},
    names.EGRESS_INTERFACE: {names.SET_EGRESS_INTERFACE},
    names.UNICAST_ROUTE: {
        names.FORWARD,
        names.FORWARD_VPN,
        names.RECEIVE,
        names.GLEAN,
        names.DISCARD,
    },
    names.VPN_PATH: {names.VIA_TUNNEL, names.OUT_OF_REACH},
    names.LABEL_ROUTE: {names.LABEL_FORWARD, names.POP_AND_LOOK_UP},
    names.NEXT_HOP_GROUP: {names.VIA, names.VIA_POP, names.VIA_LABEL, names.UNRESOLVED},
    names.NEXT_HOP: {names.SET_NEXT_HOP},
    names.TTL_MODE: {names.UNIFORM, names.PIPE},
    names.MULTICAST_ROUTE: {names.MULTICAST_FORWARD, names.MULTICAST_TAIL},
    names.ANY_SOURCE_ROUTE: {names.ANY_SOURCE_FORWARD, names.ANY_SOURCE_TAIL},
    names.ACCEPTED_INTERFACE: {names.ACCEPT_INTERFACE},
    names.TUNNEL_ROOT: {names.ROOT_IS},
    names.TAIL_ROUTE: {names.TAIL_FORWARD},
    names.TAIL_ANY_SOURCE_ROUTE: {names.TAIL_ANY_SOURCE_FORWARD},
    names.TAIL_ACCEPTED_INTERFACE: {names.TAIL_ACCEPT_INTERFACE},
    names.REPLICA_REWRITE: {
        names.IN_PLACE,
        names.ONWARD,
        names.DECAPSULATE,
        names.ENCAPSULATE,
        names.ENCAPSULATE_REGISTER,
        names.ENCAPSULATE_AND_REGISTER,
    },
}


def test_all_tables_are_written() -> None:
    tables = {
        table.preamble.name: tuple(field.name for field in table.match_fields)
        for table in P4INFO.tables
    }
    assert tables == names.KEYS


@pytest.mark.parametrize("table", P4INFO.tables, ids=lambda table: str(table.preamble.name))
def test_a_tables_actions_are_those_that_are_written_to_it(table: object) -> None:
    usable = {
        ACTION_NAMES[ref.id]
        for ref in table.action_refs  # type: ignore[attr-defined]
        if ref.scope != ref.DEFAULT_ONLY
    }
    assert usable == WRITTEN[table.preamble.name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", names.ARGUMENTS)
def test_an_actions_arguments_are_its_parameters(action: str) -> None:
    parameters = tuple(parameter.name for parameter in ACTIONS[action].params)
    assert parameters == names.ARGUMENTS[action]


def test_counters_and_meters_are_there() -> None:
    counters = {counter.preamble.name for counter in P4INFO.counters}
    assert counters == {
        names.INTERFACE_IN,
        names.INTERFACE_OUT,
        names.PUNTED,
        names.POLICED,
        names.INGRESS_DROPS,
        names.EGRESS_DROPS,
    }
    assert {meter.preamble.name for meter in P4INFO.meters} == {names.PUNT_POLICER}


def test_packet_headers_have_the_same_fields() -> None:
    headers = {
        header.preamble.name: tuple(field.name for field in header.metadata)
        for header in P4INFO.controller_packet_metadata
    }
    assert headers == {"packet_in": names.PACKET_IN, "packet_out": names.PACKET_OUT}
