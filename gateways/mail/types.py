"""A mail as it was read: what it says, from whom, to whom, and what is to be thought of it."""

from dataclasses import dataclass, field
from datetime import datetime

from gateways.types import InboundFile


@dataclass(frozen=True)
class Address:
    """Somebody's address: in small letters to be compared, and as it was written to be shown."""

    address: str
    name: str = ""
    display: str = ""


@dataclass(frozen=True)
class DeliveryNotice:
    """What a mail server says about a mail of ours (RFC 3464, or the notices of servers that do not know it).

    `is_final` is true for a failure (5.x) and false for a delay (4.x). `mail_id` is the Message-ID of ours that it is about, as far as
    the notice tells; `recipient` the address that did not get it; `status` such as 5.1.1; `reason` the server's own words.
    """

    is_final: bool
    recipient: str = ""
    status: str = ""
    reason: str = ""
    mail_id: str = ""


@dataclass(frozen=True)
class Authentication:
    """What our own provider's check said, each pass, fail, or empty when it did not say. Only its topmost header is believed.

    dkim and spf are pass only for a domain that speaks for the sender's. `authority` is how the checking server calls itself: without
    a provider that writes this header the topmost one is the sender's own.
    """

    dmarc: str = ""
    dkim: str = ""
    spf: str = ""
    authority: str = ""

    @property
    def verdict(self) -> str:
        """pass, fail or empty: what DMARC says, and where it says nothing, whether one of the two others passed."""
        return self.dmarc or ("pass" if "pass" in (self.dkim, self.spf) else "")


@dataclass(frozen=True)
class Mail:
    """One mail, read as far as it could be. `problem` says in a few words why it could not, empty when it was read whole.

    `text` is everything that its plain part says, quotes and signature included (conversations.quoting folds them by view); made from
    the markup where there is no plain part. `html` is the markup as it came, never shown uncleaned. `references` are the Message-IDs it
    goes back to, oldest first, In-Reply-To last, without angle brackets. `automatic` says why a machine wrote it ("auto-submitted",
    "list", "bulk", "null-sender", "report"...), empty when a person did. `forwarded_from` is who wrote what was forwarded, where the
    subject and the text say that it was. `fingerprint` is the same for the same mail that came by two ways (trace headers left out).
    """

    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    # Every address that it was delivered to, as the headers of our own side tell (Delivered-To, X-Original-To, Envelope-To).
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    date: datetime | None = None
    mail_id: str = ""
    references: tuple[str, ...] = ()
    files: tuple[InboundFile, ...] = field(default=(), repr=False)
    automatic: str = ""
    notice: DeliveryNotice | None = None
    authentication: Authentication = Authentication()
    forwarded_from: Address | None = None
    # A marker of our own mails that came back to us, and what it holds: anybody can write one (gateways.mail.tokens.is_mark proves it).
    is_ours: bool = False
    mark: str = ""
    problem: str = ""
    fingerprint: str = ""
