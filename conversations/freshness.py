"""What a row of the queue says of its newest words, read again from the messages after they were put together or apart."""

from django.db.models.functions import Now

from conversations import families
from conversations.models import Conversation, Message
from conversations.newly_said import newly_said
from conversations.previews import first_words


def freshen(pk: int) -> None:
    """Preview and times of conversation `pk`, by what its thread shows. Runs as the system, which sees all of it."""
    said = families.public_in(pk)
    newest = said.exclude(author=Message.Author.SYSTEM).select_related("conversation").order_by("-pk").first()
    heard = said.filter(direction=Message.Direction.IN, is_automatic=False).order_by("-pk").first()
    fields = {"changed_at": Now()}
    if newest is not None:
        fields |= {"preview": first_words(newly_said(newest), 150), "last_message_at": newest.created_at}
    if heard is not None:
        fields |= {"last_inbound_at": heard.created_at}
    Conversation.objects.filter(pk=pk).update(**fields)


def is_unanswered(pk: int) -> bool:
    """Whether the customer had the last public word."""
    said = families.words_in(pk)
    last = said.order_by("-pk").values_list("direction", flat=True).first()
    return last == Message.Direction.IN
