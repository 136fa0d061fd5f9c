"""Keeps an instance's processes alive: starts them, restarts what died, stops them in an order that loses nothing."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contactcenter import children
from contactcenter.starting import log_file

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
STEADY_SECONDS = 10.0
LOOK_EVERY = 0.1


@dataclass
class Component:
    """One process: how to start it, how to ask it to end, and what became of it so far."""

    name: str
    start: "Callable[[], subprocess.Popen[bytes]]"
    ending: signal.Signals = signal.SIGTERM
    patience: float = 20.0
    port: int = 0
    is_store: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    restarts: int = 0
    pause: float = FIRST_PAUSE
    due: float = 0.0

    def launch(self) -> None:
        self.process = self.start()
        self.started, self.due = time.monotonic(), 0.0

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> None:
        """Note the death and when to start again: at once for one that ran well, later and later for one that cannot."""
        ran = time.monotonic() - self.started
        self.pause = FIRST_PAUSE if ran > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
        self.due = time.monotonic() + self.pause
        self.process = None
        self.restarts += 1


@dataclass
class Supervisor:
    """`run` until asked to stop. `facts` stand in state.json beside the processes, for other commands to read."""

    data: Path
    facts: dict[str, object]
    components: list[Component] = field(default_factory=list)
    stopping: bool = False

    def add(self, component: Component) -> None:
        """Take over `component`, which may be running already, in the order in which things depend on each other."""
        self.components.append(component)
        if component.process is None:
            component.launch()
            self.say("started", component)
        else:
            component.started = time.monotonic()
        self.write_state()

    def stop_on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)

    def _asked(self, number: int, frame: object) -> None:
        self.stopping = True

    def look(self) -> None:
        """One round: bury the dead, start what is due."""
        for component in self.components:
            if component.has_died():
                assert component.process is not None
                self.say("died", component, code=component.process.returncode)
                component.bury()
                self.write_state()
            elif component.process is None and time.monotonic() >= component.due:
                component.launch()
                self.say("restarted", component)
                self.write_state()

    def run(self) -> None:
        while not self.stopping:
            self.look()
            time.sleep(LOOK_EVERY)

    def stop_all(self) -> None:
        """Ask everybody who works to end, side by side; the stores stay until the last of them has ended."""
        stores = [one for one in self.components if one.is_store]
        working = [one for one in self.components if not one.is_store]
        for component in working:
            if component.process is not None:
                component.process.send_signal(component.ending)
        for component in [*reversed(working), *reversed(stores)]:
            if component.process is not None:
                children.end(component.process, component.ending, component.patience)
                self.say("stopped", component)
        (self.data / "state.json").unlink(missing_ok=True)

    def write_state(self) -> None:
        listed = {
            one.name: {"pid": one.process.pid if one.process else None, "port": one.port or None, "restarts": one.restarts}
            for one in self.components
        }
        fresh = self.data / "state.json.new"
        fresh.write_text(json.dumps(self.facts | {"pid": os.getpid(), "components": listed}, indent=1))
        fresh.replace(self.data / "state.json")

    def say(self, what: str, component: Component, **facts: object) -> None:
        pid = component.process.pid if component.process else None
        line = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": "info", "logger": "supervisor"}
        line |= {"message": what, "component": component.name, "pid": pid, **facts}  # type: ignore[dict-item]
        with log_file(self.data, "supervisor") as log:
            log.write(json.dumps(line).encode() + b"\n")
