"""Articles in people's hands: every change is a version, nothing is overwritten unseen, and only what is published is found."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from core.claims import LostClaim
from core.context import Actor, acting_as
from core.models import AuditEvent, Job
from knowledge import editing
from knowledge.editing import Wording
from knowledge.importing import import_articles, upload_articles
from knowledge.models import Article, ArticleVersion, Chunk
from knowledge.search import search
from knowledge.sources import SourceArticle
from tests.build import run_jobs
from tests.cast import SYSTEM, Cast

WORDING = Wording("Returning a parcel", "You can return it within 30 days. The label is free.", "Returns")
SHORTER = Wording("Returning a parcel", "You can return it within 14 days. The label is free.", "Returns")
FILE = SourceArticle("returns.md", "Returns", "You can return it within 30 days.")
NEWER = SourceArticle("returns.md", "Returns", "You can return it within 60 days.")


@pytest.fixture
def article(cast: Cast) -> Article:
    with cast.acting(cast.sam):
        return editing.write(cast.base, WORDING, by=cast.sam, state="published", note="First")


def now(article: Article) -> Article:
    return Article.objects.using("owner").get(pk=article.pk)


def versions(article: Article) -> list[tuple[int, str, str, str]]:
    """(number, body, state, note), oldest first."""
    rows = ArticleVersion.objects.using("owner").filter(article=article).order_by("version")
    return list(rows.values_list("version", "body", "state", "note"))


def events(article: Article) -> list[str]:
    rows = AuditEvent.objects.using("owner").filter(subject="knowledge.article", subject_id=article.pk).order_by("id")
    return [name.removeprefix("knowledge.article_") for name in rows.values_list("event", flat=True)]


def found(cast: Cast, words: str) -> list[str]:
    """Titles a customer's question finds."""
    with acting_as(Actor.customer(cast.cara.pk), read_only=True):
        return [hit.title for hit in search(words, cast.base.pk).hits]


def test_what_is_written_is_found_once_it_is_published(cast: Cast) -> None:
    with cast.acting(cast.sam):
        draft = editing.write(cast.base, WORDING, by=cast.sam)
    run_jobs()
    assert draft.state == "draft" and found(cast, "return a parcel") == []
    assert not Chunk.objects.using("owner").filter(article=draft).exists(), "a draft is not even indexed"
    with cast.acting(cast.ada):
        editing.publish(draft, expected=1, by=cast.ada)
    assert not now(draft).indexed_hash, "not indexed yet, though the words are those of the draft"
    run_jobs()
    assert found(cast, "return a parcel") == ["Returning a parcel"]
    assert now(draft).indexed_hash == now(draft).content_hash
    assert versions(draft) == [(1, WORDING.body, "draft", ""), (2, WORDING.body, "published", "Published")]
    assert events(draft) == ["written", "published"]


def test_a_change_is_a_new_version_by_somebody(cast: Cast, article: Article) -> None:
    with cast.acting(cast.ada):
        changed = editing.change(article, SHORTER, expected=1, by=cast.ada, note="Shorter from May on")
    assert (changed.version, changed.body, changed.changed_by_id) == (2, SHORTER.body, cast.ada.pk)
    last = ArticleVersion.objects.using("owner").get(article=article, version=2)
    assert (last.by_id, last.note, last.title) == (cast.ada.pk, "Shorter from May on", SHORTER.title)
    assert versions(article)[0] == (1, WORDING.body, "published", "First")
    assert events(article) == ["written", "changed"]


def test_only_the_changed_passage_is_embedded_again(cast: Cast, article: Article) -> None:
    run_jobs()
    longer = Wording(WORDING.title, WORDING.body + " Shops take it back too.", WORDING.category)
    before = dict(Chunk.objects.using("owner").filter(article=article).values_list("content_hash", "kind"))
    with cast.acting(cast.sam):
        editing.change(article, longer, expected=1, by=cast.sam)
    run_jobs()
    after = dict(Chunk.objects.using("owner").filter(article=article).values_list("content_hash", "kind"))
    assert sorted(after[one] for one in after.keys() - before.keys()) == ["passage", "whole"]
    assert sorted(after[one] for one in after.keys() & before.keys()) == ["passage", "title"]


def test_back_to_earlier_words_is_indexed_too(cast: Cast, article: Article) -> None:
    """The third change has the words, and so the hash, of the first, whose job is done already."""
    run_jobs()
    for expected, wording in ((1, SHORTER), (2, WORDING)):
        with cast.acting(cast.sam):
            article = editing.change(now(article), wording, expected=expected, by=cast.sam)
        run_jobs()
    texts = Chunk.objects.using("owner").filter(article=article, kind="whole").values_list("text", flat=True)
    assert article.version == 3 and "30 days" in texts[0]


def test_nothing_changed_is_no_version(cast: Cast, article: Article) -> None:
    with cast.acting(cast.sam):
        assert editing.change(article, WORDING, expected=1, by=cast.sam).version == 1
    assert len(versions(article)) == 1 and events(article) == ["written"]


def test_who_read_an_older_version_overwrites_nothing(cast: Cast, article: Article) -> None:
    with cast.acting(cast.ada):
        editing.change(article, SHORTER, expected=1, by=cast.ada)
    for act in (
        lambda: editing.change(now(article), WORDING, expected=1, by=cast.sam),
        lambda: editing.change(now(article), SHORTER, expected=1, by=cast.sam),
        lambda: editing.archive(now(article), expected=1, by=cast.sam),
        lambda: editing.restore_version(now(article), 1, expected=1, by=cast.sam),
    ):
        with pytest.raises(LostClaim), cast.acting(cast.sam):
            act()
    assert (now(article).version, now(article).body, now(article).state) == (2, SHORTER.body, "published")
    assert len(versions(article)) == 2 and events(article) == ["written", "changed"]


def test_archived_is_not_found_at_once_and_back_when_published_again(cast: Cast, article: Article) -> None:
    run_jobs()
    with cast.acting(cast.sam):
        editing.archive(article, expected=1, by=cast.sam)
    assert found(cast, "return a parcel") == [], "before the index knows of it"
    run_jobs()
    assert not Chunk.objects.using("owner").filter(article=article).exists()
    with cast.acting(cast.sam):
        editing.publish(now(article), expected=2, by=cast.sam)
    run_jobs()
    assert found(cast, "return a parcel") == ["Returning a parcel"]
    assert events(article) == ["written", "archived", "published"]


def test_what_becomes_internal_reaches_no_customer_from_that_moment_on(cast: Cast, article: Article) -> None:
    run_jobs()
    assert found(cast, "return a parcel")
    secret = Wording(WORDING.title, WORDING.body, WORDING.category, audience="internal")
    with cast.acting(cast.sam):
        editing.change(article, secret, expected=1, by=cast.sam)
    assert found(cast, "return a parcel") == [], "before the index knows of it"
    run_jobs()
    assert found(cast, "return a parcel") == []


def test_restoring_brings_the_words_back_as_a_new_version(cast: Cast, article: Article) -> None:
    with cast.acting(cast.sam):
        editing.change(article, SHORTER, expected=1, by=cast.sam)
        back = editing.restore_version(article, 1, expected=2, by=cast.sam)
    assert (back.version, back.body, back.state) == (3, WORDING.body, "published")
    assert [note for *_, note in versions(article)] == ["First", "", "Version 1 restored"]
    assert events(article) == ["written", "changed", "changed", "restored"]


@pytest.mark.parametrize("audiences", [("internal", "public"), ("public", "internal"), ("internal", "internal")])
def test_restoring_never_shows_customers_more_than_they_saw(cast: Cast, audiences: tuple[str, str]) -> None:
    first, second = (Wording("Codes", f"The code is {one}. {n}", audience=one) for n, one in enumerate(audiences))
    with cast.acting(cast.sam):
        article = editing.write(cast.base, first, by=cast.sam, state="published")
        article = editing.change(article, second, expected=1, by=cast.sam)
        assert editing.restore_version(article, 1, expected=2, by=cast.sam).audience == "internal"


def test_an_owner_and_a_day_are_no_new_version(cast: Cast, article: Article) -> None:
    with cast.acting(cast.sam):
        editing.set_owner(article, cast.ana)
        editing.set_review_by(article, date(2026, 12, 24))
        editing.set_owner(article, cast.ana)
    kept = now(article)
    assert (kept.owner_id, kept.review_by, kept.version) == (cast.ana.pk, date(2026, 12, 24), 1)
    assert events(article) == ["written", "owned", "review_set"]
    with cast.acting(cast.sam):
        editing.set_owner(article, None)
        editing.set_review_by(article, None)
    assert (now(article).owner_id, now(article).review_by) == (None, None)


def test_a_new_article_has_an_id_of_its_own_or_the_one_given(cast: Cast) -> None:
    with cast.acting(cast.sam):
        made = [editing.write(cast.base, Wording(title, "Text."), by=cast.sam) for title in ("Same", "Same", "返品")]
        given = editing.write(cast.base, Wording("Page", "Text."), by=cast.sam, external_id="https://saltbarrow.example/a")
    assert len({one.external_id for one in made}) == 3 and made[0].external_id.startswith("same-")
    assert given.external_id == "https://saltbarrow.example/a"


def test_an_import_leaves_what_a_person_changed_since_and_says_so(cast: Cast) -> None:
    with acting_as(SYSTEM):
        import_articles(cast.base, [FILE])
    article = Article.objects.using("owner").get(external_id=FILE.external_id)
    mine = Wording(FILE.title, "You can return it within 45 days.")
    with cast.acting(cast.sam):
        editing.change(article, mine, expected=1, by=cast.sam)
    with acting_as(SYSTEM):
        done = import_articles(cast.base, [NEWER])
    assert (done.updated, done.unchanged, done.changed_here) == (0, 0, [FILE.external_id])
    assert now(article).body == mine.body and now(article).version == 2
    with acting_as(SYSTEM):
        done = import_articles(cast.base, [NEWER], files_win=True)
    assert (done.updated, done.changed_here) == (1, []) and now(article).body == NEWER.body
    assert [note for *_, note in versions(article)] == ["Imported", "", "Imported"], "what was replaced is kept"
    with acting_as(SYSTEM):
        assert import_articles(cast.base, [FILE]).updated == 1, "after an import a file wins again"


def test_an_import_does_not_bring_back_what_a_person_archived(cast: Cast) -> None:
    with acting_as(SYSTEM):
        import_articles(cast.base, [FILE])
    with cast.acting(cast.sam):
        editing.archive(Article.objects.get(external_id=FILE.external_id), expected=1, by=cast.sam)
    with acting_as(SYSTEM):
        assert import_articles(cast.base, [FILE]).changed_here == [FILE.external_id]
    assert Article.objects.using("owner").get(external_id=FILE.external_id).state == "archived"


def test_words_equal_to_the_file_are_no_difference(cast: Cast) -> None:
    with acting_as(SYSTEM):
        import_articles(cast.base, [FILE])
    with cast.acting(cast.sam):
        article = Article.objects.get(external_id=FILE.external_id)
        editing.change(article, Wording(NEWER.title, NEWER.body), expected=1, by=cast.sam)
    with acting_as(SYSTEM):
        done = import_articles(cast.base, [NEWER])
    assert (done.unchanged, done.changed_here) == (1, [])


def test_an_upload_is_an_import_by_somebody_and_indexed_behind_him(cast: Cast) -> None:
    with cast.acting(cast.sam):
        first = upload_articles(cast.base, [FILE], by=cast.sam)
        second = upload_articles(cast.base, [NEWER], by=cast.sam)
    assert (first.created, second.updated, second.changed_here) == (1, 1, []), "an upload is not a change made here"
    kept = ArticleVersion.objects.using("owner").get(version=2)
    assert (kept.by_id, kept.note) == (cast.sam.pk, "Imported")
    assert Job.objects.using("owner").filter(kind="knowledge.indexing.index_article").count() == 2
    run_jobs()
    assert found(cast, "return within how many days") == ["Returns"]
    facts = AuditEvent.objects.using("owner").filter(event="knowledge.articles_imported").order_by("id").last().facts
    assert facts == {"created": 0, "updated": 1, "unchanged": 0, "changed_here": 0}


def test_the_command_names_what_it_left(cast: Cast, tmp_path) -> None:
    (tmp_path / "returns.md").write_text("# Returns\n\nYou can return it within 30 days.")
    call_command("import_knowledge", str(tmp_path), "--base", "help", stdout=io.StringIO())
    with cast.acting(cast.sam):
        article = Article.objects.get(external_id="returns.md")
        editing.change(article, Wording("Returns", "You can return it within 45 days."), expected=1, by=cast.sam)
    (tmp_path / "returns.md").write_text("# Returns\n\nYou can return it within 60 days.")
    out, err = io.StringIO(), io.StringIO()
    call_command("import_knowledge", str(tmp_path), "--base", "help", stdout=out, stderr=err)
    assert "1 changed here and left" in out.getvalue() and "returns.md was changed here" in err.getvalue()
    call_command("import_knowledge", str(tmp_path), "--base", "help", "--files-win", stdout=out)
    assert now(article).body == "You can return it within 60 days."
