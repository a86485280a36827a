"""`python -m softswitch`: one switch process."""

from __future__ import annotations

import logging
import os
import signal
import sys

from softswitch.errors import SoftswitchError
from softswitch.grpc_core import load_grpc
from softswitch.interface import PortError

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Run until SIGTERM or SIGINT; every reason not to is one line on standard error."""
    # gRPC would log errors beside the one line that we print; it reads this when it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    load_grpc()
    from softswitch.options import parse_options
    from softswitch.process import SwitchProcess
    from softswitch.server import AddressError

    options = parse_options(sys.argv[1:])
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s"
    )
    # Blocked in every thread that starts from here on, and taken by the one that waits below.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        process = SwitchProcess(options)
    except (AddressError, PortError, SoftswitchError, OSError) as error:
        print(f"softswitch: {error}", file=sys.stderr)
        return 1
    signal.sigwait(STOP_SIGNALS)
    process.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
