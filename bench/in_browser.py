"""Runs one of the suite's browser tests as a measurement: its size and where it reports go by environment variables."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measured(test: str, prefix: str, **sizes: int) -> int:
    """Run `test` (a file under tests/browser) with PREFIX_NAME=size for each size, and print what it wrote to PREFIX_REPORT.

    Returns pytest's exit code.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        environ = dict(os.environ) | {f"{prefix}_{name.upper()}": str(size) for name, size in sizes.items()}
        command = [str(ROOT / "script" / "test"), "-n", "0", "-q", f"tests/browser/{test}"]
        done = subprocess.run(
            command, env=environ | {f"{prefix}_REPORT": str(report)}, cwd=ROOT, stdout=sys.stderr, check=False
        )
        print(report.read_text() if report.exists() else "nothing was measured")
    return done.returncode
