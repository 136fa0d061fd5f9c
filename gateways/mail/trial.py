"""The mail by which an admin tries out whether an account can send: fixed words, nobody's conversation."""

import time
import uuid

from gateways.mail.tokens import message_id
from gateways.types import Channel, Connection, OutboundMessage, Progress

SUBJECT = "Test of your contact center"
TEXT = "This mail was sent to try out a connection. It needs no answer."


def sent_to(to: str, connection: Connection, carrier: Channel) -> str:
    """Send it to `to`; the provider's id of it. Raises GatewayError."""
    key = str(uuid.uuid4())
    message = OutboundMessage(
        "email", connection.inbox, to, TEXT, subject=SUBJECT, mail_id=message_id(key, connection.address),
        is_automatic=True, written_at=time.time(),
    )  # fmt: skip
    return carrier.send(message, key, Progress())
