"""script/manage: a manage.py command against an instance, whose stores run for as long as it does when they are not up."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from contactcenter.instance import InUse, borrowed
from contactcenter.starting import CannotStart

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    arguments, data = sys.argv[1:], ROOT / ".local"
    if len(arguments) >= 2 and arguments[0] == "--data":
        data, arguments = Path(arguments[1]), arguments[2:]
    # Ctrl-C reaches the command, which is in our group; we stay to stop the stores after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with borrowed(data.resolve(), os.environ) as settings:
            if not (data / "prepared").exists() and arguments[:1] != ["prepare_database"]:
                subprocess.run(
                    [sys.executable, str(ROOT / "manage.py"), "prepare_database", "-v", "0"], env=settings, check=True
                )
            return subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], env=settings, check=False).returncode
    except (CannotStart, InUse) as reason:
        print(reason, file=sys.stderr)
        return 2


def _run(arguments: list[str], settings: dict[str, str]) -> int:
    return subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], env=settings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
