"""The collector of cyclic garbage, in a process that plays labs.

What routers hold are trees of values, which their reference counts free. The collector looks
through all of it again and again and finds next to nothing: in a simulated core of 200 routers that
took a third of the time, and in a live lab no timer is served meanwhile. So it looks rarely.
"""

from __future__ import annotations

import gc
from typing import Final

_NEW_OBJECTS: Final = 200_000
"""Between two looks at what is new; the interpreter's own choice is 700."""
_YOUNG, _OLD = 50, 50


def collect_rarely() -> None:
    """From now on in this process; what there is already is looked at no more."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG, _OLD)
