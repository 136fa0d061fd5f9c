"""script/up: one command from nothing to a running contact centre, and script/up until Ctrl-C keeps it running."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from contactcenter import children
from contactcenter.embedded import Stores
from contactcenter.instance import STORE_SETTINGS, InUse, holding, write_settings
from contactcenter.postgres import Postgres
from contactcenter.starting import CannotStart, is_free, log_file
from contactcenter.supervisor import Component, Supervisor
from contactcenter.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 90
TEST_KNOBS = ("SESSION_IDLE_SECONDS", "UNDO_SECONDS", "JOB_LEASE_SECONDS", "FAILPOINT")
CELERY = ["-m", "celery", "-A", "contactcenter"]
WORKER = [*CELERY, "worker", "-P", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/up", description="Starts everything, and runs until Ctrl-C.")
    parser.add_argument("--port", type=int, default=8000, help="of the web server, on 127.0.0.1")
    parser.add_argument("--data", type=Path, default=ROOT / ".local", help="the folder of everything that is kept")
    parser.add_argument("--no-demo", action="store_true", help="start with an empty database")
    given = parser.parse_args()
    data = given.data.resolve()
    try:
        with holding(data):
            return _run(data, given.port, demo=not given.no_demo)
    except (CannotStart, InUse, PermissionError) as reason:
        print(reason, file=sys.stderr)
        return 2


def _run(data: Path, port: int, *, demo: bool) -> int:
    began = time.monotonic()
    if not 1 <= port <= 65535 or not is_free(port):
        raise CannotStart(f"--port: {port} is taken or no port")
    for name in ("PORT", "state.json", "settings.json", "demo.json"):
        (data / name).unlink(missing_ok=True)
    _rotate_logs(data)
    stores = Stores(data)
    _check_settings(data)
    supervisor = Supervisor(data, {"url": f"http://127.0.0.1:{port}", "port": port, "data": str(data)})
    supervisor.stop_on_signals()
    try:
        settings = dict(os.environ) | stores.start(dict(os.environ)) | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
        settings["STATIC_HASHED"] = "1"
        _supervise_stores(supervisor, stores)
        _prepare(data, settings, demo=demo and stores.embedded)
        kept = (*STORE_SETTINGS, "PUBLIC_URL")
        write_settings(data, {name: settings[name] for name in kept if name in settings})
        _start_components(supervisor, data, settings, port)
        if _wait_until_ready(supervisor, port):
            _announce(data, port, time.monotonic() - began)
            supervisor.run()
    finally:
        supervisor.stop_all()
        stores.stop()
        (data / "settings.json").unlink(missing_ok=True)
    return 0


def _check_settings(data: Path) -> None:
    """Read the settings before anything is started. Raises CannotStart with the one line that says which is wrong."""
    placeholder = "postgresql://nobody@127.0.0.1/nothing"
    trial = {"SECRET_KEY": "-" * 50, "DATABASE_URL": placeholder, "DATA_DIR": str(data)} | dict(os.environ)
    _must(trial, ["-m", "contactcenter.settings"])


def _must(settings: dict[str, str], *commands: list[str]) -> None:
    """Run commands of ours side by side. Raises CannotStart with the last line of what the first that fails said."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([sys.executable, *one], env=settings, cwd=ROOT, **pipes) for one in commands]  # type: ignore[call-overload]
    done = [(process, *process.communicate()) for process in running]
    for process, out, err in done:
        if process.returncode:
            said = (err.strip() or out.strip() or "it said nothing").splitlines()[-1]
            for prefix in ("contactcenter.env.BadSetting: ", "CommandError: "):
                said = said.removeprefix(prefix)
            raise CannotStart(said)


def _prepare(data: Path, settings: dict[str, str], *, demo: bool) -> None:
    """Migrate, collect static files and load the demo, each only when something changed since the last start."""
    version = _version(settings["DATABASE_URL"])
    stamp = data / "prepared"
    if not stamp.exists() or stamp.read_text() != version:
        _must(
            settings,
            ["manage.py", "prepare_database", "-v", "0"],
            ["manage.py", "collectstatic", "--noinput", "-v", "0", "--skip-checks"],
        )
        stamp.write_text(version)
    if demo and settings["DEBUG"] == "1" and not (data / "seeded").exists():
        # The demo is played at its own pace, whatever the knobs for tests say.
        calm = {name: value for name, value in settings.items() if name not in TEST_KNOBS}
        _must(calm, ["manage.py", "seed", "--skip-checks"])
        (data / "seeded").touch()


def _version(database: str) -> str:
    """A fingerprint of what preparing depends on: the database, migrations, static files and pins."""
    digest = hashlib.sha256(database.encode())
    files = [
        *ROOT.glob("*/migrations/*.py"),
        *(ROOT / "static").rglob("*"),
        ROOT / "requirements.txt",
        ROOT / "core" / "roles.py",
    ]
    for file in sorted(files):
        if file.is_file():
            digest.update(str(file.relative_to(ROOT)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _supervise_stores(supervisor: Supervisor, stores: Stores) -> None:
    for name, store in (("postgres", stores.postgres), ("redis", stores.valkey)):
        if store is not None:
            supervisor.add(_store_component(name, store))


def _store_component(name: str, store: Postgres | Valkey) -> Component:
    return Component(name, store.spawn, store.ending, patience=30, port=store.port, is_store=True, process=store.process)


def _start_components(supervisor: Supervisor, data: Path, settings: dict[str, str], port: int) -> None:
    """Who works, then the web. None of them gets the owner's connection."""
    environ = {name: value for name, value in settings.items() if name != "DATABASE_URL"}
    daphne = ["-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", "--server-name", ""]
    daphne += ["--ping-interval", "20", "--ping-timeout", "30", "--application-close-timeout", "5"]
    commands = {
        "pump": ["manage.py", "pump", "--skip-checks"],
        "worker-send": [*WORKER, "-n", "send@%h", "-c", "8", "-Q", "send,ingest"],
        "worker-draft": [*WORKER, "-n", "draft@%h", "-c", "8", "-Q", "draft,bulk"],
        "beat": [*CELERY, "beat", "-s", str(data / "timetable"), "--pidfile=", "-l", "WARNING"],
        "web": [*daphne, "contactcenter.asgi:application"],
    }
    for name, arguments in commands.items():
        supervisor.add(_component(name, data, arguments, environ | {"COMPONENT": name}, port if name == "web" else 0))


def _component(name: str, data: Path, arguments: list[str], environ: dict[str, str], port: int) -> Component:
    def start() -> "subprocess.Popen[bytes]":
        with log_file(data, name) as log:
            return children.spawn([sys.executable, *arguments], environ=environ, log=log, cwd=ROOT)

    return Component(name, start, port=port)


def _wait_until_ready(supervisor: Supervisor, port: int) -> bool:
    """True once /readyz answers; False when somebody asked us to stop before. Raises CannotStart after READY_SECONDS."""
    deadline = time.monotonic() + READY_SECONDS
    while not supervisor.stopping:
        supervisor.look()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        if time.monotonic() > deadline:
            raise CannotStart(f"web: not ready after {READY_SECONDS} seconds, see {supervisor.data / 'logs'}")
        time.sleep(0.1)
    return False


def _announce(data: Path, port: int, seconds: float) -> None:
    """Say where it runs; for a script, demo.json says the same with the demo's sign-ins and keys."""
    url = f"http://127.0.0.1:{port}"
    facts = data / "demo-facts.json"
    print(f"ready {url}", flush=True)
    if facts.exists():
        demo = json.loads(facts.read_text()) | {"url": url, "data": str(data)}
        handle = os.open(data / "demo.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            json.dump(demo, out, indent=1)
        for user in demo["users"]:
            print(f"  {user['role']:<10} {user['email']}  password {user['password']}")
        print(f"  customers write at {url}/contact/")
    else:
        print("  no demo; make an admin with: script/manage make_admin EMAIL")
    print(f"({seconds:.1f} s; Ctrl-C stops it; logs in {data / 'logs'})", flush=True)


def _rotate_logs(data: Path) -> None:
    for log in (data / "logs").glob("*.log"):
        if log.stat().st_size > 20_000_000:
            log.replace(log.with_suffix(".log.1"))


if __name__ == "__main__":
    sys.exit(main())
