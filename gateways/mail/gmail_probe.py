"""Trying a Gmail connection out."""

from core.words import gettext_noop
from gateways.mail.gmail import carrier
from gateways.mail.gmail_reading import Mailbox
from gateways.mail.trial import sent_to
from gateways.types import Connection


class GmailProbe:
    """What the admin's tests ask of one Gmail account (gateways/probes.py)."""

    def sign_in(self, connection: Connection) -> str:
        """Whose mailbox it is. Raises GatewayError."""
        with Mailbox(connection) as mailbox:
            return gettext_noop("Signed in as: {0}").format(mailbox.profile().email)

    def receive(self, connection: Connection) -> str:
        """Whether its mails can be listed and one be read. Raises GatewayError."""
        with Mailbox(connection) as mailbox:
            found = mailbox.search("in:inbox").found
            if not found:
                return gettext_noop("The mailbox can be read; it is empty")
            size = len(mailbox.mail(found[0].id).raw)
        return gettext_noop("The newest mail can be read: {0} bytes").format(size)

    def send(self, connection: Connection, to: str) -> str:
        """Send fixed words to `to`. Raises GatewayError."""
        return sent_to(to, connection, carrier(connection))
