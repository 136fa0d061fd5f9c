"""The product in a real browser: web server, workers and pump as processes of their own on the test database.

    @pytest.mark.browser
    def test_something(page, site, cast): page.goto(site.url + "/contact/")

Without Chromium these tests are skipped; REQUIRE_BROWSER=1 makes that an error.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from contactcenter import children
from contactcenter.starting import free_port
from tests.browser.quiet import wait_for_quiet

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
# What is promised within a second or two is shown by bench/; here a busy machine is given its time.
expect.set_options(timeout=15_000)
# Without these Chromium looks for its maker's servers at every start.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"),
]
WORKER = ["-m", "celery", "-A", "contactcenter", "worker", "-P", "threads", "-c", "4", "-l", "WARNING"]
WORKER += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-Q", "send,ingest,draft,bulk"]


@dataclass
class Site:
    """A running product: `url` without a trailing slash, `logs` the folder of what its processes said."""

    url: str
    logs: Path

    def said(self) -> str:
        return "\n".join(f"--- {file.name}\n{file.read_text()[-3000:]}" for file in sorted(self.logs.glob("*.log")))


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("Chromium is missing and REQUIRE_BROWSER=1")
        pytest.skip("Chromium is missing: NOT TESTED in a browser")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Playwright's loop runs in this thread; the database is still used by plain functions only.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def site(chromium: str, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    logs = tmp_path_factory.mktemp("site")
    port = free_port()
    environ = dict(os.environ) | {"APP_DATABASE_URL": test_database_url(), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    environ |= {"LOG_LEVEL": "INFO", "CHAOS": "1", "UNDO_SECONDS": "2", "PYTHONPATH": str(ROOT)}
    del environ["DATABASE_URL"]
    web = ["-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", "contactcenter.asgi:application"]
    commands = {"pump": ["manage.py", "pump", "--skip-checks"], "worker": WORKER, "web": web}
    started = []
    for name, arguments in commands.items():
        with (logs / f"{name}.log").open("wb") as log:
            started.append(children.spawn([sys.executable, *arguments], environ=environ, log=log, cwd=ROOT))
    found = Site(f"http://127.0.0.1:{port}", logs)
    wait_for(found, started)
    yield found
    for process in reversed(started):
        children.end(process, signal.SIGTERM, 15)


def test_database_url() -> str:
    """The application's login, on this worker's test database."""
    name = connections["default"].settings_dict["NAME"]
    return urlsplit(os.environ["APP_DATABASE_URL"])._replace(path=f"/{name}").geturl()


test_database_url.__test__ = False  # type: ignore[attr-defined]


def wait_for(site: Site, started: "list[subprocess.Popen[bytes]]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in started):
            break
        try:
            urllib.request.urlopen(site.url + "/healthz", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the product did not start\n{site.said()}")


@pytest.fixture
def new_context(db: None, browser: Browser, site: Site) -> Iterator[object]:
    """Makes browser contexts, each a person of its own; closed at the end, after which no page may have complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: object) -> BrowserContext:
        # Without motion: what is looked at, also by axe, is what a screen looks like once it has come to rest.
        context = browser.new_context(**{"base_url": site.url, "reduced_motion": "reduce", **options})  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: complaints.append(f"script error: {error.error}"))
        context.on("console", lambda line: complaints.append(line.text) if refused_by_policy(line.text) else None)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    wait_for_quiet()
    assert not complaints


def refused_by_policy(text: str) -> bool:
    return "Content Security Policy" in text


@pytest.fixture
def page(new_context) -> Page:
    return new_context().new_page()
