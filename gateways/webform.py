"""The web form's way back: the customer's own page shows the message, so writing it down is sending it."""

import uuid

from gateways.types import Connection, OutboundMessage, Progress

_NAMESPACE = uuid.UUID("6f2f9f2c-3c53-5d0c-9d7e-0f5a0f3f7d11")


def web(connection: Connection) -> "WebForm":
    """The web's own way back."""
    return WebForm()


class WebForm:
    """Nothing leaves the house: the page reads published messages. The same key always has the same id."""

    keeps_keys = True
    call_seconds = 2.0

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        return f"web-{uuid.uuid5(_NAMESPACE, idempotency_key)}"

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        return f"web-{uuid.uuid5(_NAMESPACE, idempotency_key)}"
