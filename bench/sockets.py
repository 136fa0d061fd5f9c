"""Cuts the page's socket at random 500 times while messages arrive and colleagues decide, and prints how soon it was right again.

    python bench/sockets.py [--kills 500]

It is tests/browser/test_sockets.py with more cuts: after each, the page's counts, rows, messages and draft are compared with a fresh
load until they are equal. Exit 0 when every time was within two seconds (eight on a machine busy with other things).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        environ = dict(os.environ) | {"SOCKET_KILLS": str(given.kills), "SOCKET_REPORT": str(report)}
        command = [str(ROOT / "script" / "test"), "-n", "0", "-q", "tests/browser/test_sockets.py"]
        done = subprocess.run(command, env=environ, cwd=ROOT, stdout=sys.stderr, check=False)
        print(report.read_text() if report.exists() else "nothing was measured")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
