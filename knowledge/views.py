"""The pages of the articles: the list, one article, its versions. Reading only; writing.py changes things."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.models import User
from core import live
from knowledge import shelf, waiting
from knowledge.cards import facts, row
from knowledge.diffing import compare, is_same
from knowledge.languages import named
from knowledge.models import Article, ArticleVersion
from knowledge.prose import blocks
from knowledge.shelf import NEEDS, STATES, Filters

readers = role_required("agent", "supervisor", "admin")
editors = role_required("supervisor", "admin")


@require_safe
@readers
def articles(request: HttpRequest) -> HttpResponse:
    """The list; everything that narrows it is in the address."""
    found = shelf.page(Filters.of(request.GET.dict()))
    filters, counts = found.filters, shelf.counts(found.filters)
    context = frame(request) | {
        "found": found,
        "filters": filters,
        "rows": [row(article) for article in found.articles],
        "states": [_choice(filters, "state", key, name, counts) for key, name in STATES.items()],
        "needs": [_choice(filters, "needs", key, name, counts) for key, name in NEEDS.items()],
        "has_needs": any(counts[f"needs_{key}"] or filters.needs == key for key in NEEDS),
        "facets": shelf.facets(),
        "clear_url": Filters(state=filters.state).address(),
        "previous_url": filters.address(page=filters.page - 1) if filters.page > 1 else "",
        "next_url": filters.address(page=filters.page + 1) if filters.page < found.last else "",
    }
    response = render(request, "knowledge/articles.html", context)
    response["HX-Replace-Url"] = filters.address(page=filters.page)
    return response


def _choice(filters: Filters, name: str, key: str, label: str, counts: dict[str, int]) -> dict[str, Any]:
    is_chosen = getattr(filters, name) == key
    # A need that is chosen can be let go by the same link.
    url = filters.address(**{name: "" if is_chosen and name == "needs" else key})
    return {"key": key, "label": label, "count": counts[f"{name}_{key}"], "is_chosen": is_chosen, "url": url}


@require_safe
@readers
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """One article as customers' answers are made from it, and who looks after it."""
    return render(request, "knowledge/article.html", frame(request) | about(visible(pk)))


@require_safe
@editors
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Every version, and what changed between two of them: the newest and the one before unless the address names others."""
    found = visible(pk)
    rows = list(found.versions.select_related("by").defer("body"))
    newer = _named(rows, request.GET.get("to", "")) or rows[0].version
    older = _named(rows, request.GET.get("from", "")) or max(
        (one.version for one in rows if one.version < newer), default=newer
    )
    both = {one.version: one for one in found.versions.filter(version__in=(older, newer)).select_related("by")}
    context = frame(request) | about(found) | {"versions": rows} | difference(both[older], both[newer])
    return render(request, "knowledge/versions.html", context)


def _named(rows: list[ArticleVersion], text: str) -> int | None:
    return next((one.version for one in rows if str(one.version) == text), None)


def visible(pk: int) -> Article:
    """The article. Raises Http404 when there is none or the reader may not see it: nobody can tell which."""
    found = Article.objects.select_related("base", "owner", "changed_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page of this room prints around itself."""
    is_editor = may_edit(request)
    tabs = {"tab": "articles", "waiting": waiting.counts() if is_editor else {}}
    return {"section": "knowledge", "seq": live.cursor(), "is_editor": is_editor} | tabs


def may_edit(request: HttpRequest) -> bool:
    return reader(request).role in (User.Role.SUPERVISOR, User.Role.ADMIN)


def reader(request: HttpRequest) -> User:
    """The signed-in person; pages behind `readers` always have one."""
    assert isinstance(request.user, User)
    return request.user


def about(found: Article) -> dict[str, Any]:
    return {
        "article": found,
        "chips": facts(found),
        "blocks": blocks(found.body),
        "is_internal": found.audience == "internal",
        "is_published": found.state == Article.State.PUBLISHED,
        "is_archived": found.state == Article.State.ARCHIVED,
    }


def difference(older: ArticleVersion, newer: ArticleVersion) -> dict[str, Any]:
    """What changed between two versions: the text word by word, and each field that is another one."""
    pieces = compare(older.body, newer.body)
    fields = [
        {"name": name, "before": before or pgettext("field", "none"), "after": after or pgettext("field", "none")}
        for name, before, after in (
            (_("Title"), older.title, newer.title),
            (_("Category"), older.category, newer.category),
            (_("Language"), named(older.language), named(newer.language)),
            (pgettext("whom", "For"), older.get_audience_display(), newer.get_audience_display()),
            (_("State"), older.get_state_display(), newer.get_state_display()),
            (_("Public page"), older.url, newer.url),
        )
        if before != after
    ]
    return {"older": older, "newer": newer, "pieces": pieces, "is_same_text": is_same(pieces), "fields": fields}
