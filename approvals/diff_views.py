"""What a reviewer changed in the assistant's words: while he edits, and afterwards beside the message."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from approvals.finding import visible_draft
from approvals.models import Draft
from conversations.views import staff
from knowledge.diffing import compare, is_same

LONGEST = 20_000


@require_POST
@staff
def changed(request: HttpRequest, pk: int) -> HttpResponse:
    """The posted text against the draft: words added and removed."""
    draft = visible_draft(pk)
    pieces = compare(draft.text, request.POST.get("text", "")[:LONGEST], around=None)
    return render(request, "approvals/_diff.html", {"pieces": pieces, "is_same": is_same(pieces)})


@require_safe
@staff
def edited(request: HttpRequest, pk: int) -> HttpResponse:
    """What was changed before message `pk` was sent; 404 for a message that is no edited draft."""
    draft = Draft.objects.select_related("message").filter(message=pk).first()
    if draft is None or draft.message is None:
        raise Http404
    pieces = compare(draft.text, draft.message.text, around=None)
    return render(request, "approvals/_diff.html", {"pieces": pieces, "is_same": is_same(pieces), "is_sent": True})
