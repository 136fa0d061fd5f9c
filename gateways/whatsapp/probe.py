"""Trying out a WhatsApp number: is our token good, can we send, what would we be told."""

import uuid

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.types import Connection, OutboundMessage, Progress
from gateways.whatsapp.client import carrier

TEST_WORDS = gettext_noop("This is a test. You can ignore it.")


class CloudProbe:
    """The questions of an admin who has just connected a number."""

    def sign_in(self, connection: Connection) -> str:
        """The number as WhatsApp shows it. Raises GatewayError."""
        return gettext_noop("WhatsApp knows this number: {0}").format(carrier(connection).check())

    def receive(self, connection: Connection) -> str:
        """WhatsApp calls us, we cannot look. Raises GatewayError, always."""
        raise GatewayError(gettext_noop("WhatsApp brings messages to our hook: test the hook instead."), permanent=True)

    def send(self, connection: Connection, to: str) -> str:
        """A line of fixed words; WhatsApp takes it only from somebody who wrote within a day. Raises GatewayError."""
        digits = "".join(sign for sign in to if sign.isdigit())
        message = OutboundMessage("whatsapp", connection.inbox, f"+{digits}", TEST_WORDS)
        return gettext_noop("WhatsApp has taken it as: {0}").format(
            carrier(connection).send(message, str(uuid.uuid4()), Progress())
        )
