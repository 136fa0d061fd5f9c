"""One instance's folder: who holds it, with which settings it runs, and how to borrow its stores."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contactcenter.embedded import Stores
from contactcenter.starting import CannotStart

# What the stores decide; anything else in the environment is handed on as it is.
STORE_SETTINGS = ("DATABASE_URL", "APP_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATA_DIR", "DEBUG")


class InUse(Exception):
    """Another process runs the instance in this folder."""


@contextmanager
def holding(data: Path) -> Iterator[None]:
    """Hold the folder for as long as the block runs; the kernel lets go even of a killed holder. Raises InUse."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(f"--data: {data} is in use by a running instance") from error
        yield


def running(data: Path) -> dict[str, Any] | None:
    """state.json of the instance that runs in `data`; None when nobody holds the folder."""
    try:
        with holding(data):
            return None
    except InUse:
        try:
            return dict(json.loads((data / "state.json").read_text()))
        except (OSError, ValueError):
            return {}


def write_settings(data: Path, settings: Mapping[str, str]) -> None:
    """Leave the running instance's settings where its owner's other commands find them, unreadable to anybody else."""
    handle = os.open(data / "settings.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(dict(settings), out)


@contextmanager
def borrowed(data: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The settings to run a command with: the running instance's, or those of stores started for as long as the block runs.

    Raises CannotStart, or InUse when an instance is only just starting.
    """
    state = running(data)
    if state is not None:
        try:
            yield dict(environ) | json.loads((data / "settings.json").read_text())
        except FileNotFoundError as error:
            raise CannotStart(f"--data: the instance in {data} is still starting; try again") from error
        return
    with holding(data):
        stores = Stores(data)
        try:
            yield dict(environ) | stores.start(dict(environ))
        finally:
            stores.stop()
