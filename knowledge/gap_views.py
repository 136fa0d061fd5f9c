"""The page of gaps: what people ask and nothing answers, most asked first."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from core.claims import LostClaim
from knowledge import gaps
from knowledge.curation_pages import framed, lost, page_of
from knowledge.models import Gap, KnowledgeBase, Question
from knowledge.views import editors, reader

PAGE = "/knowledge/gaps/"


@require_safe
@editors
def open_gaps(request: HttpRequest) -> HttpResponse:
    """The open gaps with their newest questions, as far as the reader may see them."""
    found = page_of(request, gaps.ranked())
    sees_questions = reader(request).role == User.Role.SUPERVISOR
    asked = gaps.questions_of_all(found) if sees_questions else {}
    context = {
        "found": found,
        "rows": [{"gap": gap, "questions": _beside_its_title(gap, asked.get(gap.pk, []))} for gap in found],
        "has_bases": KnowledgeBase.objects.count() > 1,
        "sees_questions": sees_questions,
    }
    return render(request, "knowledge/gaps.html", framed(request, "gaps") | context)


def _beside_its_title(gap: Gap, asked: list[Question]) -> list[Question]:
    """A single question is the title already."""
    return [] if [one.text for one in asked] == [gap.title] else asked


@require_POST
@editors
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """This is nothing the articles should answer."""
    gap = Gap.objects.filter(pk=pk).first()
    if gap is None:
        raise Http404
    try:
        gaps.dismiss(gap, by=reader(request))
    except LostClaim:
        return lost(request, "gaps", PAGE)
    messages.success(request, _("Taken off the list. Questions like it will not open it again."), extra_tags="check")
    return redirect(PAGE)
