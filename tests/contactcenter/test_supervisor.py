"""What died is restarted at once, what cannot run is tried less and less, and nobody outlives the one who started him."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from contactcenter import children
from contactcenter.embedded import load_secrets
from contactcenter.instance import InUse, holding, running
from contactcenter.postgres import Postgres
from contactcenter.starting import PORTS, free_port
from contactcenter.supervisor import FIRST_PAUSE, LONGEST_PAUSE, Component, Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
# Durable, unlike the cluster of the other tests.
SMALL = {"shared_buffers": "16MB"}


def until(true, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_what_was_killed_is_back_within_two_seconds(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, {})
    component = Component("sleeper", lambda: children.spawn(SLEEP))
    supervisor.add(component)
    assert component.process is not None
    first = component.process.pid
    os.kill(first, signal.SIGKILL)
    began = time.monotonic()

    def is_back() -> bool:
        supervisor.look()
        return component.process is not None and component.process.pid != first

    assert until(is_back, 2), "not restarted"
    assert time.monotonic() - began < 2
    state = json.loads((tmp_path / "state.json").read_text())["components"]["sleeper"]
    assert state == {"pid": component.process.pid, "port": None, "restarts": 1}
    supervisor.stop_all()
    assert component.process.poll() is not None
    assert not (tmp_path / "state.json").exists()


def test_what_cannot_run_is_tried_less_and_less_but_never_given_up() -> None:
    component = Component("broken", lambda: children.spawn(["false"]))
    pauses = []
    for _ in range(12):
        component.started = time.monotonic()
        component.bury()
        pauses.append(component.pause)
    assert pauses == sorted(pauses)
    assert pauses[0] <= 2 * FIRST_PAUSE and pauses[-1] == LONGEST_PAUSE


def test_children_die_with_a_killed_parent() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from contactcenter import children; import time;"
        f"print(children.spawn({SLEEP!r}).pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    with holding(tmp_path):
        assert running(tmp_path) == {}
        with pytest.raises(InUse, match=r"^--data: "), holding(tmp_path):
            pass
    assert running(tmp_path) is None


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    assert load_secrets(tmp_path) == load_secrets(tmp_path)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(set(load_secrets(tmp_path).values())) == 5


def test_ports_stay_clear_of_outgoing_connections() -> None:
    assert free_port() in PORTS and PORTS[-1] < 32768


def test_postgres_killed_with_a_signal_keeps_what_was_committed(tmp_path: Path) -> None:
    keys = load_secrets(tmp_path)
    store = Postgres(tmp_path, keys, SMALL)
    store.start()
    with psycopg.connect(store.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 100)")
        connection.execute("SELECT '[1,2,3]'::vector")
    assert store.process is not None
    store.process.kill()
    store.process.wait()
    again = Postgres(tmp_path, keys, SMALL)
    again.start()
    with psycopg.connect(again.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (100,)
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
    again.stop()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("UNDO_SECONDS", "0", "UNDO_SECONDS: is a knob for tests, refused unless CHAOS=1"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: must be DEBUG, INFO, WARNING or ERROR"),
        ("DATABASE_URL", "mysql://u@h/d", "DATABASE_URL: is no well-formed URL that starts with postgresql:// or postgres://"),
        ("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/d", "DATABASE_URL: connection failed"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str, why: str) -> None:
    ours = ("DATABASE_URL", "APP_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CHAOS", "LOG_LEVEL")
    environ = {key: kept for key, kept in os.environ.items() if key not in ours} | {name: value, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "contactcenter.up", "--data", str(tmp_path), "--port", str(free_port()), "--no-demo"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(why) and len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
