"""Six digits that are sent to a customer's mailbox and typed on his page: whoever can read them has the mailbox.

The number itself is kept nowhere. It follows from the row, under a key of ours, so that the job that mails it can find it again; a
row holds only what tells a right number from a wrong one.
"""

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from conversations.connections import connection_of
from conversations.live import conversation_changed
from conversations.models import Conversation, Identity, Level
from conversations.models import Event as Happened
from core import audit
from core.context import acting_as
from core.jobs import Retry, enqueue, is_last_attempt, job, settle
from core.limits import Limit, spend
from gateways.choose import carrier
from gateways.errors import GatewayError
from gateways.mail.tokens import message_id
from gateways.types import Connection, OutboundMessage, Progress
from intake.fixed_language import language_of
from intake.models import DOORMAN, Event, OneTimeCode
from intake.typed_address import address_given

GOOD_FOR = timedelta(minutes=10)
MOST_TRIES = 5
DIGITS = 6
HOUR = 3600
# A mailbox that somebody else named is not to be flooded; and the tries of all codes together are no way to guess one.
CODES_TO_MAILBOX = Limit("code.mailbox", times=5, seconds=HOUR)
CODES_BY_CONVERSATION = Limit("code.conversation", times=3, seconds=600)
TRIES_BY_CONVERSATION = Limit("code.tries", times=20, seconds=HOUR)


def can_be_proven(conversation: Conversation) -> bool:
    """Whether there is a mailbox to send a code to, and an inbox to send it through. Runs as the system."""
    given = address_given(conversation) if conversation.inbox.mail_through_id else None
    return given is not None and given.undeliverable_at is None


def can_prove(conversation_id: int) -> bool:
    """The same for whoever has the conversation's page."""
    with acting_as(DOORMAN):
        return can_be_proven(Conversation.objects.select_related("inbox").get(pk=conversation_id))


def send_code(conversation_id: int) -> int:
    """Make a code and the job that mails it; older ones are good no longer. 0, or the seconds until there may be another."""
    with acting_as(DOORMAN):
        conversation = Conversation.objects.select_related("inbox").get(pk=conversation_id)
        if not can_be_proven(conversation):
            return 0
        identity = address_given(conversation)
        assert identity is not None
        wait = spend(CODES_BY_CONVERSATION, str(conversation_id)) or spend(CODES_TO_MAILBOX, identity.address)
        if wait:
            return wait
        now = timezone.now()
        OneTimeCode.objects.filter(conversation=conversation, used_at=None, expires_at__gt=now).update(expires_at=now)
        made = OneTimeCode.objects.create(
            identity=identity, conversation=conversation, inbox_id=conversation.inbox_id, expires_at=now + GOOD_FOR
        )
        OneTimeCode.objects.filter(pk=made.pk).update(digest=_digest(made, number_of(made)))
        audit.record(Event.CODE_SENT, conversation, code=made.pk, identity=identity.pk)
        enqueue(mail_code, ref=made.pk, scope=made.inbox_id)
    return 0


def check_code(conversation_id: int, typed: str) -> bool:
    """Whether it is the newest code of this conversation: then, once, the mailbox is proven, and so is whoever goes on from here."""
    given = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    if spend(TRIES_BY_CONVERSATION, str(conversation_id)):
        return False
    with acting_as(DOORMAN):
        conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
        live = OneTimeCode.objects.filter(conversation=conversation, used_at=None, expires_at__gt=Now(), tries__lt=MOST_TRIES)
        code = live.order_by("-pk").first()
        # Counted before it is compared: however many ask at once, five are heard.
        if code is None or not live.filter(pk=code.pk).update(tries=F("tries") + 1):
            return False
        if not constant_time_compare(code.digest, _digest(code, given)) or not _taken(code):
            audit.record(Event.CODE_REFUSED, conversation, code=code.pk, tries=code.tries + 1)
            return False
        _prove(conversation, code)
        return True


def _taken(code: OneTimeCode) -> bool:
    """Take it, once: whoever comes second finds it used."""
    return bool(OneTimeCode.objects.filter(pk=code.pk, used_at=None).update(used_at=Now()))


def number_of(code: OneTimeCode) -> str:
    """The six digits of a row."""
    drawn = hmac.digest(_key(), f"draw {code.pk} {code.conversation_id} {code.identity_id}".encode(), hashlib.sha256)
    return str(int.from_bytes(drawn[:16], "big") % 10**DIGITS).zfill(DIGITS)


@job(lane="send", max_attempts=4)
def mail_code(code_id: int) -> None:
    """Mail the number to the address, past the ledger: nothing of it is kept, and one that comes twice harms nobody."""
    with acting_as(DOORMAN):
        code = OneTimeCode.objects.select_related("identity", "conversation__inbox__mail_through").filter(pk=code_id).first()
        through = code.conversation.inbox.mail_through if code else None
        if code is None or through is None or code.used_at is not None or code.expires_at <= timezone.now():
            settle()
            return
        connection = connection_of(through)
        key, language = f"{code.pk:032x}", language_of(code.conversation)
    with translation.override(language):
        letter = _letter(code, connection, key)
    try:
        carrier(connection).send(letter, key, Progress())
    except GatewayError as error:
        if error.permanent or error.ambiguous or is_last_attempt():
            return
        raise Retry(after=5.0, reason=str(error)[:80]) from error


def _letter(code: OneTimeCode, connection: Connection, key: str) -> OutboundMessage:
    text = _(
        "%(number)s is your code for %(company)s. Type it on the page of your conversation within 10 minutes.\n\n"
        "If you did not ask for it, somebody has given your address by mistake. Do nothing, and tell nobody the code."
    ) % {"number": number_of(code), "company": settings.COMPANY_NAME}
    return OutboundMessage(
        channel=connection.channel,
        inbox=connection.inbox,
        recipient=code.identity.address,
        subject=_("Your code for %(company)s") % {"company": settings.COMPANY_NAME},
        text=text,
        mail_id=message_id(key, connection.address),
        is_automatic=True,
    )


def _prove(conversation: Conversation, code: OneTimeCode) -> None:
    identity = code.identity
    Identity.objects.filter(pk=identity.pk, level__lt=Level.PROVEN).update(level=Level.PROVEN)
    Conversation.objects.filter(pk=conversation.pk).update(level=Level.PROVEN, changed_at=Now())
    audit.record(Event.CODE_ACCEPTED, conversation, code=code.pk, identity=identity.pk)
    audit.record(Happened.IDENTITY_PROVEN, identity, scope=conversation.inbox_id, level=int(Level.PROVEN))
    conversation_changed(conversation)


def _digest(code: OneTimeCode, number: str) -> str:
    return hmac.new(_key(), f"check {code.pk} {number}".encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    return hashlib.sha256(b"one-time code\0" + settings.SECRET_KEY.encode()).digest()
