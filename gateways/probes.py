"""Trying a connection out without changing anything: what the admin's tests ask. Each answers in words or raises GatewayError."""

from typing import Protocol

from django.utils.module_loading import import_string

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.types import Connection

PROBES = {
    "gmail": "gateways.mail.gmail_probe.GmailProbe",
    "mail": "gateways.mail.mailbox_probe.MailboxProbe",
    "cloud": "gateways.whatsapp.probe.CloudProbe",
}


class Probe(Protocol):
    """Three questions to one connection."""

    def sign_in(self, connection: Connection) -> str:
        """Who we are to the provider. Raises GatewayError."""
        ...

    def receive(self, connection: Connection) -> str:
        """What could be read there. Raises GatewayError."""
        ...

    def send(self, connection: Connection, to: str) -> str:
        """Send a line of fixed words to `to`; what the provider called it. Raises GatewayError."""
        ...


def probe_of(connection: Connection) -> Probe:
    """The probe of the connection's transport."""
    name = PROBES.get(connection.transport)
    return import_string(name)() if name else NothingThere()


class NothingThere:
    """For what has no provider: the sandbox, the customer's own page."""

    def sign_in(self, connection: Connection) -> str:
        raise GatewayError(gettext_noop("This inbox is not connected to a provider: choose one above first."), permanent=True)

    def receive(self, connection: Connection) -> str:
        return self.sign_in(connection)

    def send(self, connection: Connection, to: str) -> str:
        return self.sign_in(connection)
