"""What went out with an article: the replies that rest on it, for whoever is about to change it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import role_required
from approvals.models import Draft, DraftSource
from conversations.fragments import wants_fragment

SHOWN = 20


@dataclass(frozen=True)
class Use:
    """One draft that rests on the article: where it is, how it stands, and whether it read an older version."""

    conversation: int
    subject: str
    state: str
    version: int
    is_older: bool
    at: datetime


@require_safe
@role_required("agent", "supervisor", "admin")
def replies(request: HttpRequest, pk: int) -> HttpResponse:
    """Replies sent and drafts waiting, as far as the reader may see them: part of the article's page, or without a script a page."""
    is_admin = request.user.role == "admin"  # Sees no conversations, so nothing that was said in them.
    context = {"is_admin": True} if is_admin else use_of(pk)
    template = "approvals/_article_use.html" if wants_fragment(request) else "approvals/article_use.html"
    return render(request, template, context | {"article": pk, "section": "knowledge"})


def use_of(article: int) -> dict[str, object]:
    """How many replies rest on the article, and the newest of them."""
    rows = DraftSource.objects.filter(article=article, draft__state__in=(Draft.State.SENT, Draft.State.IN_REVIEW))
    newest = rows.select_related("draft__conversation", "article").order_by("-draft_id")[:SHOWN]
    return {
        "sent": rows.filter(draft__state=Draft.State.SENT).count(),
        "waiting": rows.filter(draft__state=Draft.State.IN_REVIEW).count(),
        "uses": [_use(row) for row in newest],
    }


def _use(row: DraftSource) -> Use:
    draft = row.draft
    return Use(
        draft.conversation_id, draft.conversation.subject or draft.conversation.preview, draft.get_state_display(),
        row.version, row.article.version > row.version, draft.changed_at,
    )  # fmt: skip
