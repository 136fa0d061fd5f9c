"""Trying a mailbox and its way out: IMAP for what comes, SMTP for what goes."""

from core.words import gettext_noop
from gateways.mail.imap import INBOX, Mailbox
from gateways.mail.servers import Bounds
from gateways.mail.smtp import carrier, signed_in
from gateways.mail.trial import sent_to
from gateways.types import Connection

SECONDS = 10.0


class MailboxProbe:
    """What the admin's tests ask of one account (gateways/probes.py)."""

    def sign_in(self, connection: Connection) -> str:
        """Whether both servers know us, as far as they are named. Raises GatewayError."""
        with signed_in(connection, Bounds(SECONDS)):
            pass
        if not connection.settings.get("imap_host"):
            return gettext_noop("Signed in at the SMTP server")
        with Mailbox(connection, Bounds(SECONDS)):
            return gettext_noop("Signed in at the SMTP and the IMAP server")

    def receive(self, connection: Connection) -> str:
        """Whether its mails can be listed and one be read. Raises GatewayError."""
        with Mailbox(connection, Bounds(SECONDS)) as mailbox:
            _, newest = mailbox.open(str(connection.settings.get("imap_folder") or INBOX))
            found = mailbox.after(newest - 1) if newest else []
            if not found:
                return gettext_noop("The mailbox can be read; it is empty")
            size = len(mailbox.mail(found[-1]))
            if folder := connection.settings.get("sent_folder"):
                mailbox.open(str(folder))
        return gettext_noop("The newest mail can be read: {0} bytes").format(size)

    def send(self, connection: Connection, to: str) -> str:
        """Send fixed words to `to`. Raises GatewayError."""
        return gettext_noop("The mail server has taken it as: {0}").format(sent_to(to, connection, carrier(connection)))
