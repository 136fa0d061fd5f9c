"""Cuts the page's socket at random 500 times while messages arrive and colleagues decide, and prints how soon it was right again.

    python bench/sockets.py [--kills 500]

It is tests/browser/test_sockets.py with more cuts: after each, the page's counts, rows, messages and draft are compared with a fresh
load until they are equal. Exit 0 when every time was within two seconds (eight on a machine busy with other things).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.in_browser import measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    return measured("test_sockets.py", "SOCKET", kills=parser.parse_args().kills)


if __name__ == "__main__":
    raise SystemExit(main())
