"""What costs a session, as tests expect it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from controlplane.wire.bgp.errors import BgpError
from controlplane.wire.bgp.numbers import ErrorCode


@contextmanager
def refused(code: ErrorCode, subcode: int, data: str = "") -> Iterator[None]:
    """The error of this NOTIFICATION is raised; `data` in hexadecimal."""
    with pytest.raises(BgpError) as raised:
        yield
    error = raised.value
    assert (error.code, error.subcode, error.data) == (code, subcode, bytes.fromhex(data))
