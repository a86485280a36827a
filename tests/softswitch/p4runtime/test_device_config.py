"""What may stand in `p4_device_config`."""

from __future__ import annotations

import pytest
from finsy.proto import p4r

from softswitch.p4runtime.status import P4RuntimeError
from softswitch.switch import Switch
from tests.softswitch.p4runtime.control import P4INFO, PROGRAM


def in_p4_device_config(program: bytes) -> bytes:
    """p4.tmp.P4DeviceConfig(reassign=True, device_data=program), as it travels."""
    length = bytes(
        [len(program) & 0x7F | 0x80, len(program) >> 7 & 0x7F | 0x80, len(program) >> 14]
    )
    return b"\x08\x01\x1a" + length + program


@pytest.mark.parametrize(
    "config",
    [PROGRAM, b"\n " + PROGRAM, in_p4_device_config(PROGRAM)],
    ids=["JSON", "behind blanks", "in a P4DeviceConfig"],
)
def test_a_program_is_taken_in_either_form(config: bytes) -> None:
    switch = Switch()
    switch.set_pipeline(P4INFO, config)
    entries = switch.read([p4r.Entity(table_entry=p4r.TableEntry())])
    assert len(entries) == 2, "those that are constant"
    switch.close()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"", "the device config"),
        (b"\xff\xfe", "the device config is not a BMv2 JSON text"),
        (in_p4_device_config(b"not JSON".ljust(1 << 14)), "the device config"),
        (in_p4_device_config(PROGRAM)[:-1], "the device config"),
    ],
)
def test_what_is_neither_is_refused(config: bytes, message: str) -> None:
    switch = Switch()
    with pytest.raises(P4RuntimeError, match=message):
        switch.set_pipeline(P4INFO, config)
    switch.close()
