"""Putting a conversation aside, and taking it back before its time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateformat import format as dated
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from conversations import snoozing
from conversations.actions import Told, changed, changes_conversation
from conversations.forms import first_error
from conversations.fragments import wants_fragment
from conversations.models import Conversation
from conversations.sheets import closed, sheet
from conversations.snooze_times import SnoozeForm, choices
from conversations.views import reader, staff, visible
from core.claims import LostClaim


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """The times on offer; posted, the conversation sleeps until then."""
    found = visible(pk)
    if request.method != "POST":
        return _sheet(request, found) if wants_fragment(request) else redirect(f"/conversations/{pk}/")
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        return _sheet(request, found, status=422, told=first_error(form))
    until = form.cleaned_data["until"]
    try:
        snoozing.snooze(found, until=until, reason=form.cleaned_data["reason"], by=reader(request))
    except LostClaim:
        return changed(request, pk, _("It is resolved, so there is nothing to put aside."), closed(), status=409)
    told = _("Snoozed until %s") % dated(until, _("D j M, H:i"))
    # A promise does not become longer by this: better said now than found out by the customer.
    sub = _("Its reply is due before that.") if found.due_at and found.due_at < until else ""
    return changed(request, pk, Told(told, f"/conversations/{pk}/waking/", sub=sub), closed())


@changes_conversation
def wake(request: HttpRequest, found: Conversation) -> str:
    snoozing.bring_back(found, why=snoozing.BY_PERSON)
    return _("Open again")


def _sheet(request: HttpRequest, found: Conversation, *, status: int = 200, told: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "conversation": found,
        "choices": choices(),
        "action": f"/conversations/{found.pk}/snooze/",
        "reason": request.POST.get("reason", found.snooze_reason if found.state == Conversation.State.SNOOZED else ""),
        "when": request.POST.get("when", ""),
        "at": request.POST.get("at", ""),
    }
    return sheet(request, "conversations/_snooze_sheet.html", context, status=status, told=told)
