"""Mails for tests: built by the standard library, brought in as a door would, read by the product."""

import uuid
from email.message import EmailMessage
from typing import Any

from accounts.models import User
from conversations import delivery
from conversations.models import Account, Conversation, Delivery, Inbox, InboxSecret, InboxTeam, Message
from core.context import Actor, acting_as
from intake.mail.accepting import accept_mail
from intake.mail.taking_in import Taken, taken_in
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql

OURS = "support@shop.example"
CARA = "cara@customer.example"
# The server whose word about senders counts in the inbox below.
SERVER = "mx.shop.example"
HOOK_SECRET = "a secret of forty letters, or nearly so"


def support(cast: Cast, **more: Any) -> Inbox:
    """A mail inbox that Ana's team serves and whose provider checks senders."""
    inboxes = Inbox.objects.using("owner")
    known = {"name": "Support", "slug": "support", "address": OURS} | more
    made = inboxes.create(channel="email", knowledge_base=cast.base, **known)
    InboxTeam.objects.using("owner").create(inbox=made, team=cast.orders_team)
    Account.objects.using("owner").create(inbox=made, transport="sandbox", settings={"authentication_server": SERVER})
    return inboxes.get(pk=made.pk)


def with_hook(cast: Cast) -> Inbox:
    """The same, and whoever knows HOOK_SECRET may bring mails to it."""
    made = support(cast)
    InboxSecret.objects.using("owner").create(inbox=made, name="secret", value=HOOK_SECRET)
    return made


def mail(
    text: str = "Where is my order?", *, sender: str = f"Cara Cast <{CARA}>", to: str = OURS, subject: str = "My order",
    answers: str = "", proven: bool = False, files: dict[str, bytes] | None = None, **headers: str,
) -> bytes:  # fmt: skip
    """One mail; `answers` is the Message-ID that it goes back to, `headers` are any others, with _ for -."""
    made = EmailMessage()
    if proven:
        domain = sender.rpartition("@")[2].strip("> ")
        made["Authentication-Results"] = f"{SERVER}; dmarc=pass header.from={domain}"
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = "Tue, 24 Nov 2026 09:00:00 +0000"
    made["Message-ID"] = headers.pop("mail_id", f"<{uuid.uuid4().hex}@customer.example>")
    if answers:
        made["In-Reply-To"] = made["References"] = f"<{answers}>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, content in (files or {}).items():
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def comes(inbox: Inbox, raw: bytes, **facts: Any) -> Taken:
    """The mail arrives and is read at once."""
    return taken_in(accept_mail(inbox, raw, facts=facts).pk)


def message_of(taken: Taken) -> Message:
    assert taken.message is not None
    return Message.objects.using("owner").get(pk=taken.message.pk)


def conversation_of(taken: Taken) -> Conversation:
    return Conversation.objects.using("owner").get(pk=message_of(taken).conversation_id)


def our_answer(taken: Taken, by: Any, text: str = "It is on its way.", **recipients: list[str]) -> Delivery:
    """A colleague's reply that has gone out."""
    conversation = conversation_of(taken)
    by = User.objects.using("owner").get(pk=by.pk)
    with acting_as(Actor.of(by)):
        how = delivery.Sending(recipients)
        said = delivery.reply(conversation, text, by=by, client_key=uuid.uuid4(), how=how)
    run_jobs()
    sent = Delivery.objects.using("owner").get(message_id=said.pk)
    assert sent.state == "sent"
    return sent


def count(table: str, where: str = "true") -> int:
    return int(owner_sql(f"SELECT count(*) FROM {table} WHERE {where.replace('%', '%%')}")[0][0])
