"""The console's sockets, as far as conversations go. Drafts are added one room above."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from conversations import families, queries
from conversations.fragments import drawn, partial, say
from conversations.live import inbox_group, user_group
from conversations.models import Conversation, Inbox, Message
from conversations.timeline import card
from conversations.views import head_fragments
from core.context import Actor
from core.live import NOT_VISIBLE, LiveConsumer, LiveEventSeen, Refused


class QueueConsumer(LiveConsumer):
    """Everything in the inboxes that the viewer serves."""

    def groups(self, actor: Actor) -> list[str]:
        return [user_group(actor.id), *(inbox_group(pk) for pk in Inbox.objects.values_list("pk", flat=True))]

    def render(self, event: LiveEventSeen) -> str:
        if event.topic in ("message.created", "message.status"):
            message = queries.message(event.ref)
            return message_frame(message) if message else ""
        if event.topic == "conversation.changed":
            found = queries.conversation(event.ref)
            return conversation_frame(found) if found else ""
        if event.topic == "presence.changed":
            return presence_frame(event.ref)
        if event.topic == "person.mentioned":
            message = queries.message(event.ref)
            return mention_frame(message) if message else ""
        if event.topic == "account.changed":
            return drawn("#channel-alerts", "beforeend", "conversations/_channel_alerts_again.html", {})
        return list_changed() if event.topic == "mentions.seen" else ""


class ConversationConsumer(QueueConsumer):
    """One conversation, for a page that shows nothing else."""

    def groups(self, actor: Actor) -> list[str]:
        self.conversation_id = self.scope["url_route"]["kwargs"]["pk"]
        self.audience = f"conversation.{self.conversation_id}"
        found = Conversation.objects.filter(pk=self.conversation_id).first()
        if found is None:
            raise Refused(NOT_VISIBLE)
        return [user_group(actor.id), inbox_group(found.inbox_id)]

    def render(self, event: LiveEventSeen) -> str:
        return super().render(event) if self.concerns(event) else ""

    def concerns(self, event: LiveEventSeen) -> bool:
        """Whether the event is about this conversation."""
        if event.topic.startswith("message."):
            return families.said_in(self.conversation_id).filter(pk=event.ref).exists()
        return event.topic in ("conversation.changed", "presence.changed") and event.ref == self.conversation_id


def message_frame(message: Message) -> SafeString:
    """The message in place when it is on the page already, at the end of the open conversation's timeline when not."""
    html = render_to_string("conversations/_message.html", {"card": card(message)})
    in_place = partial(f"#msg-{message.pk}", "outerMorph", html)
    home = families.home_of(message.conversation)
    added = partial(f"#timeline-{home}:not(:has(#msg-{message.pk}))", "beforeend", html)
    return in_place + added + list_changed()


def conversation_frame(found: Conversation) -> str:
    return "".join([*head_fragments(found), list_changed()])


def presence_frame(conversation_id: int) -> SafeString:
    """Makes the page ask who is there: each reader gets the others, never himself."""
    address = reverse("presence", args=[conversation_id])
    again = render_to_string("conversations/_presence_again.html", {"pk": conversation_id, "address": address})
    return partial(f"#presence-{conversation_id}", "beforeend", again)


def mention_frame(message: Message) -> str:
    """For the person named in a note alone: a notice that leads there, and the count."""
    named = {"by": message.sender.first_name if message.sender else "", "message": message, "subject": message.conversation}
    notice = drawn("#toasts", "beforeend", "conversations/_mention_notice.html", named)
    told = _("%(name)s mentioned you in “%(subject)s”.") % {"name": named["by"], "subject": message.conversation}
    return "".join([notice, say(told), list_changed()])


def list_changed() -> SafeString:
    """Tells the page that the list's order or counts may differ; it asks for them when nobody is using the list."""
    return drawn("#list-stale", "innerHTML", "console/_list_stale.html", {})
