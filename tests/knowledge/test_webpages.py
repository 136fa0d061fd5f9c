"""Pages are read, what they say waits for a person, and a failure is shown with its reason."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import ProgrammingError
from django.utils import timezone

from core.claims import LostClaim
from core.context import acting_as
from core.jobs import Retry
from core.models import AuditEvent, Job
from gateways.errors import DeadlinePassed, GatewayError
from gateways.web_address import Refused
from gateways.webpages import Gone, WebDocument
from knowledge import editing, webpages
from knowledge.models import Article, WebPage
from tests.cast import SYSTEM, Cast

URL = "https://shop.example/returns"
PAGE = "<title>Returns | Shop</title><nav>Home</nav><main><h1>Returning an item</h1><p>You can return it within %d days.</p></main><footer>Imprint</footer>"


class Web:
    """Answers as the page stands now; keeps what it was asked with."""

    def __init__(self, days: int = 30) -> None:
        self.days, self.error, self.asked = days, None, list[dict[str, str]]()

    def __call__(self, url: str, *, etag: str = "", last_modified: str = "") -> WebDocument:
        self.asked.append({"url": url, "etag": etag})
        if self.error:
            raise self.error
        mark = f'"{self.days}"'
        content = None if etag == mark else (PAGE % self.days).encode()
        return WebDocument(url, "text/html", "utf-8", content, mark)


@pytest.fixture
def page(cast: Cast) -> WebPage:
    with cast.acting(cast.sam):
        return webpages.add(cast.base, URL, by=cast.sam)


def now(page: WebPage) -> WebPage:
    return WebPage.objects.using("owner").select_related("article").get(pk=page.pk)


def articles() -> list[tuple[str, str, str, int]]:
    return list(Article.objects.using("owner").values_list("title", "body", "state", "version"))


def take(cast: Cast, page: WebPage, **seen: str) -> Article:
    with cast.acting(cast.sam):
        found = WebPage.objects.get(pk=page.pk)
        return webpages.take(found, seen=seen.get("seen", found.content_hash), by=cast.sam)


def test_what_a_new_page_says_waits_for_a_person(cast: Cast, page: WebPage) -> None:
    assert Job.objects.using("owner").filter(kind="knowledge.webpages.sync_page", ref=page.pk, lane="bulk").count() == 1
    assert webpages.sync(page.pk, Web()) is None
    found = now(page)
    assert (found.state, found.title, found.body) == ("changed", "Returning an item", "You can return it within 30 days.")
    assert articles() == [] and found.article is None
    article = take(cast, page)
    assert articles() == [("Returning an item", "You can return it within 30 days.", "published", 1)]
    assert (now(page).state, now(page).article_id, article.url, article.changed_by_id) == (
        "current",
        article.pk,
        URL,
        cast.sam.pk,
    )
    events = AuditEvent.objects.using("owner").filter(event__startswith="knowledge.page").values_list("event", flat=True)
    assert list(events.order_by("pk")) == ["knowledge.page_added", "knowledge.page_taken"]


def test_a_change_waits_and_its_article_stays_until_it_is_taken(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    take(cast, page)
    web.days = 14
    webpages.sync(page.pk, web)
    assert now(page).state == "changed" and "30 days" in articles()[0][1]
    take(cast, page)
    assert articles() == [("Returning an item", "You can return it within 14 days.", "published", 2)]


def test_a_page_that_is_as_it_was_is_not_sent_again_and_asks_for_nothing(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    take(cast, page)
    webpages.sync(page.pk, web)
    assert web.asked[-1]["etag"] == '"30"' and now(page).state == "current" and articles()[0][3] == 1


def test_what_was_left_stays_left_until_the_page_changes_again(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    with cast.acting(cast.sam):
        found = WebPage.objects.get(pk=page.pk)
        webpages.leave(found, seen=found.content_hash, by=cast.sam)
        with pytest.raises(LostClaim):
            webpages.leave(found, seen=found.content_hash, by=cast.sam)
    webpages.sync(page.pk, web)
    assert now(page).state == "current" and articles() == []
    web.days = 14
    webpages.sync(page.pk, web)
    assert now(page).state == "changed"


def test_only_what_the_person_saw_is_taken(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    seen = now(page).content_hash
    web.days = 14
    webpages.sync(page.pk, web)
    with pytest.raises(LostClaim):
        take(cast, page, seen=seen)
    assert articles() == [] and now(page).state == "changed"


def test_a_page_that_is_gone_is_flagged_and_its_article_stays(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    take(cast, page)
    web.error = Gone(404)
    error = webpages.sync(page.pk, web)
    assert error is not None and error.permanent
    assert (now(page).state, now(page).problem) == ("failed", "The page is gone (404)")
    assert articles()[0][2] == "published"
    web.error = None
    webpages.sync(page.pk, web)
    assert (now(page).state, now(page).problem) == ("current", "")


def test_a_failure_does_not_hide_what_waits_for_a_person(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    web.error = DeadlinePassed("The page took too long to answer")
    webpages.sync(page.pk, web)
    assert (now(page).state, now(page).problem) == ("changed", "The page took too long to answer")
    take(cast, page)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (WebDocument(URL, "text/html", "", b"<main></main>"), "no text in it"),
        (WebDocument(URL, "application/pdf", "", b"%PDF-1.7 nothing"), "not a readable PDF"),
        (WebDocument(URL, "text/html", "", b"<div>" * 5000 + b"x"), "nested far too deeply"),
    ],
    ids=["empty", "pdf", "nested"],
)
def test_a_page_without_words_is_a_failure_with_a_reason(page: WebPage, document: WebDocument, why: str) -> None:
    error = webpages.sync(page.pk, lambda url, **_: document)
    assert error is not None and error.permanent and why in now(page).problem and now(page).body == ""


def test_an_address_that_may_not_be_asked_is_refused_when_it_is_added(cast: Cast) -> None:
    with cast.acting(cast.sam):
        for url in (
            "http://127.0.0.1/",
            "http://localhost:8000/",
            "file:///etc/passwd",
            "http://169.254.169.254/",
            "http://10.0.0.1/",
        ):
            with pytest.raises(Refused):
                webpages.add(cast.base, url, by=cast.sam)
    assert WebPage.objects.using("owner").count() == 0 and Job.objects.using("owner").count() == 0


def test_an_address_that_came_in_by_another_way_is_refused_when_it_is_read(page: WebPage) -> None:
    WebPage.objects.using("owner").filter(pk=page.pk).update(url="http://127.1/")
    error = webpages.sync(page.pk)  # The real network.
    assert isinstance(error, Refused) and "unusual form" in now(page).problem


def test_the_same_page_is_added_once(cast: Cast, page: WebPage) -> None:
    with cast.acting(cast.sam), pytest.raises(webpages.AlreadyThere):
        webpages.add(cast.base, "https://SHOP.example/returns", by=cast.sam)


def test_an_agent_reads_no_pages_and_adds_none(cast: Cast, page: WebPage) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), cast.acting(cast.ana):
        WebPage.objects.count()
    with pytest.raises(ProgrammingError, match="permission denied"), cast.acting(cast.ana):
        webpages.add(cast.base, "https://shop.example/other", by=cast.ana)
    assert WebPage.objects.using("owner").count() == 1


def test_each_page_is_read_daily_one_of_a_host_at_a_time(cast: Cast, page: WebPage) -> None:
    with cast.acting(cast.sam):
        webpages.add(cast.base, "https://shop.example/delivery", by=cast.sam)
        webpages.add(cast.base, "https://other.example/", by=cast.sam)
    assert webpages.ask_for_due() == 2
    WebPage.objects.using("owner").update(checked_at=timezone.now())
    assert webpages.ask_for_due() == 0
    old = timezone.now() - timedelta(hours=26)
    WebPage.objects.using("owner").update(checked_at=old)
    assert webpages.ask_for_due() == 2
    moment = timezone.now()
    waits = {webpages.is_due(WebPage(pk=pk, checked_at=moment - timedelta(hours=24, minutes=45)), moment) for pk in range(50)}
    assert waits == {True, False}, "not all at the same moment"
    failed = WebPage(pk=1, checked_at=moment - timedelta(hours=8), problem="gone")
    assert webpages.is_due(failed, moment) and not webpages.is_due(WebPage(pk=1, checked_at=failed.checked_at), moment)


def test_a_host_that_is_busy_is_asked_later(page: WebPage) -> None:
    cache.add("web-host:shop.example", 1, 30)
    with pytest.raises(Retry):
        webpages.sync_page(page.pk)
    assert now(page).state == "waiting"


def test_a_page_that_was_removed_meanwhile_is_nobody_s_work(cast: Cast, page: WebPage) -> None:
    with cast.acting(cast.sam):
        webpages.remove(WebPage.objects.get(pk=page.pk), by=cast.sam)
    webpages.sync_page(page.pk)
    assert webpages.sync(page.pk, Web()) is None


def test_a_retry_is_asked_for_only_where_it_may_help(page: WebPage) -> None:
    def fails(url: str, **_: str) -> WebDocument:
        raise GatewayError("The page answered with an error (503)")

    error = webpages.sync(page.pk, fails)
    assert error is not None and not error.permanent and now(page).problem == "The page answered with an error (503)"


def test_an_article_that_a_person_changed_is_shown_against_the_page(cast: Cast, page: WebPage) -> None:
    web = Web()
    webpages.sync(page.pk, web)
    article = take(cast, page)
    with cast.acting(cast.sam):
        found = Article.objects.get(pk=article.pk)
        editing.change(found, editing.Wording(found.title, "Mine.", url=URL), expected=1, by=cast.sam)
    with acting_as(SYSTEM):
        assert Article.objects.get(pk=article.pk).body == "Mine."
    webpages.sync(page.pk, web)
    assert now(page).state == "current" and articles()[0][1] == "Mine."
