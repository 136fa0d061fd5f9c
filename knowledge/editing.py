"""Articles are written, changed, published and archived by people. Nothing they overwrite is lost: each version is kept.

A change of what an article says or of who may find it makes a new version, and the index is asked to follow. Who looks after it
and when it is read again are no part of what it says: they make no version, so that no draft is written anew for them.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import date

from django.db.models import F
from django.db.models.functions import Now
from django.utils.text import slugify

from accounts.models import User
from core import audit
from core.claims import LostClaim
from core.words import gettext_noop
from knowledge.events import Event
from knowledge.indexing import ask_to_index, content_hash
from knowledge.models import Article, ArticleVersion, Audience, KnowledgeBase

State = Article.State
_MOVES = {
    State.DRAFT: Event.ARTICLE_UNPUBLISHED,
    State.PUBLISHED: Event.ARTICLE_PUBLISHED,
    State.ARCHIVED: Event.ARTICLE_ARCHIVED,
}


@dataclass(frozen=True)
class Wording:
    """What an article says, where it belongs and who may find it."""

    title: str
    body: str
    category: str = ""
    url: str = ""
    language: str = "en"
    audience: str = Audience.PUBLIC

    @classmethod
    def of(cls, kept: Article | ArticleVersion) -> "Wording":
        return cls(kept.title, kept.body, kept.category, kept.url, kept.language, kept.audience)

    @property
    def hash(self) -> str:
        return content_hash(self.title, self.body, self.audience, self.language)


def write(
    base: KnowledgeBase,
    wording: Wording,
    *,
    by: User,
    state: str = State.DRAFT,
    note: str = "",
    external_id: str = "",
    owner: User | None = None,
    review_by: date | None = None,
) -> Article:
    """A new article, a draft unless `state` says otherwise. Without an `external_id` it gets one of its own."""
    article = Article.objects.create(
        base=base, external_id=external_id or _new_id(wording.title), state=state, owner=owner, review_by=review_by,
        changed_by=by, change_note=note[:200], content_hash=wording.hash, **asdict(wording),
    )  # fmt: skip
    audit.record(Event.ARTICLE_WRITTEN, article, version=article.version, state=state)
    ask_to_index(article)
    return article


def change(article: Article, wording: Wording, *, expected: int, by: User, state: str | None = None, note: str = "") -> Article:
    """The article with these words, in `state` if one is given, in the next version; as it is when that changes nothing.

    Raises LostClaim when somebody changed it since version `expected` was read; nothing is overwritten then.
    """
    current = _in_version(article, expected)
    state = state or current.state
    if Wording.of(current) == wording and current.state == state:
        return current
    changed = _next_version(current, by, note, state=state, content_hash=wording.hash, **asdict(wording))
    if Wording.of(current) != wording:
        audit.record(Event.ARTICLE_CHANGED, changed, version=changed.version, state=changed.state)
    if current.state != state:
        audit.record(_MOVES[State(state)], changed, version=changed.version)
    return changed


def publish(article: Article, *, expected: int, by: User) -> Article:
    """Lets the article be found. Raises LostClaim when it is not in version `expected` any more."""
    current = _in_version(article, expected)
    return change(current, Wording.of(current), expected=expected, by=by, state=State.PUBLISHED, note=gettext_noop("Published"))


def archive(article: Article, *, expected: int, by: User) -> Article:
    """Takes the article out of use; it is kept, and can be published again. Raises LostClaim as `publish` does."""
    current = _in_version(article, expected)
    return change(current, Wording.of(current), expected=expected, by=by, state=State.ARCHIVED, note=gettext_noop("Archived"))


def restore_version(article: Article, number: int, *, expected: int, by: User) -> Article:
    """The words of an earlier version as a new one. Raises LostClaim, or ArticleVersion.DoesNotExist.

    What either of both keeps for staff stays with staff: no restoring shows customers more than they saw.
    """
    current = _in_version(article, expected)
    kept = ArticleVersion.objects.get(article=article, version=number)
    is_internal = Audience.INTERNAL in (kept.audience, current.audience)
    audience = Audience.INTERNAL if is_internal else Audience.PUBLIC
    wording = Wording(kept.title, kept.body, kept.category, kept.url, kept.language, audience)
    changed = change(current, wording, expected=expected, by=by, note=gettext_noop("Version {0} restored").format(number))
    if changed.version != expected:
        audit.record(Event.ARTICLE_RESTORED, changed, version=changed.version, restored=number)
    return changed


def set_owner(article: Article, owner: User | None) -> None:
    """Who looks after the article, or nobody."""
    if article.owner_id == (owner and owner.pk):
        return
    Article.objects.filter(pk=article.pk).update(owner=owner)
    article.owner = owner
    audit.record(Event.ARTICLE_OWNED, article, owner=owner and owner.pk)


def set_review_by(article: Article, day: date | None) -> None:
    """The day from which on somebody should read the article again, or none."""
    if article.review_by == day:
        return
    Article.objects.filter(pk=article.pk).update(review_by=day)
    article.review_by = day
    audit.record(Event.ARTICLE_REVIEW_SET, article, review_by=day and day.isoformat())


def _in_version(article: Article, expected: int) -> Article:
    """The article as it is now, whatever the caller holds. Raises LostClaim when that is another version."""
    current = Article.objects.filter(pk=article.pk, version=expected).first()
    if current is None:
        raise LostClaim(f"article {article.pk} is not in version {expected} any more")
    return current


def _next_version(current: Article, by: User, note: str, **values: object) -> Article:
    """One UPDATE, so that of two who change the same version only one does."""
    rows = Article.objects.filter(pk=current.pk, version=current.version)
    # What was indexed was indexed for the state it had: in another one that is to be done again.
    moved = values["state"] != current.state or values["content_hash"] != current.content_hash
    fresh = {"indexed_hash": ""} if moved else {}
    facts = {"changed_by": by, "change_note": note[:200], "updated_at": Now()} | fresh | values
    if not rows.update(version=F("version") + 1, **facts):
        raise LostClaim(f"article {current.pk} was changed a moment ago")
    changed = Article.objects.get(pk=current.pk)
    ask_to_index(changed)
    return changed


def _new_id(title: str) -> str:
    return f"{slugify(title)[:60] or 'article'}-{secrets.token_hex(4)}"
