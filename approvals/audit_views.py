"""The audit screen: one reply at a time, and no word of how sure the machine was."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals import audits, queries
from approvals.cards import paragraphs, passages
from approvals.models import Audit
from conversations.views import reader, staff

ANSWERS = {"right": True, "wrong": False}


@require_safe
@staff
def page(request: HttpRequest) -> HttpResponse:
    """The oldest reply that waits for a second look, with the question and the passages it rests on."""
    return render(request, "approvals/audits.html", _context() | {"section": "approvals"})


@require_POST
@staff
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Right or wrong; then the next one. 422 for any other answer; somebody else's answer stands and the next is shown."""
    found = Audit.objects.select_related("draft").filter(pk=pk).first()
    if found is None:
        raise Http404
    given = request.POST.get("answer", "")
    if given not in ANSWERS:
        problem = {"problem": _("Say whether the reply was right or wrong.")}
        return render(request, "approvals/audits.html", _context() | problem | {"section": "approvals"}, status=422)
    audits.answer(found, by=reader(request), is_right=ANSWERS[given], comment=request.POST.get("comment", ""))
    return redirect("audits")


def _context() -> dict[str, Any]:
    rows = audits.waiting()
    found = rows.first()
    shown = {"audit": found, "waiting_audits": rows.count(), "approvals_waiting": queries.waiting_count()}
    if found is None:
        return shown
    draft = found.draft
    return shown | {
        "asked": draft.in_reply_to,
        "paragraphs": paragraphs(draft.text, draft.sentences),
        "passages": passages(draft.evidence, draft.sentences),
    }
