"""Articles as the screens print them: in words, with chips."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge.languages import named
from knowledge.models import Article, Audience
from knowledge.prose import opening
from knowledge.shelf import is_behind, is_due


@dataclass(frozen=True)
class Chip:
    kind: str
    icon: str
    text: str


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    article: Article
    opening: str
    chips: list[Chip]


def row(article: Article) -> Row:
    return Row(article, opening(getattr(article, "opening", "")), chips(article))


def chips(article: Article) -> list[Chip]:
    """What sets an article apart: published, for customers and in its base's language says nothing."""
    found = [_STATES[article.state]] if article.state in _STATES else []
    if article.audience == Audience.INTERNAL:
        found.append(Chip("note", "lock", gettext("Staff only")))
    if article.language != article.base.language:
        found.append(Chip("line", "globe", named(article.language)))
    return found + needs(article)


def facts(article: Article) -> list[Chip]:
    """The same for the article's own page, where everything is said."""
    state = _STATES.get(article.state) or Chip("ok", "check", gettext("Published"))
    is_internal = article.audience == Audience.INTERNAL
    audience = Chip("note", "lock", gettext("Staff only")) if is_internal else Chip("line", "users", gettext("Customers"))
    return [state, audience, Chip("line", "globe", named(article.language)), *needs(article)]


def needs(article: Article) -> list[Chip]:
    """Why somebody should look at it."""
    found = []
    if is_due(article) and article.state != Article.State.ARCHIVED:
        found.append(Chip("warn", "clock", gettext("Review due %(day)s") % {"day": _day(article)}))
    if article.is_contradicted and article.state == Article.State.PUBLISHED:
        found.append(Chip("warn", "shuffle", gettext("Contradicted")))
    if is_behind(article):
        found.append(Chip("plain", "refresh", gettext("Not indexed yet")))
    return found


_STATES = {
    Article.State.DRAFT: Chip("line", "edit", _("Draft")),
    Article.State.ARCHIVED: Chip("plain", "box", _("Archived")),
}


def _day(article: Article) -> str:
    day = article.review_by
    assert day is not None
    return dated(day, gettext("j M") if day.year == timezone.localdate().year else gettext("j M Y"))
