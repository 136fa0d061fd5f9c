"""What a colleague said to a customer with a mail program of his own: an answer of ours like any other, which we do not carry."""

from django.db.models.functions import Now

from accounts.models import User
from conversations import arriving_files, families, live
from conversations.arrived import as_it_came
from conversations.models import Conversation, Event, Message
from conversations.newly_said import newly_said
from conversations.ownership import pass_on
from conversations.previews import first_words
from core import audit
from gateways.types import InboundMessage


def said_outside(conversation: Conversation, said: InboundMessage, *, by: User | None) -> Message:
    """Record it; from here on the customer has his answer, and nobody under an older number speaks for us.

    `by` is None where the account's own Sent folder shows it and does not say who wrote. Runs as the system, and only for what is
    proven: whoever calls this has seen the proof.
    """
    home = families.held([conversation.pk, families.home_of(conversation)])[families.home_of(conversation)]
    message = Message.objects.create(
        **as_it_came(conversation, said),
        direction=Message.Direction.OUT,
        author=Message.Author.AGENT,
        sender=by,
        from_outside=True,
    )
    arriving_files.keep(message, said.attachments)
    pass_on(home, due_at=None, needs_person="", preview=first_words(newly_said(message), 150), last_message_at=Now())
    Conversation.objects.claim(home.pk, from_state=Conversation.State.OPEN, to_state=Conversation.State.WAITING)
    audit.record(Event.MESSAGE_SENT, message, outside=True, **({"by": by.pk} if by else {}))
    live.message_added(message)
    live.conversation_changed(home)
    return message
