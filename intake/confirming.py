"""Telling whoever writes by mail or WhatsApp that it arrived, once per conversation, in fixed words."""

from django.utils import translation
from django.utils.translation import gettext as _

from conversations import fixed_words
from conversations.models import Channel, Event, Identity
from conversations.receive import Received
from core import audit
from intake.fixed_language import language_of


def confirm(received: Received) -> None:
    """Confirm receipt where the inbox wants it: of a new conversation, to somebody who can be reached, and never to a machine.

    Runs as the system, in the transaction that stored the message.
    """
    conversation, message = received.conversation, received.message
    if not received.is_new or not conversation.inbox.sends_receipt or message.is_automatic or message.marks:
        return
    if conversation.channel not in (Channel.EMAIL, Channel.WHATSAPP) or not _can_be_reached(conversation.customer_id):
        return
    if conversation.channel == Channel.EMAIL and fixed_words.has_enough(conversation.customer_id):
        return
    with translation.override(language_of(conversation)):
        words = _("Thank you for writing to us. Your message has arrived, and you will get an answer here.")
    said = fixed_words.say(conversation, words, in_reply_to=message)
    audit.record(Event.RECEIPT_CONFIRMED, said, message=message.pk)


def _can_be_reached(customer_id: int) -> bool:
    return Identity.objects.filter(customer=customer_id, undeliverable_at__isnull=True).exists()
