"""Keys and seconds of reviewing by keyboard, in a real browser.

    python bench/triage.py [--drafts 200]

Measures one customer's message from its arrival to the approved reply that is out, and a stack of held drafts decided as a person
does: 12 of 20 approved, 3 edited, 3 rejected, 2 taken over. The 0.8 s of reading before each decision are reported apart.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.in_browser import measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drafts", type=int, default=200)
    return measured("test_triage.py", "TRIAGE", drafts=parser.parse_args().drafts)


if __name__ == "__main__":
    raise SystemExit(main())
