"""What ExaBGP tells its API goes to a file as it comes, a JSON object a line.

Its pipe does not block (so `cat` gives up at once), and what this wrote to stdout would be taken
for a command.
"""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path


def main() -> None:
    with Path(sys.argv[1]).open("ab", buffering=0) as heard:
        while select.select([sys.stdin], [], []):
            octets = os.read(sys.stdin.fileno(), 65536)
            if not octets:
                return
            heard.write(octets)


if __name__ == "__main__":
    main()
