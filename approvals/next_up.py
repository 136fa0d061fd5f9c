"""One key takes the best next conversation. It stands here because what a colleague reviews is not free either."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals.models import Draft
from conversations import taking
from conversations.fragments import answer, toast, wants_fragment
from conversations.views import reader, staff


@require_POST
@staff
def take(request: HttpRequest) -> HttpResponse:
    """Take the next conversation, open it and say why it is the next; or say that there is none."""
    user = reader(request)
    claimed = Draft.objects.filter(state=Draft.State.IN_REVIEW, claimed_until__gt=timezone.now()).exclude(claimed_by=user)
    taken = taking.take_next(user, but_not=Q(pk__in=claimed.values("conversation")))
    if taken is None:
        return _nothing(request)
    messages.info(request, _("Yours now. %(why)s.") % {"why": taken.why}, extra_tags="user")
    return _lead(request, f"/conversations/{taken.conversation.pk}/?view=mine")


def _nothing(request: HttpRequest) -> HttpResponse:
    told = _("Nothing is free right now. What is open is with somebody, or on somebody’s screen.")
    if wants_fragment(request):
        return answer(toast(told, icon="ok"))
    messages.info(request, told, extra_tags="ok")
    return redirect("queue")


def _lead(request: HttpRequest, address: str) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(address)
    response = answer()
    response["HX-Redirect"] = address
    return response
