"""Processes that we start: they end when we end, however we end."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def spawn(
    command: list[str],
    *,
    environ: Mapping[str, str] | None = None,
    log: IO[bytes] | int | None = None,
    last_signal: signal.Signals = signal.SIGTERM,
    unprivileged: bool = False,
    cwd: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own; on Linux the kernel sends it `last_signal` when this process dies.

    Call it from the main thread: the kernel watches the thread that forked. `unprivileged` gives up root, which
    PostgreSQL demands. Standard output and error go to `log`.
    """
    user: dict[str, object] = {}
    if unprivileged and os.geteuid() == 0:
        if _user_namespaces():
            command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *_tied(last_signal), *command]
        else:
            user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command,
        env=dict(environ) if environ is not None else None,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT if log is not None else None,
        start_new_session=True,
        preexec_fn=_tie_to_parent(last_signal),
        **user,
    )


def unprivileged_command(command: list[str]) -> list[str]:
    """`command` so that it runs without root, for short commands that are waited for."""
    if os.geteuid() != 0:
        return command
    if _user_namespaces():
        return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]


def give_away(folder: Path) -> None:
    """Let the user without root own `folder`, where user namespaces are forbidden and `nobody` has to serve."""
    if os.geteuid() == 0 and not _user_namespaces():
        shutil.chown(folder, "nobody", "nogroup")


def end(process: "subprocess.Popen[bytes]", number: signal.Signals, seconds: float) -> None:
    """Send the signal, wait `seconds`, then kill."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@cache
def _user_namespaces() -> bool:
    try:
        probe = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "true"]
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _tie_to_parent(number: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return tie


def _tied(number: signal.Signals) -> list[str]:
    """A prefix that ties once more: entering a user namespace makes the kernel forget the signal."""
    code = f"import ctypes,os,sys;ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG},{int(number)});os.execv(sys.argv[1],sys.argv[1:])"
    return [sys.executable, "-S", "-E", "-c", code]
