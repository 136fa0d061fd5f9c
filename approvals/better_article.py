"""Naming the article that would have answered, while a draft is rejected: a few to choose from, by their titles."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import queries
from conversations.views import staff
from knowledge.models import Article

SHOWN = 8


@require_safe
@staff
def choices(request: HttpRequest, pk: int) -> HttpResponse:
    """Published articles of the draft's base in whose titles every typed word occurs."""
    draft = queries.draft(pk)
    if draft is None:
        raise Http404
    found = Article.objects.filter(
        base=draft.base_id or draft.conversation.inbox.knowledge_base_id, state=Article.State.PUBLISHED
    )
    for word in request.GET.get("article", "")[:200].split():
        found = found.filter(title__icontains=word)
    return render(request, "approvals/_article_choices.html", {"articles": found.order_by("title")[:SHOWN]})
