"""How long a search takes in bases of many passages, embedding included, and what it loses against comparing everything.

    python bench/search.py [--passages 10000 100000] [--questions 180] [--callers 4] [--data FOLDER] [--shared ../shared/data]

Starts stores of its own; a FOLDER that is named is kept, with its bases, for the next run. Real questions are asked as a customer,
under row security, each embedded anew, in a base that also remembers 20,000 decisions: by one caller, then by several processes at
once. Prints p50 and p95 in milliseconds, the same as a multiple of embedding one fixed sentence in between (machines and their
other work differ), and the share of the best one and the best five that comparing every vector finds too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from contactcenter.instance import borrowed  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=180)
    parser.add_argument("--callers", type=int, default=4)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, help="keep the stores and the bases here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        data = (given.data or Path(folder)).resolve()
        with borrowed(data, os.environ) as settings:
            environ = settings | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "contactcenter.settings"}
            prepare = [sys.executable, str(ROOT / "manage.py"), "prepare_database", "-v", "0"]
            subprocess.run(prepare, env=environ, check=True)
            wanted = [str(one) for one in (*given.passages, "--questions", given.questions, "--callers", given.callers)]
            measure = [sys.executable, "-m", "bench.searching", str(given.shared), str(data), *wanted]
            return subprocess.run(measure, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
