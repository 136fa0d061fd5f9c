"""Makes .venv with exactly the pinned packages, once; later calls only compare a fingerprint.

    python3 script/environment.py [--dev]

Needs nothing but Python 3.11 or newer and a package index. Where FILE_STORAGE names an S3 store, its client is installed too. uv installs in seconds; where it cannot, pip does it.
"""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


def main() -> int:
    files = ["requirements.txt"]
    files += ["requirements-s3.txt"] if os.environ.get("FILE_STORAGE", "").startswith("s3:") else []
    files += ["requirements-dev.txt"] if "--dev" in sys.argv else []
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (VENV / "bin" / "python").exists():
            venv.create(VENV, with_pip=True)
        if stamp(files).exists() and stamp(files).read_text() == fingerprint(files):
            return 0
        print(f"installing {' and '.join(files)} ...", file=sys.stderr, flush=True)
        done = install(files)
        if done == 0:
            for installed in (files, files[:1]):  # Whoever has the tools has what they come on top of.
                stamp(installed).write_text(fingerprint(installed))
        return done


def stamp(files: list[str]) -> Path:
    return VENV / f"stamp-{'-'.join(Path(name).stem for name in files)}"


def fingerprint(files: list[str]) -> str:
    digest = hashlib.sha256(platform.python_version().encode())
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def install(files: list[str]) -> int:
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
    listed = [part for name in files for part in ("-r", str(ROOT / name))]
    if subprocess.run([*pip, "-r", str(ROOT / "requirements-bootstrap.txt")], check=False).returncode == 0:
        uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--require-hashes", *listed]
        if subprocess.run(uv, check=False).returncode == 0:
            return 0
    return subprocess.run([*pip, *listed], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
