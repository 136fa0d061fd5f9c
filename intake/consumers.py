"""The customer's socket: whoever holds the link of a conversation hears what is published in it, and how it stands."""

from typing import Any

from conversations.live import customer_group
from conversations.models import Conversation
from core.context import Actor, acting_as
from core.live import NOT_VISIBLE, LiveConsumer, LiveEventSeen, Refused, hub
from intake.views import Guest, guest_of, regions, shown, standing

# Nobody needs more pages of one conversation open; a program could open any number.
MOST_SOCKETS = 20
TOO_MANY = 4429


class CustomerConsumer(LiveConsumer):
    """/ws/c/<token>/."""

    guest: Guest

    def authorise(self, scope: dict[str, Any]) -> Actor:
        guest = guest_of(scope["url_route"]["kwargs"]["token"], is_framed=scope.get("query_string") == b"embed=1")
        if guest is None:
            raise Refused(NOT_VISIBLE)
        self.guest = guest
        return Actor.customer(guest.customer_id)

    def groups(self, actor: Actor) -> list[str]:
        if not Conversation.objects.filter(pk=self.guest.conversation_id).exists():
            raise Refused(NOT_VISIBLE)
        group = customer_group(self.guest.conversation_id)
        if len(hub.sockets.get(group, ())) >= MOST_SOCKETS:
            raise Refused(TOO_MANY)
        # What is drawn names the page's own address: by another link, or in a frame, it is another one.
        self.audience = self.guest.page
        return [group]

    def render(self, event: LiveEventSeen) -> str:
        with acting_as(Actor.customer(self.guest.customer_id)):
            page = shown(self.guest)
        return "".join(regions(page) if event.topic.startswith("message.") else standing(page))
