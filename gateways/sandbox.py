"""Stands in for a channel that is not configured yet: what would be sent is appended to a file that people can read."""

import fcntl
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from gateways.errors import GatewayError
from gateways.types import Connection, OutboundMessage, Progress


def outbox(connection: Connection) -> "Sandbox":
    """The sandbox of one channel: DATA_DIR/outbox/<channel>.jsonl."""
    return Sandbox(Path(settings.DATA_DIR) / "outbox" / f"{connection.channel}.jsonl")


class Sandbox:
    """A ledger of one JSON line per message. A second send under the same key returns the first id and writes nothing."""

    keeps_keys = True
    call_seconds = 5.0

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        """Append the message. Raises GatewayError when the file cannot be written."""
        try:
            with self._locked() as ledger:
                first = _find(ledger, idempotency_key)
                if first is not None:
                    return first
                provider_id = f"sandbox-{uuid.uuid4()}"
                line = {"key": idempotency_key, "provider_id": provider_id, "at": time.time(), **asdict(message)}
                ledger.write(json.dumps(line, ensure_ascii=False) + "\n")
                return provider_id
        except OSError as error:
            raise GatewayError(f"the outbox cannot be written: {error.strerror}") from error

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        if not self.path.exists():
            return None
        with self._locked() as ledger:
            return _find(ledger, idempotency_key)

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+", encoding="utf-8") as ledger:
            fcntl.flock(ledger, fcntl.LOCK_EX)
            yield ledger
            ledger.flush()


def _find(ledger: IO[str], key: str) -> str | None:
    ledger.seek(0)
    for line in ledger:
        entry = _parsed(line)
        if entry.get("key") == key:
            return str(entry["provider_id"])
    return None


def _parsed(line: str) -> dict[str, Any]:
    # A line that a killed process left half written stands for a message that was not sent.
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
