"""How one reply was carried, in words: by which account, to whom, every try and what came of it, what the channel reported since."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from conversations import queries
from conversations.leaving import KIND_OF_ADDRESS, way_of
from conversations.models import Account, Channel, Delivery, DeliveryAttempt, Inbox, Message
from conversations.views import staff
from core.models import StateEvent
from core.words import known

_OUTCOMES = {
    DeliveryAttempt.State.CALLING: gettext_lazy("Is being handed over"),
    DeliveryAttempt.State.ACCEPTED: gettext_lazy("Taken by the provider"),
    DeliveryAttempt.State.REJECTED: gettext_lazy("Refused by the provider"),
    DeliveryAttempt.State.NOT_SENT: gettext_lazy("Nothing was sent"),
    DeliveryAttempt.State.UNKNOWN: gettext_lazy("Nobody knows whether it was sent"),
    DeliveryAttempt.State.RETURNED: gettext_lazy("Taken, and then it came back"),
}
_BAD = (DeliveryAttempt.State.REJECTED, DeliveryAttempt.State.RETURNED, DeliveryAttempt.State.UNKNOWN)
_RECEIPTS = {"sent": gettext_lazy("Sent"), "delivered": gettext_lazy("Delivered"), "read": gettext_lazy("Read")}


@dataclass(frozen=True)
class Try:
    """One row of the ledger."""

    number: int
    at: datetime
    outcome: str
    words: str
    provider_id: str
    is_bad: bool


@dataclass(frozen=True)
class Receipt:
    """What the channel reported, and when we learned of it."""

    what: str
    at: datetime


@dataclass(frozen=True)
class Panel:
    pk: int
    state: str
    why: str
    by: str
    to: str
    retry_at: datetime | None
    tries: list[Try]
    receipts: list[Receipt]


@require_safe
@staff
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The panel of one reply; 404 for what has no delivery or is not the reader's to see."""
    message = queries.message(pk)
    if message is None or getattr(message, "delivery", None) is None:
        raise Http404
    return render(request, "conversations/_delivery_panel.html", {"panel": panel(message)})


def panel(message: Message) -> Panel:
    """Needs the message with its delivery, as `queries.message` reads it."""
    delivery = message.delivery
    way = way_of(delivery)
    return Panel(
        pk=message.pk,
        state=delivery.get_state_display(),
        why=_why(delivery, way),
        by=" · ".join(part for part in (way.name, way.address, way.get_channel_display()) if part),
        to=_to(message, way),
        retry_at=delivery.retry_at if delivery.state == Delivery.State.PENDING else None,
        tries=[_try(number, one) for number, one in enumerate(delivery.attempts.order_by("pk"), start=1)],
        receipts=_receipts(delivery),
    )


def _why(delivery: Delivery, way: Inbox) -> str:
    """What there is to know about its state beyond the word for it."""
    if delivery.state == Delivery.State.PENDING:
        paused = Account.objects.filter(inbox=way, paused_at__isnull=False).values_list("paused_reason", flat=True).first()
        return "" if paused is None else _("The provider refuses the account: %(why)s") % {"why": known(paused)}
    if delivery.delayed_reason:
        return _("Held up on its way: %(why)s") % {"why": known(delivery.delayed_reason)}
    return known(delivery.reason) if delivery.state in (Delivery.State.FAILED, Delivery.State.RECALLED) else ""


def _to(message: Message, way: Inbox) -> str:
    named = [*message.recipients.get("to", []), *message.recipients.get("cc", [])]
    kind = KIND_OF_ADDRESS.get(Channel(way.channel))
    if named or kind is None:
        return ", ".join(named) or str(message.customer)
    return message.customer.identities.filter(kind=kind).order_by("pk").values_list("address", flat=True).first() or ""


def _try(number: int, attempt: DeliveryAttempt) -> Try:
    state = DeliveryAttempt.State(attempt.state)
    return Try(number, attempt.started_at, str(_OUTCOMES[state]), known(attempt.error), attempt.provider_id, state in _BAD)


def _receipts(delivery: Delivery) -> list[Receipt]:
    steps = StateEvent.objects.filter(
        subject="conversations.delivery", subject_id=delivery.pk, to_state__in=list(_RECEIPTS)
    ).order_by("version")
    return [Receipt(str(_RECEIPTS[step.to_state]), step.at) for step in steps]
