"""What a reviewer typed into a draft that somebody else decided: kept as his own reply, behind what he had there already."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals.finding import visible_draft
from conversations import keeping
from conversations.composing import drawn_composer
from conversations.fragments import answer, toast, wants_fragment
from conversations.models import ComposerText
from conversations.views import reader, staff, visible

LONGEST = 20_000


@require_POST
@staff
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the words into the reply box of the draft's conversation."""
    found, me = visible(visible_draft(pk).conversation_id), reader(request)
    mode = ComposerText.Mode.REPLY
    before = ComposerText.objects.filter(conversation=found, user=me, mode=mode).values_list("text", flat=True).first() or ""
    words = "\n\n".join(one for one in (before.rstrip(), request.POST.get("text", "").strip()) if one)[:LONGEST]
    keeping.keep(found, keeping.Typed(mode, words, len(words)), by=me, since=None)
    if not wants_fragment(request):
        return redirect(f"/conversations/{found.pk}/")
    told = toast(_("Kept as your reply"), sub=_("Nothing was sent"), icon="edit")
    response = answer(drawn_composer(request, found, focus=True), told)
    response["HX-Trigger"] = "took-over"
    return response
