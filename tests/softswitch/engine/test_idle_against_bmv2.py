"""What BMv2 tells of entries that are idle; it looks once a second."""

from __future__ import annotations

import pytest
from finsy.proto import p4r

from softswitch.switch import Switch
from tests.softswitch.bmv2 import Bmv2
from tests.softswitch.p4runtime.idling import INFO, PROGRAM, SECOND, entry, update

pytestmark = pytest.mark.bmv2


def test_both_tell_of_the_same_entries(bmv2: Bmv2) -> None:
    silent, lasting = entry(1, timeout_s=0.5), entry(2)
    silent.controller_metadata = 99
    updates = [update(p4r.Update.INSERT, item) for item in (silent, lasting)]
    ours = Switch()
    ours.set_pipeline(INFO, PROGRAM)
    ours.write(updates)
    bmv2.load(INFO, PROGRAM)
    bmv2.write(updates)
    theirs = bmv2.told().idle_timeout_notification
    [told] = ours.idle_entries(SECOND)
    ours.close()
    assert list(told.table_entry) == list(theirs.table_entry)
