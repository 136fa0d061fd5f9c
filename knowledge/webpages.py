"""Articles taken from web pages. A page is read every day; what it says waits until a person takes it, the first time too.

A page that cannot be read, or is gone, is shown with the reason; its article stays as it is until a person archives it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core import audit
from core.claims import LostClaim
from core.context import acting_as
from core.jobs import Retry, enqueue, is_last_attempt, job, settle
from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.web_address import checked
from gateways.webpages import WebDocument, fetch
from knowledge import editing
from knowledge.curation import CURATOR, Event
from knowledge.indexing import content_hash
from knowledge.models import Article, Audience, KnowledgeBase, WebPage
from knowledge.page_text import read_document
from knowledge.sources import Unreadable

DAILY, AFTER_FAILURE = timedelta(hours=24), timedelta(hours=6)
JITTER_MINUTES = 90
AT_ONCE = 50
MOST_PAGES = 1000
# One page of a host at a time, and a breath between two.
HOST_BUSY_SECONDS, HOST_REST_SECONDS, HOST_RETRY_SECONDS = 30, 2, 10.0
ATTEMPTS = 8

Read = Callable[..., WebDocument]


class AlreadyThere(ValueError):
    """The page is in this knowledge base already."""


class TooMany(ValueError):
    """This knowledge base reads as many pages as one may."""


def add(base: KnowledgeBase, url: str, *, audience: str = Audience.PUBLIC, by: User) -> WebPage:
    """Have a page read from now on. Raises Refused for an address that may not be asked, AlreadyThere, TooMany."""
    address = checked(url.strip()).url
    if WebPage.objects.filter(base=base, url=address).exists():
        raise AlreadyThere
    if WebPage.objects.filter(base=base).count() >= MOST_PAGES:
        raise TooMany
    checked(address)  # Percent forms may have made it longer than an address may be.
    page = WebPage.objects.create(base=base, url=address, audience=audience, added_by=by)
    audit.record(Event.PAGE_ADDED, page)
    ask(page)
    return page


def ask(page: WebPage) -> None:
    """Have the page read soon; asking twice asks once."""
    since = page.checked_at.timestamp() if page.checked_at else 0
    enqueue(sync_page, ref=page.pk, scope=None, key=f"page:{page.pk}:{since}")


def ask_for_due() -> int:
    """Ask for every page whose day is over, one of each host; returns how many. The timetable comes back every minute."""
    now = timezone.now()
    with acting_as(CURATOR):
        old = Q(checked_at__isnull=True) | Q(checked_at__lt=now - AFTER_FAILURE)
        hosts: dict[str, WebPage] = {}
        for page in WebPage.objects.filter(old).order_by("checked_at", "pk"):
            if is_due(page, now):
                hosts.setdefault(host_of(page.url), page)
        chosen = list(hosts.values())[:AT_ONCE]
        for page in chosen:
            ask(page)
    return len(chosen)


def is_due(page: WebPage, now: datetime) -> bool:
    """A day after it was read, not all at the same moment; sooner when it could not be read."""
    if page.checked_at is None:
        return True
    wait = AFTER_FAILURE if page.problem else DAILY
    return page.checked_at < now - wait - timedelta(minutes=page.pk * 37 % JITTER_MINUTES)


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


@job(lane="bulk", max_attempts=ATTEMPTS)
def sync_page(page_id: int) -> None:
    """Read one page, politely. What may pass by itself is tried again, each time later."""
    with acting_as(CURATOR, read_only=True):
        url = WebPage.objects.filter(pk=page_id).values_list("url", flat=True).first()
    if url is None:
        return
    busy = f"web-host:{host_of(url)}"
    if not cache.add(busy, page_id, HOST_BUSY_SECONDS):
        raise Retry(HOST_RETRY_SECONDS, "another page of this host is being read")
    try:
        error = sync(page_id)
    finally:
        cache.set(busy, page_id, HOST_REST_SECONDS)
    if error is not None and not error.permanent and not is_last_attempt():
        raise error
    with acting_as(CURATOR):
        settle()


def sync(page_id: int, read: Read = fetch) -> GatewayError | None:
    """Read one page and keep what it says, or why it could not be read; returns the error. Nothing becomes an article here."""
    with acting_as(CURATOR, read_only=True):
        page = WebPage.objects.filter(pk=page_id).first()
    if page is None:
        return None
    try:
        document = read(page.url, etag=page.etag, last_modified=page.last_modified)
        words = read_document(document) if document.content is not None else None
    except Unreadable as error:
        return _keep_problem(page, GatewayError(f"The page could not be read: {error}", permanent=True))
    except GatewayError as error:
        return _keep_problem(page, error)
    _keep_words(page, document, words)
    return None


def _keep_problem(page: WebPage, error: GatewayError) -> GatewayError:
    """What waits for a person goes on waiting; the reason is shown beside it."""
    with acting_as(CURATOR):
        rows = WebPage.objects.filter(pk=page.pk)
        rows.update(problem=str(error)[:200], checked_at=timezone.now())
        rows.exclude(state=WebPage.State.CHANGED).update(state=WebPage.State.FAILED)
    return error


def _keep_words(page: WebPage, document: WebDocument, words: tuple[str, str] | None) -> None:
    with acting_as(CURATOR):
        rows = WebPage.objects.filter(pk=page.pk)
        rows.update(problem="", checked_at=timezone.now())
        digest = content_hash(*words) if words else page.content_hash
        if words:
            rows.update(etag=document.etag, last_modified=document.last_modified)
        if words and digest != page.content_hash:
            rows.update(title=words[0], body=words[1], content_hash=digest, state=WebPage.State.CHANGED)
        else:
            rows.exclude(state=WebPage.State.CHANGED).update(state=WebPage.State.CURRENT)


def take(page: WebPage, *, seen: str, by: User, state: str = Article.State.PUBLISHED) -> Article:
    """Make what the page says the article's words, as the person saw them (`seen` is their hash). Raises LostClaim."""
    page = _decided(page, seen)
    if page.article is None:
        wording = editing.Wording(page.title, page.body, "", page.url, page.base.language, page.audience)
        article = editing.write(page.base, wording, by=by, state=state, note=gettext_noop("Taken from its page"))
    else:
        old = page.article
        wording = editing.Wording(page.title, page.body, old.category, old.url, old.language, old.audience)
        article = editing.change(old, wording, expected=old.version, by=by, note=gettext_noop("Taken from its page"))
    WebPage.objects.filter(pk=page.pk).update(article=article)
    audit.record(Event.PAGE_TAKEN, page, article=article.pk, version=article.version)
    return article


def leave(page: WebPage, *, seen: str, by: User) -> None:
    """The article stays as it is; the page asks again when it changes again. Raises LostClaim."""
    audit.record(Event.PAGE_LEFT, _decided(page, seen))


def remove(page: WebPage, *, by: User) -> None:
    """Read the page no more. Its article stays."""
    audit.record(Event.PAGE_REMOVED, page, article=page.article_id)
    WebPage.objects.filter(pk=page.pk).delete()


def _decided(page: WebPage, seen: str) -> WebPage:
    """One person decides, about the words that person saw."""
    rows = WebPage.objects.filter(pk=page.pk, state=WebPage.State.CHANGED, content_hash=seen)
    if not rows.update(state=WebPage.State.CURRENT):
        raise LostClaim("decided meanwhile, or the page changed again")
    return WebPage.objects.select_related("base", "article").get(pk=page.pk)
