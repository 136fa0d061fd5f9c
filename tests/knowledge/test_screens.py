"""The pages of the articles, as the browsers of an agent, a supervisor and an admin meet them."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.context import acting_as
from core.models import AuditEvent, Job
from knowledge import editing
from knowledge.editing import Wording
from knowledge.models import Article, ArticleVersion, KnowledgeBase
from knowledge.shelf import PER_PAGE, Filters
from tests.build import article, run_jobs
from tests.cast import SYSTEM, Cast
from tests.sockets import signed_in

TEXT = "You can return it within 30 days.\n\n- Keep the label\n- Send it back\n\nSee https://saltbarrow.example/returns."


@pytest.fixture
def sam(cast: Cast) -> Client:
    return signed_in(cast.sam)


@pytest.fixture
def returns(cast: Cast) -> Article:
    """A published article by Sam, in version 1, not indexed yet."""
    return written(cast, "Returning a parcel", TEXT, category="Returns", state="published")


def written(cast: Cast, title: str, body: str = "Some text.", *, state: str = "published", **more: str) -> Article:
    with cast.acting(cast.sam):
        return editing.write(cast.base, Wording(title, body, **more), by=cast.sam, state=state)


def now(one: Article) -> Article:
    return Article.objects.using("owner").get(pk=one.pk)


def form(one: Article | None = None, **changes: Any) -> dict[str, Any]:
    """What the editor sends, with some of it changed."""
    given = {"title": "New title", "body": "New text.", "audience": "public", "category": "", "language": "en", "owner": ""}
    if one is not None:
        given = {name: getattr(one, name) for name in ("title", "body", "audience", "category", "language", "url", "version")}
        for name, value in (("owner", one.owner_id or ""), ("review_by", one.review_by or "")):
            given[name] = given[f"initial-{name}"] = value
    return given | {"note": ""} | changes


def titles(page: str) -> list[str]:
    return re.findall(r'class="art__link"[^>]*><bdi[^>]*>(.*?)</bdi>', page)


def listed(client: Client, query: str = "") -> list[str]:
    return titles(client.get(f"/knowledge/{query}").content.decode())


# ------------------------------------------------------------------------------------------------------------ who may
PAGES = ("new/", "upload/", "{pk}/edit/", "{pk}/versions/")
POSTS = ("new/", "upload/", "measure/", "{pk}/edit/", "{pk}/publication/", "{pk}/archiving/", "{pk}/restoration/")


def test_a_stranger_is_sent_to_the_door(db) -> None:
    assert Client().get("/knowledge/")["Location"] == "/accounts/login/?next=%2Fknowledge%2F"


def test_an_agent_reads_what_is_published_for_staff_too_and_nothing_else(ana: Client, cast: Cast, returns: Article) -> None:
    secret = written(cast, "Goodwill limits", audience="internal")
    draft, old = written(cast, "Half a text", state="draft"), written(cast, "Last year", state="archived")
    page = ana.get("/knowledge/").content.decode()
    assert sorted(titles(page)) == ["Goodwill limits", "Returning a parcel"] and 'href="/knowledge/new/"' not in page
    assert listed(ana, "?state=draft") == [] and listed(ana, "?state=archived") == []
    assert "For staff only" in ana.get(f"/knowledge/{secret.pk}/").content.decode()
    answers = [ana.get(f"/knowledge/{pk}/") for pk in (draft.pk, old.pk, 999_999)]
    assert [one.status_code for one in answers] == [404] * 3 and len({one.content for one in answers}) == 1


@pytest.mark.parametrize("path", PAGES)
def test_an_agent_finds_no_page_to_change_anything(ana: Client, returns: Article, path: str) -> None:
    assert ana.get("/knowledge/" + path.format(pk=returns.pk)).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_an_agent_changes_nothing(ana: Client, returns: Article, path: str) -> None:
    before = (ArticleVersion.objects.using("owner").count(), Job.objects.using("owner").count())
    sent = form(returns, title="Mine", state="archived", number=1, files=SimpleUploadedFile("a.md", b"# A\n\nText."))
    assert ana.post("/knowledge/" + path.format(pk=returns.pk), sent).status_code == 403
    assert (now(returns).version, now(returns).title, now(returns).state) == (1, "Returning a parcel", "published")
    assert (ArticleVersion.objects.using("owner").count(), Job.objects.using("owner").count()) == before
    assert Article.objects.using("owner").count() == 1


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_supervisors_and_admins_edit(cast: Cast, returns: Article, who: str) -> None:
    client = signed_in(getattr(cast, who))
    answer = client.post(f"/knowledge/{returns.pk}/edit/", form(returns, body="Other words."))
    assert (answer.status_code, answer["Location"]) == (302, f"/knowledge/{returns.pk}/")
    assert now(returns).body == "Other words." and now(returns).changed_by_id == getattr(cast, who).pk


@pytest.mark.parametrize("path", ["{pk}/publication/", "{pk}/archiving/", "{pk}/restoration/", "measure/"])
def test_changes_are_posts(sam: Client, returns: Article, path: str) -> None:
    assert sam.get("/knowledge/" + path.format(pk=returns.pk)).status_code == 405


def test_the_navigation_leads_here(ana: Client, sam: Client, cast: Cast, returns: Article) -> None:
    for client, path in ((ana, "/queue/"), (sam, "/dashboards/"), (signed_in(cast.ada), "/dashboards/")):
        assert client.get(path).content.decode().count(' href="/knowledge/"') == 2
    assert "/knowledge/gaps/" in sam.get("/knowledge/").content.decode()
    assert "/knowledge/gaps/" not in ana.get("/knowledge/").content.decode()


# ------------------------------------------------------------------------------------------------------------- the list
def test_the_list_is_searched_by_words_titles_first(sam: Client, cast: Cast, returns: Article) -> None:
    written(cast, "Gifts", "A gift can be returned with the parcel label.")
    written(cast, "Opening hours", "From 9 to 5.", category="Shops")
    assert listed(sam, "?q=parcel") == ["Returning a parcel", "Gifts"]
    assert listed(sam, "?q=LABEL+gift") == ["Gifts"]
    assert listed(sam, "?q=shops") == ["Opening hours"]
    page = sam.get("/knowledge/?q=%22%3Cb%3E").content.decode()
    assert titles(page) == [] and "No article has “<bdi>&quot;&lt;b&gt;</bdi>”" in page


def test_each_filter_narrows_the_list(sam: Client, cast: Cast, returns: Article) -> None:
    french = written(cast, "Retours", language="fr")
    written(cast, "Limits", audience="internal", category="Staff")
    written(cast, "Half", state="draft")
    written(cast, "Gone", state="archived")
    with cast.acting(cast.sam):
        editing.set_owner(french, cast.ana)
        editing.set_review_by(french, timezone.localdate())
    assert sorted(listed(sam)) == ["Half", "Limits", "Retours", "Returning a parcel"]
    for query, expected in (
        ("?state=draft", ["Half"]), ("?state=archived", ["Gone"]), ("?audience=internal", ["Limits"]),
        ("?language=fr", ["Retours"]), ("?category=Staff", ["Limits"]), (f"?owner={cast.ana.pk}", ["Retours"]),
        ("?owner=nobody&category=Returns", ["Returning a parcel"]), ("?needs=review", ["Retours"]),
        ("?needs=contradicted", []), (f"?base={cast.base.pk}&q=half", ["Half"]), ("?base=999999", []),
    ):  # fmt: skip
        assert listed(sam, query) == expected, query


def test_what_an_address_says_wrongly_is_not_asked_for(sam: Client, returns: Article) -> None:
    for query in ("?state=x&needs=y&audience=z", "?owner=1;drop&base=a&page=-1", "?page=99999", "?page=" + "9" * 40, "?q=%00"):
        assert listed(sam, query) == ["Returning a parcel"], query


def test_what_waits_for_attention_is_counted(sam: Client, cast: Cast, returns: Article) -> None:
    page = sam.get("/knowledge/").content.decode()
    assert "Not indexed yet" in page and 'id="needs-index"' in page and 'id="needs-review"' not in page
    run_jobs()
    with cast.acting(cast.sam):
        editing.set_review_by(returns, timezone.localdate() - timedelta(days=1))
    page = sam.get("/knowledge/").content.decode()
    assert "Not indexed yet" not in page and 'id="needs-review"' in page
    with cast.acting(cast.sam):
        Article.objects.filter(pk=returns.pk).update(is_contradicted=True)
        editing.archive(returns, expected=1, by=cast.sam)
    page = sam.get("/knowledge/?state=archived").content.decode()
    assert titles(page) == ["Returning a parcel"] and 'id="needs-' not in page, "what is archived needs nothing"


def test_an_address_says_what_is_filtered() -> None:
    filters = Filters.of({"q": " two words ", "state": "draft", "owner": "nobody", "page": "3"})
    assert filters.address() == "/knowledge/?q=two+words&state=draft&owner=nobody"
    assert filters.address(page=2, state="") == "/knowledge/?q=two+words&owner=nobody&page=2"
    assert Filters().address() == "/knowledge/"


def test_an_empty_shelf_says_what_to_do(sam: Client, ana: Client) -> None:
    assert "Write the first one" in sam.get("/knowledge/").content.decode()
    assert "Supervisors and admins write them" in ana.get("/knowledge/").content.decode()


def test_a_long_list_comes_in_pages_with_the_same_number_of_queries(sam: Client, cast: Cast, returns: Article) -> None:
    sam.get("/knowledge/")
    with CaptureQueriesContext(connection) as few:
        sam.get("/knowledge/")
    with acting_as(SYSTEM):
        Article.objects.bulk_create(
            Article(base=cast.base, external_id=f"n{n}", title=f"Number {n}", body="Text.", owner=cast.ana) for n in range(120)
        )
    with CaptureQueriesContext(connection) as many:
        page = sam.get("/knowledge/").content.decode()
    assert len(many) == len(few) <= 21
    assert len(titles(page)) == PER_PAGE and "1 to 50 of 121 articles" in page
    assert "101 to 121 of 121" in sam.get("/knowledge/?page=3").content.decode()


# ------------------------------------------------------------------------------------------------------------ one article
def test_an_article_is_shown_as_its_text_reads(ana: Client, cast: Cast) -> None:
    body = "# Before\nFirst line\nsecond <b>line</b>\n\n1. One\n2. Two\n\njavascript:alert(1) https://saltbarrow.example/a?b=1"
    one = written(cast, "<i>Title</i>", body, url="https://saltbarrow.example/returns", language="fr")
    page = ana.get(f"/knowledge/{one.pk}/").content.decode()
    assert "&lt;i&gt;Title&lt;/i&gt;" in page and "<i>Title" not in page
    assert "<h3>Before</h3><p>First line<br>second &lt;b&gt;line&lt;/b&gt;</p><ol><li>One</li><li>Two</li></ol>" in page
    assert '<a href="https://saltbarrow.example/a?b=1" rel="nofollow">' in page and 'href="javascript' not in page
    assert f'hx-get="/knowledge/{one.pk}/replies/"' in page and "French" in page


def test_publishing_and_archiving_are_buttons(sam: Client, cast: Cast) -> None:
    draft = written(cast, "Half", state="draft")
    answer = sam.post(f"/knowledge/{draft.pk}/publication/", {"version": 1}, follow=True)
    assert now(draft).state == "published" and "Replies may rest on it" in answer.content.decode()
    answer = sam.post(f"/knowledge/{draft.pk}/archiving/", {"version": 2}, follow=True)
    assert now(draft).state == "archived" and "publishing brings it back" in answer.content.decode()


@pytest.mark.parametrize("path", ["publication", "archiving", "restoration"])
@pytest.mark.parametrize("version", [1, 99, "", "x"])
def test_a_button_of_an_older_page_changes_nothing(sam: Client, cast: Cast, returns: Article, path: str, version: Any) -> None:
    with cast.acting(cast.ada):
        editing.change(returns, Wording("Returns", "New."), expected=1, by=cast.ada)
    answer = sam.post(f"/knowledge/{returns.pk}/{path}/", {"version": version, "number": 1})
    assert answer.status_code in (404, 409) and (now(returns).version, now(returns).state) == (2, "published")


# ------------------------------------------------------------------------------------------------------------- the editor
def test_a_new_article_is_a_draft_unless_it_is_published(sam: Client, cast: Cast) -> None:
    sam.post("/knowledge/new/", form(key=uuid.uuid4(), owner=cast.ana.pk, review_by="2027-01-31", category="Returns"))
    made = Article.objects.using("owner").get()
    assert (made.state, made.owner_id, str(made.review_by), made.base_id) == ("draft", cast.ana.pk, "2027-01-31", cast.base.pk)
    answer = sam.post("/knowledge/new/", form(title="  Second   one ", key=uuid.uuid4(), state="published"), follow=True)
    assert "Published." in answer.content.decode()
    assert Article.objects.using("owner").get(title="Second one").state == "published"


def test_a_double_click_writes_one_article(sam: Client, cast: Cast) -> None:
    sent = form(key=uuid.uuid4())
    assert {sam.post("/knowledge/new/", sent)["Location"] for _ in range(2)} == {
        f"/knowledge/{Article.objects.using('owner').get().pk}/"
    }


def test_the_first_article_finds_its_base(sam: Client, cast: Cast) -> None:
    with acting_as(SYSTEM):
        other = KnowledgeBase.objects.create(name="Other", slug="other")
    assert "Knowledge base" in sam.get("/knowledge/new/").content.decode()
    sam.post("/knowledge/new/", form(key=uuid.uuid4(), base=other.pk))
    assert Article.objects.using("owner").get().base_id == other.pk


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "Give it a title."), ({"body": ""}, "Write something first."), ({"audience": ""}, "Say who it is for."),
        ({"audience": "everybody"}, "everybody is not one of the available choices"), ({"url": "ftp://x.example/"}, "a whole address"),
        ({"url": "javascript:alert(1)"}, "a whole address"), ({"review_by": "soon"}, "2026-12-31"), ({"language": "xx"}, "xx is not one"),
        ({"owner": "999"}, "Select a valid choice"), ({"title": "x" * 301}, "at most 300"), ({"body": "a\0b"}, "Null characters"),
    ],
)  # fmt: skip
def test_a_mistake_keeps_what_was_typed(sam: Client, returns: Article, wrong: dict[str, str], said: str) -> None:
    for path, sent in ((f"{returns.pk}/edit/", form(returns)), ("new/", form(key=uuid.uuid4()))):
        answer = sam.post(f"/knowledge/{path}", sent | {"body": "Typed for an hour."} | wrong)
        page = answer.content.decode()
        assert answer.status_code == 422 and said in page and ("Typed for an hour." in page or "body" in wrong)
    assert now(returns).version == 1 and Article.objects.using("owner").count() == 1


def test_who_saves_after_somebody_else_sees_both_texts_and_loses_neither(sam: Client, cast: Cast, returns: Article) -> None:
    with cast.acting(cast.ada):
        theirs = TEXT.replace("30 days", "60 days")
        editing.change(returns, Wording(returns.title, theirs, "Returns"), expected=1, by=cast.ada, note="From May on")
    mine = form(returns, body=TEXT.replace("30 days", "14 days"))
    answer = sam.post(f"/knowledge/{returns.pk}/edit/", mine)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Ada Cast changed this article while you were writing" in page
    assert "within 14 days" in page and re.search(r"<del>.*?30</del> <ins>.*?60</ins>", page)
    assert 'name="version" value="2"' in page and now(returns).version == 2
    again = sam.post(f"/knowledge/{returns.pk}/edit/", mine | {"version": 2})
    assert again.status_code == 302 and "14 days" in now(returns).body and now(returns).version == 3
    assert [theirs in one.body for one in now(returns).versions.using("owner").order_by("version")] == [False, True, False]


def test_the_same_sent_twice_is_no_conflict(sam: Client, returns: Article) -> None:
    sent = form(returns, body="Other words.")
    assert [sam.post(f"/knowledge/{returns.pk}/edit/", sent).status_code for _ in range(2)] == [302, 302]
    assert now(returns).version == 2


def test_an_owner_chosen_by_somebody_else_meanwhile_stays(sam: Client, cast: Cast, returns: Article) -> None:
    sent = form(returns, body="Other words.")
    with cast.acting(cast.ada):
        editing.set_owner(returns, cast.ben)
    sam.post(f"/knowledge/{returns.pk}/edit/", sent)
    assert (now(returns).body, now(returns).owner_id) == ("Other words.", cast.ben.pk)
    sam.post(f"/knowledge/{returns.pk}/edit/", form(now(returns), owner=cast.ana.pk, review_by="2027-02-01"))
    kept = now(returns)
    assert (kept.owner_id, str(kept.review_by), kept.version) == (cast.ana.pk, "2027-02-01", 2), "no new version for that"


def test_a_language_that_only_an_import_knows_is_kept(sam: Client, cast: Cast) -> None:
    one = written(cast, "Colours", language="en-GB")
    assert sam.post(f"/knowledge/{one.pk}/edit/", form(one, body="Other.")).status_code == 302
    assert now(one).language == "en-GB"


def test_windows_line_ends_are_no_change(sam: Client, returns: Article) -> None:
    sam.post(f"/knowledge/{returns.pk}/edit/", form(returns, body=TEXT.replace("\n", "\r\n")))
    assert now(returns).version == 1 and now(returns).body == TEXT


def test_a_text_is_measured_while_it_is_written(sam: Client) -> None:
    page = sam.post("/knowledge/measure/", {"body": "One two. Three <b>four. Five."}).content.decode()
    assert "5 words" in page and "2 passages" in page and "Three &lt;b&gt;four. Five." in page
    assert "0 words" in sam.post("/knowledge/measure/").content.decode()
    assert "Long: one matter" in sam.post("/knowledge/measure/", {"body": "word " * 601}).content.decode()


# --------------------------------------------------------------------------------------------------------------- versions
def test_versions_say_who_changed_what(sam: Client, cast: Cast, returns: Article) -> None:
    with cast.acting(cast.ada):
        wording = Wording("Returns", TEXT.replace("30 days", "14 days"), "Returns", audience="internal")
        editing.change(returns, wording, expected=1, by=cast.ada, note="Law changed")
    page = sam.get(f"/knowledge/{returns.pk}/versions/").content.decode()
    assert "What changed from version 1 to 2" in page and "Ada Cast: Law changed" in page
    assert re.search(r"<del>.*?30</del> <ins>.*?14</ins>", page)
    assert re.search(r"<dt>For</dt><dd><del>.*?Customers</del> <ins>.*?Staff only</ins>", page)
    backwards = sam.get(f"/knowledge/{returns.pk}/versions/?from=2&to=1").content.decode()
    assert "What changed from version 2 to 1" in backwards and re.search(r"<del>.*?14</del> <ins>.*?30</ins>", backwards)
    assert sam.get(f"/knowledge/{returns.pk}/versions/?from=x&to=99").status_code == 200


def test_restoring_is_a_new_version(sam: Client, cast: Cast, returns: Article) -> None:
    with cast.acting(cast.ada):
        editing.change(returns, Wording("Returns", "Short."), expected=1, by=cast.ada)
    answer = sam.post(f"/knowledge/{returns.pk}/restoration/", {"number": 1, "version": 2}, follow=True)
    assert "Version 1 is back, as version 3." in answer.content.decode() and now(returns).body == TEXT
    assert sam.post(f"/knowledge/{returns.pk}/restoration/", {"number": 9, "version": 3}).status_code == 404
    assert now(returns).version == 3


# ---------------------------------------------------------------------------------------------------------------- uploads
def uploaded(client: Client, files: dict[str, bytes], **given: Any):
    sent = {"audience": "public", "language": "en", "category": ""} | given
    return client.post("/knowledge/upload/", sent | {"files": [SimpleUploadedFile(name, data) for name, data in files.items()]})


def test_uploaded_files_become_articles_and_each_bad_one_is_named(sam: Client, cast: Cast) -> None:
    files = {
        "hours.md": b"# Opening hours\n\nFrom 9 to 5.", "gifts.csv": b"id,title,body\ng1,Gifts,We wrap.\ng2,,\n",
        "broken.pdf": b"%PDF nothing", "empty.txt": b"", "photo.png": b"\x89PNG", "big.txt": b"word " * 2_000_001,
    }  # fmt: skip
    answer = uploaded(sam, files, category="Shops", language="fr")
    page = answer.content.decode()
    assert answer.status_code == 200 and "6 files read" in page
    for name, why in (
        ("gifts.csv", "line 3"), ("broken.pdf", "not a readable PDF"), ("empty.txt", "empty"), ("photo.png", "unknown kind"),
        ("big.txt", "larger than 10 MB"),
    ):  # fmt: skip
        assert re.search(f"<b>{name}</b></bdi>: [^<]*{why}", page), name
    made = {one.external_id: one for one in Article.objects.using("owner").all()}
    assert set(made) == {"hours.md", "g1"}
    assert {(one.category, one.language, one.audience, one.changed_by_id) for one in made.values()} == {
        ("Shops", "fr", "public", cast.sam.pk)
    }
    assert AuditEvent.objects.using("owner").get(event="knowledge.articles_imported").facts["created"] == 2
    assert "<b>0</b> new" in uploaded(
        sam, {"hours.md": files["hours.md"]}, language="fr", category="Shops"
    ).content.decode().replace(' class="num"', "")


def test_what_is_uploaded_for_staff_or_says_so_itself_stays_with_staff(sam: Client) -> None:
    line = b'{"id": "%b", "title": "T", "body": "B", "audience": "%b"}\n'
    uploaded(sam, {"a.jsonl": line % (b"a", b"internal") + line % (b"b", b"public")})
    uploaded(sam, {"c.jsonl": line % (b"c", b"public")}, audience="internal")
    found = dict(Article.objects.using("owner").values_list("external_id", "audience"))
    assert found == {"a": "internal", "b": "public", "c": "internal"}


def test_an_upload_leaves_what_was_changed_here_unless_told_otherwise(sam: Client, cast: Cast) -> None:
    uploaded(sam, {"hours.md": b"# Opening hours\n\nFrom 9 to 5."})
    one = Article.objects.using("owner").get()
    sam.post(f"/knowledge/{one.pk}/edit/", form(one, body="From 10 to 4."))
    newer = {"hours.md": b"# Opening hours\n\nFrom 8 to 6."}
    page = uploaded(sam, newer).content.decode()
    assert "left as they are" in page and f'href="/knowledge/{one.pk}/"' in page and now(one).body == "From 10 to 4."
    uploaded(sam, newer, files_win="on")
    assert now(one).body == "From 8 to 6."


def test_one_id_twice_in_an_upload_is_said(sam: Client) -> None:
    page = uploaded(sam, {"a.csv": b"id,title,body\nx,One,Text.\nx,Two,Text.\n"}).content.decode()
    assert "x was in this upload already" in page and Article.objects.using("owner").get().title == "One"


def test_too_many_files_and_none_are_said_and_nothing_is_taken(sam: Client) -> None:
    page = uploaded(sam, {f"{n}.md": b"# T\n\nText." for n in range(3)}).content.decode()
    assert '<b class="num">3</b> new' in page
    answer = uploaded(sam, {f"{n}.md": b"# T\n\nText." for n in range(101)})
    assert answer.status_code == 400 and "Send fewer files" in answer.content.decode()
    assert Article.objects.using("owner").count() == 3
    answer = sam.post("/knowledge/upload/", {"audience": "public", "language": "en"})
    assert answer.status_code == 422 and "Choose at least one file." in answer.content.decode()


def test_a_shelf_that_is_searched_by_an_agent_shows_no_draft(ana: Client, cast: Cast) -> None:
    article(cast.base, "shown", "Shown", "A parcel.")
    written(cast, "Hidden", "A parcel.", state="draft")
    assert listed(ana, "?q=parcel") == ["Shown"]
