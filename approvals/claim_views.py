"""Having a draft in front of oneself: asked for by the page when it shows one, and again while it is in use."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from approvals import claiming
from approvals.cards import card
from approvals.finding import visible_draft
from approvals.stack import stack_context
from conversations.fragments import answer, drawn
from conversations.views import reader, staff


@require_POST
@staff
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Says who else has it, and what is late by now. With `take` a colleague's claim ends."""
    draft, me = visible_draft(pk), reader(request)
    claiming.claim(draft, by=me, take="take" in request.POST)
    fresh = visible_draft(pk)
    note = drawn(f"#claim-{pk}", "innerHTML", "approvals/_claim.html", {"draft": card(fresh, me)}, request)
    late = drawn("#late", "innerMorph", "approvals/_late.html", stack_context(request, [], pk), request)
    return answer(note, late)
