"""Who has a conversation on screen right now, and what he does there. It is only ever a hint: nothing depends on it."""

from datetime import datetime, timedelta

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import live
from conversations.models import Conversation, Presence
from core.context import Actor, acting_as

SWEEPER = Actor.system("presence")
# A page says every 25 s that it is there: one lost word is no absence.
STALE = timedelta(seconds=60)


def beat(conversation: Conversation, doing: str, *, by: User) -> None:
    """`by` is here and does this. Others hear of it only when it is news."""
    mine = Presence.objects.filter(conversation=conversation, user=by)
    was = mine.first()
    if was is None:
        Presence.objects.bulk_create(
            [Presence(conversation=conversation, inbox_id=conversation.inbox_id, user=by, doing=doing)], ignore_conflicts=True
        )
    else:
        mine.update(doing=doing, seen_at=Now())
    if was is None or was.doing != doing or was.seen_at < _oldest():
        live.presence_changed(conversation)
        if Presence.Doing.REPLYING in (doing, was.doing if was else ""):
            live.writing_changed(conversation)


def leave(conversation: Conversation, *, by: User) -> None:
    """`by` closed it or went to another one."""
    mine = Presence.objects.filter(conversation=conversation, user=by)
    was_writing = mine.filter(doing=Presence.Doing.REPLYING).exists()
    if mine.delete()[0]:
        live.presence_changed(conversation)
        if was_writing:
            live.writing_changed(conversation)


def others(conversation: Conversation, *, but: User) -> list[Presence]:
    """Everybody else who is here, those who write first."""
    here = Presence.objects.filter(conversation=conversation, seen_at__gt=_oldest()).exclude(user=but)
    return sorted(here.select_related("user").order_by("user__name"), key=lambda one: one.doing == Presence.Doing.VIEWING)


def writing(present: list[Presence]) -> list[Presence]:
    """Those whose words may cross one's own."""
    return [one for one in present if one.doing != Presence.Doing.VIEWING]


def told(present: list[Presence]) -> str:
    """In words: "Jonas is writing a reply, Amara is looking"."""
    return ", ".join(_SAYS[Presence.Doing(one.doing)]() % {"name": one.user.first_name} for one in present)


def purge() -> int:
    """Forget those whose page said nothing for a minute, and tell the screens that still show them."""
    with acting_as(SWEEPER):
        gone = list(Presence.objects.filter(seen_at__lte=_oldest()).select_related("conversation"))
        Presence.objects.filter(pk__in=[one.pk for one in gone], seen_at__lte=_oldest()).delete()
        for conversation in {one.conversation_id: one.conversation for one in gone}.values():
            live.presence_changed(conversation)
    return len(gone)


def _oldest() -> datetime:
    return timezone.now() - STALE


_SAYS = {
    Presence.Doing.VIEWING: lambda: _("%(name)s is here"),
    Presence.Doing.REPLYING: lambda: _("%(name)s is writing a reply"),
    Presence.Doing.NOTING: lambda: _("%(name)s is writing a note"),
    Presence.Doing.DECIDING: lambda: _("%(name)s is reviewing the draft"),
}
