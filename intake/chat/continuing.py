"""What a web customer has not read on his page follows him by mail, once, when he has been away for a while.

The mail is a message of its own, in fixed words around those of the answers, so that the ledger carries it exactly once; his page does
not show it, because everything in it stands there. His reply to the mail comes back into the same conversation.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from conversations import live
from conversations.delivery import hand_to_carrier
from conversations.marks import CONTINUED
from conversations.models import Channel, Conversation, Event, Identity, Inbox, Message
from core import audit
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from intake.fixed_language import language_of
from intake.links import customer_url
from intake.typed_address import address_given

CONTINUING = Actor.system("continuing")
# Who has been away for longer than this has closed the matter for himself.
OLDEST = timedelta(days=2)
# A mailbox that somebody else named is not to be flooded with what the assistant says.
MOST_IN_AN_HOUR = 2
ANSWERS = (Message.Author.AGENT, Message.Author.ASSISTANT)


def ask_for_due() -> int:
    """A job for every conversation whose customer has left before he read an answer. Runs by the clock; twice does no harm."""
    asked, now = 0, timezone.now()
    with acting_as(CONTINUING):
        for inbox in Inbox.objects.filter(channel=Channel.WEB, mail_through__isnull=False):
            until = now - timedelta(minutes=inbox.mail_after_minutes)
            rows = Message.objects.filter(
                inbox=inbox, direction=Message.Direction.OUT, author__in=ANSWERS, published_at__range=(now - OLDEST, until)
            )
            unread = rows.filter(pk__gt=F("conversation__customer_seen")).filter(pk__gt=F("conversation__mailed_up_to"))
            for pk, newest in dict(unread.order_by("pk").values_list("conversation", "pk")).items():
                enqueue(continue_by_mail, ref=pk, scope=inbox.pk, key=f"continue:{pk}:{newest}:{_hour(now)}")
                asked += 1
    return asked


@job(lane="send")
def continue_by_mail(conversation_id: int) -> None:
    """Write the mail, and the delivery that carries it, when there is still something unread."""
    with acting_as(CONTINUING):
        conversation = (
            Conversation.objects.select_for_update(of=("self",)).select_related("inbox__mail_through").get(pk=conversation_id)
        )
        unread = unread_of(conversation)
        if unread and _has_left(conversation, unread[0]) and not _is_enough(conversation):
            given = address_given(conversation)
            if given is not None and given.undeliverable_at is None:
                _write(conversation, unread, given)
            # Also where there is no address: it is asked for once.
            Conversation.objects.filter(pk=conversation.pk).update(mailed_up_to=unread[-1].pk)
        settle()


def unread_of(conversation: Conversation) -> list[Message]:
    """The answers that neither his page nor a mail has shown him, oldest first. Its own only: a merge may have been a mistake."""
    said = Message.objects.filter(
        conversation=conversation, direction=Message.Direction.OUT, author__in=ANSWERS, published_at__isnull=False,
        pk__gt=max(conversation.customer_seen, conversation.mailed_up_to),
    )  # fmt: skip
    return list(said.select_related("sender").prefetch_related("attachments").order_by("published_at", "pk"))


def _has_left(conversation: Conversation, first: Message) -> bool:
    assert first.published_at is not None
    last_there = max(conversation.customer_seen_at or first.published_at, first.published_at)
    return conversation.inbox.mail_through_id is not None and last_there <= timezone.now() - timedelta(
        minutes=conversation.inbox.mail_after_minutes
    )


def _is_enough(conversation: Conversation) -> bool:
    """Whether so many mails went to this customer already that the next one waits."""
    mailed = Message.objects.filter(customer=conversation.customer_id, author=Message.Author.SYSTEM)
    return mailed.filter(created_at__gt=timezone.now() - timedelta(hours=1)).count() >= MOST_IN_AN_HOUR


def _write(conversation: Conversation, unread: list[Message], to: Identity) -> None:
    language = language_of(conversation)
    with translation.override(language):
        text = words(conversation, unread)
    message = Message.objects.create(
        conversation=conversation, inbox_id=conversation.inbox_id, customer_id=conversation.customer_id,
        direction=Message.Direction.OUT, author=Message.Author.SYSTEM, text=text, language=language,
        recipients={"to": [to.display or to.address]}, marks={CONTINUED: to.address},
        client_key=uuid.uuid5(uuid.NAMESPACE_URL, f"continued {conversation.pk} {unread[-1].pk}"),
    )  # fmt: skip
    delivery = hand_to_carrier(message, not_before=timezone.now(), via=conversation.inbox.mail_through)
    audit.record(Event.MESSAGE_CONTINUED_BY_MAIL, message, delivery=delivery.pk, up_to=unread[-1].pk)
    live.message_added(message)


def words(conversation: Conversation, unread: list[Message]) -> str:
    """The mail: why it comes, what he has not read and whose it is, and how to go on."""
    parts = [_("You left the page before our answer was there. Here it is.")]
    parts += [f"{_by(one)}:\n{one.text}{_files(one)}" for one in unread]
    parts.append(
        _("Reply to this email, or go on where you left off:\n%(address)s") % {"address": customer_url(conversation.pk)}
    )
    return "\n\n".join(parts)


def _by(message: Message) -> str:
    if message.is_from_assistant:
        return _("Answered by AI") if message.reviewed_by_id is None else _("Answered by AI, checked by a person")
    name = message.sender.first_name if message.sender else ""
    return _("%(person)s from %(company)s") % {"person": name or _("A colleague"), "company": settings.COMPANY_NAME}


def _files(message: Message) -> str:
    number = len(message.attachments.all())
    return "\n" + _("(with %(number)s files, which are on your page)") % {"number": number} if number else ""


def _hour(now: datetime) -> int:
    """One more chance an hour for what had to wait."""
    return int(now.timestamp() // 3600)
