"""Keys and seconds of reviewing by keyboard, in a real browser.

    python bench/triage.py [--drafts 200]

Measures one customer's message from its arrival to the approved reply that is out, and a stack of held drafts decided as a person
does: 12 of 20 approved, 3 edited, 3 rejected, 2 taken over. The 0.8 s of reading before each decision are reported apart.
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
    parser.add_argument("--drafts", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.jsonl"
        environ = dict(os.environ) | {"TRIAGE_DRAFTS": str(given.drafts), "TRIAGE_REPORT": str(report)}
        command = [str(ROOT / "script" / "test"), "-n", "0", "-q", "tests/browser/test_triage.py"]
        done = subprocess.run(command, env=environ, cwd=ROOT, stdout=sys.stderr, check=False)
        print(report.read_text() if report.exists() else "nothing was measured")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
