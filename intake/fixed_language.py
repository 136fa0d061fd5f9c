"""The language in which fixed words of the house go to a customer. No page of his is being asked for then, so no browser tells it."""

from django.conf import settings

from conversations.models import Conversation, Message
from conversations.quoting import said
from replies.skills import identify


def language_of(conversation: Conversation) -> str:
    """One of ours: what the conversation or the customer is known to speak, else what he wrote last. Runs as the system."""
    known = conversation.language or conversation.customer.language or _written(conversation)
    code = known.partition("-")[0].lower()
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _written(conversation: Conversation) -> str:
    theirs = Message.objects.filter(conversation=conversation, direction=Message.Direction.IN).exclude(text="")
    text = theirs.order_by("-pk").values_list("text", flat=True).first()
    return identify.language(said(text)) if text else ""
