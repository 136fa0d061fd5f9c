"""The stores of one instance: PostgreSQL and Valkey of our own, or the servers that the environment names.

Everything of an instance stands in one folder: postgres/, valkey/, logs/, media/ and secrets.json, which only its owner can read.

    python -m contactcenter.embedded --data FOLDER      both stores alone, for a developer's shell
"""

import argparse
import json
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from contactcenter.env import login_url
from contactcenter.postgres import FOR_TESTS, Postgres
from contactcenter.starting import CannotStart
from contactcenter.valkey import Valkey


def load_secrets(data: Path) -> dict[str, str]:
    """The instance's generated secrets, made on first use; the file is readable by its owner alone."""
    names = ("secret_key", "superuser", "owner", "redis", "field_key")
    file = data / "secrets.json"
    data.mkdir(parents=True, exist_ok=True)
    kept = dict(json.loads(file.read_text())) if file.exists() else {}
    made = {name: kept.get(name) or secrets.token_urlsafe(36) for name in names}
    if made == kept:
        return kept
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(made, out)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    return made


@dataclass
class Stores:
    """Both embedded stores of one instance, or the servers that the environment names instead."""

    data: Path
    for_tests: bool = False
    postgres: Postgres | None = None
    valkey: Valkey | None = None

    @property
    def embedded(self) -> bool:
        """Whether both stores are our own."""
        return self.postgres is not None and self.valkey is not None

    def start(self, given: dict[str, str]) -> dict[str, str]:
        """Start what `given` (an environment) does not name already. Returns the settings to run with."""
        keys = load_secrets(self.data)
        if not given.get("DATABASE_URL"):
            self.postgres = Postgres(self.data, keys, FOR_TESTS if self.for_tests else {})
            self.postgres.start()
        if not given.get("REDIS_URL"):
            self.valkey = Valkey(self.data, keys, durable=not self.for_tests)
            self.valkey.start()
        secret = given.get("SECRET_KEY") or keys["secret_key"]
        owner = given.get("DATABASE_URL") or (self.postgres.owner_url if self.postgres else "")
        return {
            "DATABASE_URL": owner,
            "APP_DATABASE_URL": given.get("APP_DATABASE_URL") or login_url(owner, secret),
            "REDIS_URL": given.get("REDIS_URL") or (self.valkey.url if self.valkey else ""),
            "SECRET_KEY": secret,
            **self._field_keys(given, keys["field_key"]),
            "DATA_DIR": str(self.data),
            "DEBUG": given.get("DEBUG") or ("1" if self.embedded else "0"),
        }

    def _field_keys(self, given: dict[str, str], own: str) -> dict[str, str]:
        """What seals secrets in rows: the operator's keys, or one of this folder's own where the rows lie here too."""
        if given.get("FIELD_ENCRYPTION_KEYS") or given.get("FIELD_ENCRYPTION_KEYS_FILE") or self.postgres is None:
            return {}
        return {"FIELD_ENCRYPTION_KEYS": own}

    def stop(self) -> None:
        for store in (self.valkey, self.postgres):
            if store is not None:
                store.stop()


def main() -> int:
    """Both stores in the foreground, with their settings in FOLDER/env for a developer's shell."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    folder = parser.parse_args().data.resolve()
    stores = Stores(folder)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *seen: stopping.append(seen[0]))
    try:
        settings = stores.start({})
        file = folder / "env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        print(f"ready {file}", flush=True)
        while not stopping:
            time.sleep(0.2)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 2
    finally:
        stores.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
