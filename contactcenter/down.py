"""script/down: stops the instance in a folder and waits until it is gone."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from contactcenter.instance import running

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 90


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/down", description="Stops an instance that was started elsewhere.")
    parser.add_argument("--data", type=Path, default=ROOT / ".local")
    data = parser.parse_args().data.resolve()
    state = running(data)
    if state is None:
        print(f"nothing runs in {data}")
        return 0
    if not isinstance(state.get("pid"), int):
        print(f"--data: the instance in {data} is still starting; try again", file=sys.stderr)
        return 1
    os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if running(data) is None:
            print("stopped")
            return 0
        time.sleep(0.1)
    print(f"still running after {PATIENCE_SECONDS} seconds: pid {state['pid']}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
