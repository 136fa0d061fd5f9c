"""The dashboard's socket. It says only that something happened, never what."""

from conversations.consumers import list_changed
from conversations.live import inbox_group
from conversations.models import Inbox
from core.context import Actor
from core.live import LiveConsumer, LiveEventSeen, staff_of


class DashboardConsumer(LiveConsumer):
    """/ws/dashboards/. Figures differ with every viewer's inboxes and a frame is rendered as the system: so the page is told
    that its figures may be old, and asks for them by itself, under its viewer's own rights and at most every two seconds."""

    def authorise(self, scope: dict[str, object]) -> Actor:
        return staff_of(scope, "supervisor", "admin")

    def groups(self, actor: Actor) -> list[str]:
        return [inbox_group(pk) for pk in Inbox.objects.values_list("pk", flat=True)]

    def render(self, event: LiveEventSeen) -> str:
        return list_changed()
