"""When a reply goes out, if not now: the times that are offered, and what can still be done about it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from conversations import live
from conversations.carriage import deliver
from conversations.channel_limits import check_window
from conversations.delivery import undo_seconds
from conversations.families import received_in
from conversations.models import Delivery, Event, Message
from conversations.ownership import locked
from core import audit
from core.claims import LostClaim
from core.jobs import enqueue

LATER = timedelta(hours=3)
MORNING = time(9)
LAST_HOUR = 22
FARTHEST = timedelta(days=90)
CHOSEN = "chosen"


@dataclass(frozen=True)
class Offer:
    """One time to choose: `key` is what the form posts."""

    key: str
    label: str
    at: datetime


def offers(now: datetime | None = None) -> list[Offer]:
    """In the viewer's zone: later today, unless it is evening, and tomorrow morning."""
    here = timezone.localtime(now)
    later = (here + LATER).replace(minute=0, second=0, microsecond=0)
    tomorrow = timezone.make_aware(datetime.combine(here.date() + timedelta(days=1), MORNING))
    found = [Offer("later", _("Later today"), later)] if later.date() == here.date() and later.hour < LAST_HOUR else []
    return [*found, Offer("tomorrow", _("Tomorrow"), tomorrow)]


def moment(choice: str, chosen: str) -> datetime | None:
    """The time meant by a form; None for now. Raises ValidationError for a time that cannot be meant."""
    if not choice:
        return None
    offered = next((offer.at for offer in offers() if offer.key == choice), None)
    if offered is not None:
        return offered
    if choice != CHOSEN:
        raise ValidationError(_("That time is over. Choose another one."))
    return _checked(_read(chosen))


def _read(chosen: str) -> datetime:
    """A local time of the viewer. One that the clocks skip in spring is taken an hour later, as the clocks do."""
    try:
        found = parse_datetime(chosen)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("Choose a day and a time."))
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _checked(at: datetime) -> datetime:
    if at <= timezone.now():
        raise ValidationError(_("That time is over. Choose a later one."))
    if at > timezone.now() + FARTHEST:
        raise ValidationError(_("At most 90 days ahead."))
    return at


def send_now(message: Message) -> None:
    """Let a scheduled reply go after the undo window instead. Raises LostClaim when it is not waiting any more, and
    ValidationError when the customer has written since: what was written before that is not sent unread."""
    conversation = locked(message.conversation_id)
    delivery = Delivery.objects.select_for_update().get(message=message)
    if delivery.state != Delivery.State.PENDING or not delivery.is_scheduled:
        raise LostClaim("not scheduled any more")
    if received_in(conversation.pk).filter(pk__gt=delivery.based_on_id or 0).exists():
        raise ValidationError(_("The customer has written since. Cancel, read it, and send what still holds."))
    check_window(conversation)
    not_before = timezone.now() + timedelta(seconds=undo_seconds(conversation))
    Delivery.objects.filter(pk=delivery.pk).update(not_before=not_before, is_scheduled=False, changed_at=Now())
    enqueue(deliver, ref=delivery.pk, scope=delivery.inbox_id, run_at=not_before, key=f"deliver:{delivery.pk}:now")
    audit.record(Event.MESSAGE_SENT, message, delivery=delivery.pk)
    live.message_status(message)
