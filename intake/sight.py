"""How far a customer has seen his conversation, and when his page was last there."""

from django.db.models import BigIntegerField, F, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Now
from django.http import HttpRequest

from conversations.models import Conversation, Message
from core.context import acting_as
from intake.models import DOORMAN

AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")


def is_looked_at(request: HttpRequest) -> bool:
    """Whether the customer himself is about to see the answer: not a colleague, not a browser that fetches ahead."""
    fetched_ahead = any("prefetch" in request.META.get(name, "").lower() for name in AHEAD)
    return request.method == "GET" and not fetched_ahead and getattr(request, "viewer", None) is None


def mark_seen(conversation_id: int, up_to: int | None = None) -> None:
    """He is there, and has seen everything up to that message, or all there is. Never less than before."""
    said = Message.objects.filter(
        conversation=OuterRef("pk"), direction=Message.Direction.OUT, published_at__isnull=False
    ).exclude(author=Message.Author.SYSTEM)
    if up_to is not None:
        said = said.filter(pk__lte=up_to)
    newest = Subquery(said.order_by().values("conversation").annotate(newest=Max("pk")).values("newest"))
    seen = Greatest(F("customer_seen"), Coalesce(newest, Value(0), output_field=BigIntegerField()))
    with acting_as(DOORMAN):
        Conversation.objects.filter(pk=conversation_id).update(customer_seen_at=Now(), customer_seen=seen)
