"""The list of articles: what an address asks for, found under row security, and counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledge.languages import named
from knowledge.models import Article, Audience, KnowledgeBase

PER_PAGE = 50
MOST_WORDS = 8
OPENING = 600
CURRENT = (Article.State.DRAFT, Article.State.PUBLISHED)
STATES = {
    "": pgettext_lazy("articles", "Current"),
    "published": _("Published"),
    "draft": _("Drafts"),
    "archived": _("Archived"),
}
NEEDS = {"review": _("Review due"), "contradicted": _("Contradicted"), "index": _("Not indexed yet")}
NOBODY = "nobody"


@dataclass(frozen=True)
class Filters:
    """What the list shows, as its address says it; empty means any. What an address says wrongly is not asked for."""

    words: str = ""
    state: str = ""
    needs: str = ""
    audience: str = ""
    language: str = ""
    category: str = ""
    owner: str = ""
    base: str = ""
    page: int = 1

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "Filters":
        def one_of(name: str, known: Any) -> str:
            return params.get(name, "") if params.get(name) in known else ""

        owner = params.get("owner", "")
        return cls(
            words=params.get("q", "").replace("\0", " ").strip()[:200],
            state=one_of("state", STATES),
            needs=one_of("needs", NEEDS),
            audience=one_of("audience", Audience.values),
            language=params.get("language", "").replace("\0", "")[:12],
            category=params.get("category", "").replace("\0", "")[:120],
            owner=owner if owner == NOBODY or _is_number(owner) else "",
            base=params.get("base", "") if _is_number(params.get("base", "")) else "",
            page=max(1, int(params["page"])) if _is_number(params.get("page", "")) else 1,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether something hides articles besides their state."""
        return self != Filters(state=self.state, page=self.page)

    def address(self, **changes: Any) -> str:
        """The list's address with these filters, changed; its first page unless a page is among the changes."""
        asked = replace(self, **({"page": 1} | changes))
        params = {
            "q": asked.words, "state": asked.state, "needs": asked.needs, "audience": asked.audience,
            "language": asked.language, "category": asked.category, "owner": asked.owner, "base": asked.base,
            "page": asked.page if asked.page > 1 else "",
        }  # fmt: skip
        query = urlencode({name: value for name, value in params.items() if value})
        return f"/knowledge/?{query}" if query else "/knowledge/"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


@dataclass(frozen=True)
class Page:
    articles: list[Article]
    count: int
    filters: Filters

    @property
    def last(self) -> int:
        return max(1, -(-self.count // PER_PAGE))

    @property
    def first_shown(self) -> int:
        return (self.filters.page - 1) * PER_PAGE + 1

    @property
    def last_shown(self) -> int:
        return self.first_shown + len(self.articles) - 1


def page(filters: Filters) -> Page:
    """One page of what the reader may see, newest change first; with words, those first whose title has them."""
    rows = _matching(filters).filter(_in_state(filters.state), _in_need(filters.needs))
    count = rows.count()
    filters = replace(filters, page=min(filters.page, max(1, -(-count // PER_PAGE))))
    start = (filters.page - 1) * PER_PAGE
    shown = (
        rows.select_related("owner", "base").defer("body").annotate(opening=Left("body", OPENING), rank=_rank(filters.words))
    )
    return Page(list(shown.order_by("-rank", "-updated_at", "-pk")[start : start + PER_PAGE]), count, filters)


def counts(filters: Filters) -> dict[str, int]:
    """How many there are in each state and with each need, the other filters being what they are."""
    states = {f"state_{name}": Count("pk", filter=_in_state(name) & _in_need(filters.needs)) for name in STATES}
    needs = {f"needs_{name}": Count("pk", filter=_in_state(filters.state) & _in_need(name)) for name in NEEDS}
    return _matching(filters).aggregate(**states, **needs)


def facets() -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: values that occur, with their names."""
    rows = Article.objects.order_by()
    languages = rows.values_list("language", flat=True).distinct()
    owners = User.objects.filter(pk__in=rows.exclude(owner=None).values("owner")).order_by("name")
    return {
        "languages": sorted(((one, named(one)) for one in languages), key=lambda one: one[1]),
        "categories": [(one, one) for one in categories()],
        "owners": [(NOBODY, gettext("Nobody")), *((str(one.pk), one.name) for one in owners)],
        "bases": [(str(one.pk), one.name) for one in KnowledgeBase.objects.all()],
    }


def categories() -> list[str]:
    """Every category in use, by name."""
    return list(Article.objects.exclude(category="").order_by("category").values_list("category", flat=True).distinct())


def is_due(article: Article) -> bool:
    """Whether somebody should read the article again by now."""
    return article.review_by is not None and article.review_by <= timezone.localdate()


def is_behind(article: Article) -> bool:
    """Whether the index has not followed the article yet."""
    return article.state == Article.State.PUBLISHED and article.indexed_hash != article.content_hash


def _matching(filters: Filters) -> QuerySet[Article]:
    rows = Article.objects.all()
    for word in filters.words.split()[:MOST_WORDS]:
        rows = rows.filter(Q(title__icontains=word) | Q(body__icontains=word) | Q(category__icontains=word))
    exact = {"audience": filters.audience, "language": filters.language, "category": filters.category, "base": filters.base}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.owner:
        rows = rows.filter(owner=None if filters.owner == NOBODY else filters.owner)
    return rows


def _rank(words: str) -> Case | Value:
    """Whether the title has all the words."""
    has = Q()
    for word in words.split()[:MOST_WORDS]:
        has &= Q(title__icontains=word)
    return Case(When(has, then=1), default=0) if words else Value(0)


def _in_state(name: str) -> Q:
    return Q(state=name) if name else Q(state__in=CURRENT)


def _in_need(name: str) -> Q:
    published = Q(state=Article.State.PUBLISHED)
    return {
        "": Q(),
        "review": Q(review_by__lte=timezone.localdate()) & ~Q(state=Article.State.ARCHIVED),
        "contradicted": Q(is_contradicted=True) & published,
        "index": ~Q(indexed_hash=F("content_hash")) & published,
    }[name]
