"""script/up as an operator meets it: from nothing, twice side by side, after everything was killed, and on servers of one's own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contactcenter.embedded import Stores
from contactcenter.starting import free_port
from tests.contactcenter.test_supervisor import is_running, until

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "APP_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "DATA_DIR", "DB_POOL")
PROCESSES = {"pump", "worker-send", "worker-draft", "beat", "web"}


@contextmanager
def up(data: Path, port: int, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """An instance that has said that it is ready."""
    environ = {key: value for key, value in os.environ.items() if key not in OURS} | {"PYTHONPATH": str(ROOT)} | settings
    command = [sys.executable, "-m", "contactcenter.up", "--data", str(data), "--port", str(port), "--no-demo"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said == f"ready http://127.0.0.1:{port}\n", said + process.stdout.read()
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def state(data: Path) -> dict[str, Any]:
    return dict(json.loads((data / "state.json").read_text()))


def pids(data: Path) -> list[int]:
    return [one["pid"] for one in state(data)["components"].values()]


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@pytest.mark.timeout(240)
def test_from_nothing_twice_side_by_side_and_again_after_kill_9_of_everything(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    first, second = free_port(), free_port()
    with up(one, first) as process, up(other, second):
        assert set(state(one)["components"]) == PROCESSES | {"postgres", "redis"}
        assert set(pids(one)).isdisjoint(pids(other))
        assert json.loads(get(first, "/readyz")[1])["dependencies"] == {"database": "up", "schema": "up", "redis": "up"}
        everybody = [process.pid, *pids(one)]
        for pid in everybody:
            os.kill(pid, signal.SIGKILL)
        process.wait(10)
        assert until(lambda: not any(is_running(pid) for pid in everybody), 15)
        assert get(second, "/readyz")[0] == 200
    began = time.monotonic()
    with up(one, first):
        assert get(first, "/readyz")[0] == 200
        left = pids(one)
    assert time.monotonic() - began < 60
    assert not any(is_running(pid) for pid in left)
    assert not (one / "state.json").exists()


@pytest.mark.timeout(240)
def test_servers_of_ones_own_are_used_and_the_demo_is_refused_on_them(tmp_path: Path) -> None:
    servers = Stores(tmp_path / "servers", for_tests=True)
    given = servers.start({})
    try:
        data, port = tmp_path / "instance", free_port()
        settings = {"DATABASE_URL": given["DATABASE_URL"], "REDIS_URL": given["REDIS_URL"]}
        with up(data, port, **settings):
            assert set(state(data)["components"]) == PROCESSES
            assert json.loads(get(port, "/readyz")[1])["ready"] is True
            kept = json.loads((data / "settings.json").read_text())
            assert kept["DATABASE_URL"] == given["DATABASE_URL"] and kept["DEBUG"] == "0"
            assert not (data / "demo.json").exists() and not (data / "postgres").exists()
        # What was given is still there when we have gone.
        again = Stores(tmp_path / "again").start(settings)
        assert again["REDIS_URL"] == given["REDIS_URL"]
    finally:
        servers.stop()
