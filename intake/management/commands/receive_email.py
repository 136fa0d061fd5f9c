"""manage.py receive_email --inbox SLUG FILE... : raw mails, each handled as if it had come by the channel."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from conversations.addresses import mail_address
from conversations.marks import AUTOMATIC, FORGED, FORWARDED, POSSIBLE_CONTINUATION
from conversations.models import Attachment, Channel, Inbox, Message
from conversations.newly_said import newly_said
from conversations.quoting import said
from core.context import acting_as
from gateways.errors import GatewayError
from intake.mail.accepting import arrive
from intake.mail.taking_in import BOUNCE, DUPLICATE, KEEPS_FAILING, STORED, UNREAD_MAIL, Taken, taken_in
from intake.models import DOORMAN

NEW, REPLY, FLAGGED = "new", "reply", "flagged"
# The same mail may come by another door at the same moment: then the second look finds it.
TRIES = 2
FAULTY = (DatabaseError, ValueError, LookupError, OSError)


class Command(BaseCommand):
    help = "Take in raw RFC 5322 mails; one JSON line for each says what became of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--inbox", required=True, metavar="SLUG")
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as(DOORMAN, read_only=True):
            inbox = Inbox.objects.filter(slug=options["inbox"], channel=Channel.EMAIL).first()
        if inbox is None:
            raise CommandError(f"There is no email inbox {options['inbox']!r}.", returncode=2)
        lines = [self._tell(_line(inbox, file)) for file in options["files"]]
        if any("error" in line for line in lines):
            raise CommandError("Not every file could be read.", returncode=1)

    def _tell(self, line: dict[str, Any]) -> dict[str, Any]:
        self.stdout.write(json.dumps(line, ensure_ascii=False))
        return line


def _line(inbox: Inbox, file: str) -> dict[str, Any]:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        return {"file": file, "error": error.strerror or "This file cannot be read."}
    receipt, is_new = arrive(inbox, raw, facts={"by": "command"})
    try:
        taken = _taken(receipt.pk)
    except GatewayError:
        return {"file": file, "error": "It is kept, and will be read later: no process could be started."}
    return {"file": file} | _told(taken, is_new=is_new)


def _taken(receipt_id: int) -> Taken:
    """Whatever is wrong with a mail, the next one is not, and this one is not lost."""
    for _ in range(TRIES):
        try:
            return taken_in(receipt_id)
        except FAULTY:
            continue
    return taken_in(receipt_id, unread_for=KEEPS_FAILING)


def _told(taken: Taken, *, is_new: bool) -> dict[str, Any]:
    outcome = taken.receipt.outcome
    outcome = outcome if is_new and outcome in (STORED, BOUNCE, UNREAD_MAIL) else DUPLICATE
    message, mail = taken.message, taken.mail
    is_stored = outcome == STORED and message is not None
    sender = mail_address(mail.sender.address) if mail.sender else ""
    return {
        "outcome": outcome,
        "conversation": message.conversation_id if message else None,
        "message": message.pk if message else None,
        "sender": _writer(taken, sender),
        "text": _text(message) if message and outcome != BOUNCE else said(mail.text),
        "automatic": bool(mail.automatic) or bool(message and is_stored and AUTOMATIC in message.marks),
        "thread": _thread(message) if message and outcome != BOUNCE else NEW,
        "attachments": _names(message) if message and outcome != BOUNCE else [file.name for file in mail.files],
        "authentication": mail.authentication.verdict or "none",
    }


def _writer(taken: Taken, sender: str) -> str:
    """Whose words they are: of a forwarded mail not the colleague's."""
    message = taken.message
    passed_on = taken.mail.forwarded_from if message and FORWARDED in message.marks else None
    return mail_address(passed_on.address) if passed_on else sender


def _text(message: Message) -> str:
    with acting_as(DOORMAN, read_only=True):
        return newly_said(Message.objects.select_related("conversation").get(pk=message.pk))


def _thread(message: Message) -> str:
    """Whether it went on with a conversation, began one, or began one though it named another."""
    if POSSIBLE_CONTINUATION in message.marks or FORGED in message.marks:
        return FLAGGED
    with acting_as(DOORMAN, read_only=True):
        earlier = Message.objects.filter(conversation=message.conversation_id, pk__lt=message.pk)
        return REPLY if earlier.exists() else NEW


def _names(message: Message) -> list[str]:
    with acting_as(DOORMAN, read_only=True):
        return list(Attachment.objects.filter(message=message).order_by("pk").values_list("name", flat=True))
