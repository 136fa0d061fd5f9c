"""What keeps whole inboxes from sending, for those who answer in them: accounts that are refused, providers that do not answer."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from conversations.holding import breaker_of
from conversations.models import Account, Delivery, Inbox, Transport
from conversations.views import staff
from core.words import known
from gateways.breaker_state import CLOSED

# Roads that lead out of the house; the others know no trouble that somebody could mend.
UNREAD_FOR = timedelta(minutes=5)
OUTSIDE = (Transport.GMAIL, Transport.MAIL, Transport.CLOUD)


@dataclass(frozen=True)
class Alert:
    """One inbox in trouble. `is_paused`: it waits for an admin; otherwise it goes on by itself."""

    inbox: int
    text: str
    waits: str
    is_paused: bool


@require_safe
@staff
def show(request: HttpRequest) -> HttpResponse:
    """The strip above the reader's queue; empty when everything is sent."""
    return render(request, "conversations/_channel_alerts.html", {"alerts": alerts()})


def alerts() -> list[Alert]:
    """For the inboxes that the reader sees. Two queries, and a look at the breakers of those that reach outside."""
    accounts = Account.objects.filter(Q(paused_at__isnull=False) | ~Q(poll_error="") | Q(transport__in=OUTSIDE))
    known_ones = accounts.select_related("inbox").order_by("inbox__name")
    troubled = [one for one in known_ones if one.paused_at or _is_unread(one) or breaker_of(one.inbox.slug).state != CLOSED]
    waiting = _waiting([one.inbox for one in troubled])
    return [_alert(one, waiting.get(one.inbox_id, 0)) for one in troubled]


def _is_unread(account: Account) -> bool:
    """Whether what comes in there has not been read for a while: a reading that failed once is made again."""
    lately = timezone.now() - UNREAD_FOR
    return bool(account.poll_error) and (account.polled_at is None or account.polled_at < lately)


def standings() -> dict[str, str]:
    """How the breaker of each account that reaches outside stands, by the breaker's name. Runs as the system."""
    slugs = Account.objects.filter(transport__in=OUTSIDE).order_by("inbox__slug").values_list("inbox__slug", flat=True)
    return {f"channel:{slug}": breaker_of(slug).state for slug in slugs}


def _alert(account: Account, waiting: int) -> Alert:
    inbox = account.inbox
    named = {"channel": inbox.get_channel_display(), "inbox": inbox.address or inbox.name}
    if account.paused_at:
        told = named | {"why": known(account.paused_reason)}
        text = _("%(channel)s %(inbox)s is not being sent, an admin has to mend it: %(why)s.") % told
    elif _is_unread(account):
        told = named | {"why": known(account.poll_error)}
        text = _("%(channel)s %(inbox)s: what customers write does not come in: %(why)s.") % told
    else:
        text = _("%(channel)s %(inbox)s is being sent late: the provider does not answer.") % named
    waits = ngettext("%(count)s reply waits.", "%(count)s replies wait.", waiting) % {"count": waiting} if waiting else ""
    return Alert(inbox.pk, text, waits, account.paused_at is not None)


def _waiting(inboxes: list[Inbox]) -> dict[int, int]:
    found = (
        Delivery.objects.filter(inbox__in=inboxes, state=Delivery.State.PENDING).values("inbox").annotate(number=Count("pk"))
    )
    return {one["inbox"]: one["number"] for one in found}
